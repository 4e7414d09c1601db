"""
Direct pushes: answered within the HTTP protocol itself; an ordinary push, complete and small, only
waits for others of the same milliseconds (``PushGathering``), and for the disk.

Ten thousand agents push 667 times a second. A task, an event, a timer and the messages of ASGI for
each of them cost more than storing it. So an ordinary push is started by the protocol, by the same
code as any other (``PushEndpoint.answer_batch``), and continues when what it awaits is ready. All
other requests use ASGI.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from functools import partial
from typing import ClassVar

import msgspec
from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.protocol import BoundedProtocol
from thongsuot_collector.ingest.push_endpoint import PushAnswer, PushEndpoint, Scope
from thongsuot_collector.ingest.push_gathering import PushGathering
from thongsuot_collector.pki.peer import SCOPE_KEY
from thongsuot_schema.batch import push

LARGEST_BYTES = 32 * 1024
"""A larger body is read in chunks, and decoded in a thread."""

_PATH = push.PATH_BATCHES.encode()
_LENGTH_DIGITS = 6

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class _NobodyWaits:
    """Replaces the event by which a uvicorn task is notified of received data."""

    def set(self) -> None:
        """No task waits for it."""


class DirectPush:
    """
    One push in progress.

    For uvicorn it is both the request's cycle and its task: uvicorn reads ``response_complete``,
    sets ``disconnected`` and ``keep_alive``, and calls ``cancel`` when the server ends.
    """

    __slots__ = (
        "_coroutine",
        "_protocol",
        "body",
        "disconnected",
        "headers",
        "keep_alive",
        "moment_ns",
        "response_complete",
        "started_s",
    )

    message_event = _NobodyWaits()

    def __init__(
        self, protocol: "PushProtocol", headers: dict[bytes, bytes], *, keep_alive: bool
    ) -> None:
        self._protocol = protocol
        self._coroutine: Coroutine[object, None, PushAnswer | None] | None = None
        self.headers = headers
        self.body = b""
        self.keep_alive = keep_alive
        self.moment_ns = time.time_ns()
        self.started_s = time.perf_counter()
        self.disconnected = self.response_complete = False

    async def read(self, limit_bytes: int) -> bytes:
        """Return the body; see ``ReadBody``."""
        if len(self.body) > limit_bytes:
            sentence = f"body of {len(self.body)} bytes; at most {limit_bytes} are taken"
            raise PushRefused(RefusalReason.TOO_LARGE, sentence)
        return self.body

    def begin(self, scope: Scope, endpoint: PushEndpoint) -> None:
        """Run until it first has to wait."""
        self._coroutine = endpoint.answer_batch(
            scope, self.headers, self.read, moment_ns=self.moment_ns, started_s=self.started_s
        )
        self._go_on()

    def cancel(self, msg: str = "") -> None:
        """Answer that the server ends; asynchronously, as a task does."""
        del msg
        self._protocol.loop.call_soon(self._cancel)

    def _cancel(self) -> None:
        self._protocol.gathering.start_all()
        self._go_on(asyncio.CancelledError())

    def _resume(self, _waited: asyncio.Future[object]) -> None:
        self._go_on()

    def _go_on(self, error: asyncio.CancelledError | None = None) -> None:
        """Run until it has to wait again."""
        coroutine = self._coroutine
        if coroutine is None:
            return  # it was cancelled while it waited
        try:
            future = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as done:
            self._end(done.value)
        except Exception:  # noqa: BLE001 - a bug must not take the connection's others along
            _log.exception("cannot answer a push")
            self._end(None, is_bug=True)
        else:
            if future is None:
                self._protocol.loop.call_soon(self._go_on)
            else:
                assert isinstance(future, asyncio.Future)
                future.add_done_callback(self._resume)

    def _end(self, answer: PushAnswer | None, *, is_bug: bool = False) -> None:
        self._coroutine = None
        self.response_complete = True
        if answer is not None and not self.disconnected:
            self._protocol.write_answer(answer, keep_alive=self.keep_alive)
        elif is_bug and not self.disconnected:
            self._protocol.write_error()
        self._protocol.end_push(self)


class PushProtocol(BoundedProtocol):
    """
    Answers ordinary pushes itself, all other requests by ASGI. Created for one endpoint by
    ``push_protocol``.
    """

    push_endpoint: ClassVar[PushEndpoint]
    gathering: ClassVar[PushGathering]
    parser: HttpRequestParser

    _push: DirectPush | None = None
    """The push whose body is being received."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a push that was cut off."""
        if self._push is not None:
            self._push = None
            self.push_endpoint.count_client_gone()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Record the start of a request; data for ASGI is created on demand."""
        self.await_headers()
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Accept an ordinary push; pass all other requests to ASGI."""
        push_headers = self._headers_of_push()
        if push_headers is None:
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers += headers
            super().on_headers_complete()
            return
        self.await_body()
        self._push = DirectPush(
            self, push_headers, keep_alive=bool(self.parser.should_keep_alive())
        )
        self.cycle = self._push  # type: ignore[assignment]  # what uvicorn asks of a cycle, it has

    def on_body(self, body: bytes) -> None:
        """Collect the body; llhttp delivers no more than was declared."""
        if self._push is None:
            super().on_body(body)
            return
        self._unread_bytes = 0
        if self._push.body:
            self._push.body += body
        else:
            self._push.body = body

    def on_message_complete(self) -> None:
        """Let the push begin with its group: its body is complete."""
        if self._push is None:
            super().on_message_complete()
            return
        self.await_nothing()
        began, self._push = self._push, None
        self.tasks.add(began)  # type: ignore[arg-type]  # what uvicorn asks of a task, it has
        scope: Scope = {"method": "POST", "client": self.client}
        if self._peer is not None:
            scope[SCOPE_KEY] = self._peer
        self.gathering.add(partial(began.begin, scope, self.push_endpoint))

    def write_answer(self, answer: PushAnswer, *, keep_alive: bool) -> None:
        """Write an answer in one piece."""
        body = _encode(answer.response)
        parts = [STATUS_LINE[answer.status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(
            b"content-type: application/json\r\ncontent-length: %d\r\ncache-control: no-store\r\n"
            % len(body)
        )
        for name, value in answer.headers:
            parts += (name, b": ", value, b"\r\n")
        if not keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))

    def write_error(self) -> None:
        """Answer with an internal error, and close."""
        self.transport.write(
            STATUS_LINE[500] + b"content-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\n"
            b"connection: close\r\n\r\nInternal Server Error"
        )
        self.transport.close()

    def end_push(self, ended: DirectPush) -> None:
        """Wait for the next request, or start it if it has already arrived."""
        self.tasks.discard(ended)
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if not ended.keep_alive:
            self.transport.close()
            return
        self.await_request()
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def _headers_of_push(self) -> dict[bytes, bytes] | None:
        """Return the headers of a push that is answered here, ``None`` for any other request."""
        if self.url != _PATH or self.parser.get_method() != b"POST":
            return None
        headers = dict(self.headers)
        length = headers.get(b"content-length", b"")
        is_small = (
            length.isdigit() and len(length) < _LENGTH_DIGITS and int(length) <= LARGEST_BYTES
        )
        is_by_proxy = self.config.proxy_headers and b"x-forwarded-for" in headers
        before: object | None = self.cycle  # ``None`` before the first, whatever uvicorn declares
        is_first = before is None or self.cycle.response_complete
        limit = self.config.limit_concurrency or 0
        is_usual = (
            is_small
            and is_first
            and not is_by_proxy
            and not self.expect_100_continue
            and not self.flow.write_paused
            and max(len(self.connections), len(self.tasks)) < limit
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
        )
        return headers if is_usual else None


def push_protocol(endpoint: PushEndpoint, gathered: PushGathering) -> type[PushProtocol]:
    """Return the protocol that answers pushes by an endpoint."""

    class OfEndpoint(PushProtocol):
        push_endpoint = endpoint
        gathering = gathered

    return OfEndpoint
