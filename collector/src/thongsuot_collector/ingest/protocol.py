"""uvicorn's HTTP protocol with limits on a client before its request is complete."""

import asyncio
import fcntl
import sys
import termios

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from thongsuot_collector.pki.peer import SCOPE_KEY, PeerCertificate, peer_from

HEAD_BYTES = 16 * 1024
"""
Request line and headers together; an agent's are below 500 bytes. The same goes for everything else
that is neither: blank lines before a request, extensions of a chunk, trailers after the last one.
"""

HEAD_WITHIN_S = 10.0
"""From the first byte of a request to the end of its headers."""

BODY_WITHIN_S = 30.0
"""From there to the end of its body; 256 KiB in that time is 70 kbit/s, slower than 2G."""

IDLE_S = 75.0
"""
Between requests, and before the first one. Longer than every agent's push interval: a new TLS
connection costs 0.8 ms of CPU and an idle one 90 KiB (2026-11).
"""

TAKEN_WITHIN_S = 30.0
TAKEN_BYTES = 64 * 1024
"""
What a client has to take of an answer in that time, while more than this waits for it: 17 kbit/s,
slower than 2G. Only what it has acknowledged counts. After the close of a connection the last of
an answer has to be taken in that time.
"""

CHECK_EVERY_S = 1.0
"""
The precision of the limits. One check of all connections: a timer for each of ten thousand would
cost a thirtieth of a core, and one for each request more than all the rest of this module.
"""


class BoundedState(ServerState):
    """What the connections of a server share with it."""

    is_ending = False
    """Whether the server ends: it asks no further connection to close."""
    awake_s = 0.0
    """
    The clock of the limits, as of the last check. While the machine is paused, or the process has
    no processor, it stands still: what clients have sent by then is not yet read.
    """


class BoundedProtocol(HttpToolsProtocol):
    """
    Closes connections that are idle, too slow with headers or body, do not take their answer, or
    have too long headers or trailers.

    uvicorn itself waits indefinitely for the first request and for a body, and cancels its idle
    timer at any byte: a client that sends one byte a minute would hold a connection indefinitely.
    It adds trailers to the headers of a request without a limit, at 23 bytes of memory for each
    that was sent (2026-12). An answer that nobody reads it holds indefinitely, even after it has
    closed the connection.
    """

    server_state: BoundedState

    _deadline_s = float("inf")
    _taken_deadline_s = float("inf")
    _untaken_bytes = 0
    """What waited for the client when that deadline was set."""
    _unread_bytes = 0
    """Received bytes since the parser last found the beginning or end of headers, or some body."""
    _peer: PeerCertificate | None = None
    """The peer's identity from its certificate, read once per connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """
        Wait for the first request, but not indefinitely.

        A connection that was accepted just before the server's end is closed: it would outlive the
        server, and be answered by what is closed already.
        """
        super().connection_made(transport)
        if self.server_state.is_ending:
            transport.close()
            return
        secured = transport.get_extra_info("ssl_object")
        der = None if secured is None else secured.getpeercert(binary_form=True)
        if der:
            self._peer = peer_from(der)
        self._deadline_s = self._awake_in(IDLE_S)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of which nothing comes: neither complete headers nor some body."""
        self._unread_bytes += len(data)
        super().data_received(data)
        if self._unread_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("headers too long")

    def on_message_begin(self) -> None:
        """Headers begin: they have to be complete within their limit."""
        super().on_message_begin()
        if self._peer is not None:
            self.scope[SCOPE_KEY] = self._peer  # type: ignore[literal-required]
        self.await_headers()

    def on_headers_complete(self) -> None:
        """The body begins: it has to be complete within its limit, too."""
        self.await_body()
        super().on_headers_complete()
        # Trailers are no headers (RFC 9110, 6.5.1): they go to a list that nobody reads.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Count no byte of the body: whoever reads it limits it."""
        self._unread_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """
        The request is complete; the time for the answer is the server's own.

        If it was answered before (a refusal needs no body), the connection is idle from now on.
        """
        self.await_nothing()
        super().on_message_complete()
        if self.cycle.response_complete:
            self.await_request()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it has already begun."""
        self.await_request()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """More of an answer waits than is usual: the client has to take it."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """The client has taken nearly all of it."""
        self._taken_deadline_s = float("inf")
        super().resume_writing()

    def await_headers(self) -> None:
        """Set the deadline of the headers."""
        self._unread_bytes = 0
        self._deadline_s = self._awake_in(HEAD_WITHIN_S)

    def await_body(self) -> None:
        """Set the deadline of the body."""
        self._unread_bytes = 0
        self._deadline_s = self._awake_in(BODY_WITHIN_S)

    def await_nothing(self) -> None:
        """Clear the deadline."""
        self._unread_bytes = 0
        self._deadline_s = float("inf")

    def await_request(self) -> None:
        """Set the deadline of the next request, unless it has already begun."""
        if self._deadline_s == float("inf"):
            self._deadline_s = self._awake_in(IDLE_S)

    def close_if_overdue(self) -> None:
        """Close the connection if its deadline has passed, at once if the client reads nothing."""
        now_s = self.server_state.awake_s
        if self._taken_deadline_s < float("inf"):
            if now_s >= self._taken_deadline_s:
                self._close_to_no_reader()
        elif now_s >= self._deadline_s:
            if self.transport.is_closing():  # the rest of an answer has not been taken since
                self.transport.abort()
                return
            self.transport.close()
            self._deadline_s = self._awake_in(TAKEN_WITHIN_S)

    def _close_to_no_reader(self) -> None:
        """Close the connection at once, unless its client has taken enough meanwhile."""
        if self._untaken_bytes - self._waiting_bytes() < TAKEN_BYTES:
            self.transport.abort()
        else:
            self._await_reader()

    def _await_reader(self) -> None:
        self._untaken_bytes = self._waiting_bytes()
        self._taken_deadline_s = self._awake_in(TAKEN_WITHIN_S)

    def _waiting_bytes(self) -> int:
        """
        Return the bytes of answers that the client has not acknowledged.

        Those in the kernel (tcp(7), SIOCOUTQ) count: it asks for more only when a third of its
        megabytes is free, which takes a slow line minutes.
        """
        sock = self.transport.get_extra_info("socket")
        in_kernel = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        return self.transport.get_write_buffer_size() + int.from_bytes(in_kernel, sys.byteorder)

    def _awake_in(self, limit_s: float) -> float:
        """Return the deadline of what begins now: the clock is as old as the last check."""
        return self.server_state.awake_s + CHECK_EVERY_S + limit_s
