"""
One HTTP receiver, asked until it answers something that can be acted on.

``http.client`` in a thread of its own: 60 µs of CPU for a request of 120 kB, where httpx in the
event loop takes 1,100 (2026-11; pycurl 40). A receiver that hangs holds up that thread and
nothing else.
"""

import asyncio
import contextlib
import http.client
import logging
import random
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from thongsuot_collector.delivery.answer import Action, action_for
from thongsuot_collector.delivery.backoff import Backoff, retry_after_s
from thongsuot_collector.metrics import Metrics

FIRST_S = 1.0
"""First wait when the receiver is ill; doubles up to a minute."""
_ILL_LIMIT_S = 60.0

PERSON_FIRST_S = 10.0
"""First wait when a person has to change something; doubles up to five minutes."""
_PERSON_LIMIT_S = 300.0

_CONNECT_S = 5.0
_TEXT_BYTES = 4096
"""Of an answer that are read; what is longer costs the connection."""
_TEXT_LIMIT = 200
"""Characters of an answer that are logged."""

_sleep = asyncio.sleep
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to post: ``headers`` carry the credentials; ``timeout_s`` is for one whole request."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    status: int
    text: str
    retry_after: str


class Post:
    """Posts bodies to one place, and goes on trying while trying can help."""

    def __init__(self, name: str, place: Place, metrics: Metrics) -> None:
        self._name = name
        self._place = place
        self._requests = {
            action: metrics.sink_requests.labels(name, action.value) for action in Action
        }
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{name}")
        self._connection: http.client.HTTPConnection | None = None
        self._ill = Backoff(first_s=FIRST_S, limit_s=_ILL_LIMIT_S, random=random.random)
        self._person = Backoff(
            first_s=PERSON_FIRST_S, limit_s=_PERSON_LIMIT_S, random=random.random
        )
        self._failing_since_s: float | None = None

    async def until_answered(self, make_body: Callable[[], bytes]) -> tuple[Action, str]:
        """
        Post a body, made in the thread; return ``done`` or ``split``, and what the receiver said.

        Everything else is tried again for ever, with growing waits.
        """
        body = await asyncio.get_running_loop().run_in_executor(self._thread, make_body)
        while True:
            action, said, asked_s = await self._once(body)
            self._requests[action].inc()
            if action is Action.DONE or action is Action.SPLIT:
                self._recovered()
                return action, said
            backoff = self._ill if action is Action.RETRY else self._person
            wait_s = backoff.failed(at_least_s=asked_s)
            if backoff.worth_telling():
                level = logging.WARNING if action is Action.RETRY else logging.ERROR
                _log.log(
                    level,
                    "cannot deliver (%d bytes) sink=%s: %s; nothing is dropped, again in %.0f s",
                    len(body),
                    self._name,
                    said,
                    wait_s,
                )
            if self._failing_since_s is None:
                self._failing_since_s = time.monotonic()
            await _sleep(wait_s)

    async def close(self) -> None:
        """Let go of the connection and the thread."""
        self._abort()
        await asyncio.to_thread(self._thread.shutdown)
        self._drop_connection()

    async def _once(self, body: bytes) -> tuple[Action, str, float]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._place.timeout_s):
                response = await loop.run_in_executor(self._thread, self._exchange, body)
        except TimeoutError:
            self._abort()
            return Action.RETRY, f"no answer within {self._place.timeout_s:g} s", 0.0
        except (OSError, http.client.HTTPException) as error:
            return Action.RETRY, f"{type(error).__name__}: {error}", 0.0
        except asyncio.CancelledError:
            self._abort()
            raise
        action, why = action_for(response.status)
        if action is Action.DONE:
            return action, why, 0.0
        asked_s = retry_after_s(response.retry_after, now_s=time.time())
        return action, f"{response.status} {response.text} ({why})", asked_s

    def _exchange(self, body: bytes) -> _Response:
        """Post once. In the thread."""
        reused = self._connection is not None
        try:
            return self._ask(body)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._drop_connection()
            # The receiver closed a connection that had been idle; what it got before stands.
            if not reused:
                raise
        except BaseException:
            self._drop_connection()
            raise
        try:
            return self._ask(body)
        except BaseException:
            self._drop_connection()
            raise

    def _ask(self, body: bytes) -> _Response:
        parts = urlsplit(self._place.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if self._connection is None:
            self._connection = self._connected()
        self._connection.request("POST", path, body, dict(self._place.headers))
        answer = self._connection.getresponse()
        text = answer.read(_TEXT_BYTES)
        if not answer.isclosed():
            self._drop_connection()
        return _Response(
            status=answer.status,
            text=" ".join(text.decode("utf-8", "replace")[:_TEXT_LIMIT].split()),
            retry_after=answer.headers.get("Retry-After", ""),
        )

    def _connected(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._place.url)
        assert parts.hostname is not None
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=_CONNECT_S, context=self._place.tls
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_CONNECT_S)
        connection.connect()
        connection.sock.settimeout(self._place.timeout_s)
        return connection

    def _abort(self) -> None:
        """Have a request that is under way in the thread end now."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):  # it ended by itself
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _recovered(self) -> None:
        failures = self._ill.succeeded() + self._person.succeeded()
        if failures and self._failing_since_s is not None:
            took_s = time.monotonic() - self._failing_since_s
            _log.info(
                "sink recovered sink=%s after %.0f s, %d failures", self._name, took_s, failures
            )
        self._failing_since_s = None
