"""
One receiver, asked until it answers something that can be acted on.

Each has a thread of its own, in which everything that blocks is done: a receiver that hangs holds
up that thread and nothing else.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from thongsuot_collector.delivery.backoff import Backoff, retry_after_s
from thongsuot_collector.delivery.http_status import DeliveryAction, action_for
from thongsuot_collector.metrics import Metrics

FIRST_WAIT_S = 1.0
"""First wait when the receiver is ill; doubles up to a minute."""
_WAIT_LIMIT_S = 60.0

OPERATOR_FIRST_WAIT_S = 10.0
"""First wait when a person has to change something; doubles up to five minutes."""
_OPERATOR_WAIT_LIMIT_S = 300.0

_TEXT_LIMIT = 200
"""Characters of an answer that are logged."""

_sleep = asyncio.sleep
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """What is posted: ``headers`` are those that belong to this body."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportResponse:
    """What a receiver answered; names of ``headers`` in small letters."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """
    A way to one receiver. All but ``abort`` are called in the sink's own thread, one at a time.
    """

    def send(self, letter: DeliveryRequest) -> TransportResponse:
        """
        Post once, following no redirect and trying nothing again that may have arrived.

        Raises:
            OSError: there was no answer.
        """

    def abort(self) -> None:
        """Have a post that is under way end now. From another thread."""

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """
    An answer that can be acted on.

    ``said`` is what a person should read of it; ``failures`` are the tries in vain before it.
    """

    action: DeliveryAction
    said: str
    response: TransportResponse
    failures: int = 0


class RetryingClient:
    """Posts to one receiver, and goes on trying while trying can help."""

    def __init__(self, name: str, wire: Transport, metrics: Metrics, *, timeout_s: float) -> None:
        self._name = name
        self._wire = wire
        self._timeout_s = timeout_s
        self._requests = {
            action: metrics.sink_requests.labels(name, action.value) for action in DeliveryAction
        }
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{name}")
        self._retry_backoff = Backoff(
            first_s=FIRST_WAIT_S, limit_s=_WAIT_LIMIT_S, random=random.random
        )
        self._operator_backoff = Backoff(
            first_s=OPERATOR_FIRST_WAIT_S, limit_s=_OPERATOR_WAIT_LIMIT_S, random=random.random
        )
        self._failing_since_s: float | None = None

    async def send(
        self, make: Callable[[], DeliveryRequest], *, also: Collection[int] = ()
    ) -> SendResult:
        """
        Post what is made in the thread; return an answer that is ``done`` or ``split``.

        Everything else is tried again for ever, with growing waits, but statuses in ``also``: those
        the caller knows what to do about.
        """
        letter = await asyncio.get_running_loop().run_in_executor(self._thread, make)
        while True:
            answer, asked_s = await self._send_once(letter)
            self._requests[answer.action].inc()
            is_final = answer.action is DeliveryAction.DONE or answer.action is DeliveryAction.SPLIT
            if is_final or answer.response.status in also:
                return replace(answer, failures=self._recovered())
            wait_s = self._wait_after(answer.action, asked_s, answer.said, len(letter.body))
            await _sleep(wait_s)

    async def close(self) -> None:
        """Let go of the connection and the thread."""
        self._wire.abort()
        await asyncio.to_thread(self._thread.shutdown)
        self._wire.close()

    async def _send_once(self, letter: DeliveryRequest) -> tuple[SendResult, float]:
        """Return what came of one try, and how long the receiver asks to wait."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await loop.run_in_executor(self._thread, self._wire.send, letter)
        except TimeoutError:
            self._wire.abort()
            return _unanswered(f"no answer within {self._timeout_s:g} s"), 0.0
        except OSError as error:
            return _unanswered(f"{type(error).__name__}: {error}"), 0.0
        except asyncio.CancelledError:
            self._wire.abort()
            raise
        action, why = action_for(response.status)
        if action is DeliveryAction.DONE:
            return SendResult(action=action, said=why, response=response), 0.0
        asked_s = retry_after_s(response.headers.get("retry-after", ""), now_s=time.time())
        text = " ".join(response.text[:_TEXT_LIMIT].split())
        said = f"{response.status} {text} ({why})"
        return SendResult(action=action, said=said, response=response), asked_s

    def _wait_after(
        self, action: DeliveryAction, asked_s: float, said: str, size_bytes: int
    ) -> float:
        backoff = self._retry_backoff if action is DeliveryAction.RETRY else self._operator_backoff
        wait_s = backoff.failed(at_least_s=asked_s)
        if backoff.is_worth_logging():
            level = logging.WARNING if action is DeliveryAction.RETRY else logging.ERROR
            _log.log(
                level,
                "cannot deliver (%d bytes) sink=%s: %s; nothing is dropped, again in %.0f s",
                size_bytes,
                self._name,
                said,
                wait_s,
            )
        if self._failing_since_s is None:
            self._failing_since_s = time.monotonic()
        return wait_s

    def _recovered(self) -> int:
        failures = self._retry_backoff.succeeded() + self._operator_backoff.succeeded()
        if failures and self._failing_since_s is not None:
            took_s = time.monotonic() - self._failing_since_s
            _log.info(
                "sink recovered sink=%s after %.0f s, %d failures", self._name, took_s, failures
            )
        self._failing_since_s = None
        return failures


def _unanswered(said: str) -> SendResult:
    return SendResult(
        action=DeliveryAction.RETRY, said=said, response=TransportResponse(status=0, text="")
    )
