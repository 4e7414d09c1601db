"""
A client of one receiver that retries until it gets a conclusive answer.

Each has its own thread for everything that blocks: a hanging receiver only blocks that thread.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from thongsuot_collector.clients import retry_after_s
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction, action_for
from thongsuot_collector.sinks.delivery.retry import DeliveryRetry

_TEXT_LIMIT = 200
"""Characters of an answer that are logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """The request: ``headers`` are those of this body."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportResponse:
    """A receiver's answer; names of ``headers`` in small requests."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """
    A transport to one receiver. All methods except ``abort`` are called in the sink's own thread,
    one at a time.
    """

    def send(self, request: DeliveryRequest) -> TransportResponse:
        """
        Post once, without following redirects or repeating a request that may have arrived.

        Raises:
            OSError: there was no answer.
        """

    def abort(self) -> None:
        """Abort a POST in progress, from another thread."""

    def close(self) -> None:
        """Close connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """
    A conclusive answer.

    ``said`` is its text for people.
    """

    action: DeliveryAction
    text: str
    response: TransportResponse


class RetryingClient:
    """Posts to one receiver, and retries as long as that can help."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        metrics: Metrics,
        *,
        timeout_s: float,
        min_backoff_s: float,
        max_backoff_s: float,
    ) -> None:
        self._name = name
        self._transport = transport
        self._timeout_s = timeout_s
        self._requests = {
            action: metrics.sink_requests.labels(name, action.value) for action in DeliveryAction
        }
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{name}")
        self._retry = DeliveryRetry(name, min_backoff_s=min_backoff_s, max_backoff_s=max_backoff_s)

    async def send(self, make: Callable[[], DeliveryRequest]) -> SendResult:
        """
        Send a request that is built in the thread; return a result that is ``done`` or ``split``.

        Everything else is retried without limit, with growing waits.
        """
        request: DeliveryRequest | None = None

        def exchange() -> TransportResponse:
            """Build the request at the first attempt, and post it: one thread hop for both."""
            nonlocal request
            if request is None:
                request = make()
            return self._transport.send(request)

        while True:
            result, at_least_s = await self._send_once(exchange)
            self._requests[result.action].inc()
            if result.action is DeliveryAction.DONE or result.action is DeliveryAction.SPLIT:
                self._retry.succeed()
                return result
            size_bytes = 0 if request is None else len(request.body)
            await self._retry.wait(
                result.action, result.text, size_bytes=size_bytes, at_least_s=at_least_s
            )

    async def close(self) -> None:
        """Close the connection and end the thread."""
        self._transport.abort()
        await asyncio.to_thread(self._thread.shutdown)
        self._transport.close()

    async def _send_once(
        self, exchange: Callable[[], TransportResponse]
    ) -> tuple[SendResult, float]:
        """Return the result of one attempt, and the wait requested by the receiver."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await loop.run_in_executor(self._thread, exchange)
        except TimeoutError:
            self._transport.abort()
            return _unanswered(f"no answer within {self._timeout_s:g} s"), 0.0
        except OSError as error:
            return _unanswered(f"{type(error).__name__}: {error}"), 0.0
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        action, why = action_for(response.status)
        if action is DeliveryAction.DONE:
            return SendResult(action=action, text=why, response=response), 0.0
        asked_s = retry_after_s(response.headers.get("retry-after", ""), now_s=time.time())
        text = " ".join(response.text[:_TEXT_LIMIT].split())
        explanation = f"{response.status} {text} ({why})"
        return SendResult(action=action, text=explanation, response=response), asked_s


def _unanswered(text: str) -> SendResult:
    return SendResult(
        action=DeliveryAction.RETRY, text=text, response=TransportResponse(status=0, text="")
    )
