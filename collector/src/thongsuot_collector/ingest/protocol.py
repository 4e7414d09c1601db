"""uvicorn's HTTP protocol with bounds on what a client may do before its request is complete."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 16 * 1024
"""Request line and headers together; an agent's are below 500 bytes."""

HEAD_WITHIN_S = 10.0
"""From the first byte of a request to the end of its headers."""

IDLE_S = 75.0
"""
Between requests, and before the first one. Longer than the push interval of every agent: a new TLS
connection costs 0.8 ms of CPU (FACTS section 2), an idle one 90 KiB.
"""


class BoundedProtocol(HttpToolsProtocol):
    """
    Closes connections that are idle, whose headers come too slowly, or are too long.

    uvicorn itself waits for ever for the first request, and cancels its idle timer at any byte:
    whoever sends one byte a minute would hold a connection for ever.
    """

    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._wait(IDLE_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timer with the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Headers begin: they have to end soon."""
        super().on_message_begin()
        self._head_bytes = 0
        self._wait(HEAD_WITHIN_S)

    def on_url(self, url: bytes) -> None:
        """A piece of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the application bounds the time (``body``)."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self._deadline is None and not self.transport.is_closing():
            self._wait(IDLE_S)

    def _count(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > HEAD_BYTES:
            # The parser turns it into an answer 400 and a closed connection.
            raise ValueError(f"headers of more than {HEAD_BYTES} bytes")

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._end)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
