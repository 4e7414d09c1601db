"""The HTTP server: uvicorn with bounds, on a socket of ours."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, MutableMapping

import uvicorn
from starlette.applications import Starlette

from thongsuot_collector.ingest import protocol
from thongsuot_collector.ingest.asgi import Receive
from thongsuot_collector.ingest.direct_push import push_protocol
from thongsuot_collector.ingest.protocol import IDLE_S, BoundedProtocol, BoundedState
from thongsuot_collector.ingest.push_endpoint import PushEndpoint, Scope, Send
from thongsuot_collector.ingest.push_gathering import PushGathering
from thongsuot_collector.ingest.settings import Listen, host_and_port
from thongsuot_collector.pki.listener_tls import ListenerTls
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.batch import push

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CONNECTIONS = 20_000
"""Ten thousand agents, and as many reconnecting ones; above that the answer is 503."""

_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
"""
For a year. Without subdomains: they belong to others. Agents do not need the header, so their
answers, which may be paid for by the byte, do not have it.
"""

_BACKLOG = 2048
"""
Maximum number of connections waiting for accept: all agents return at once after an outage of the
collector.
"""

_DRAIN_S = 15
"""Time limit of requests in progress when the collector stops; agents repeat aborted ones."""

_GOODBYE_S = 1.0
"""
So long to twice as long the other end of a closed connection may take to close it too, when the
collector stops or takes the lead. TLS would wait for thirty seconds, and a client that only reads
when it wants something never answers: one of them kept a new leader from its work for all of
``_DRAIN_S`` (2026-12).
"""


class EmbeddedServer(uvicorn.Server):
    """
    uvicorn without its own signal handlers: the collector decides when to stop.

    uvicorn checks ten times a second whether to stop; this server is woken, and sleeps otherwise.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state: BoundedState = BoundedState()
        self.servers = []  # uvicorn has none before it has begun
        self._ending = asyncio.Event()
        self._checked_s = 0.0

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """
        Serve until it is to end.

        If it is cancelled, because the collector's role ends with an error, it closes everything at
        once: the loop would go on accepting connections, and pushes over them and over older ones
        would wait for ever for what is closed, beside the server of the next role.
        """
        try:
            await super().serve(sockets)
        except BaseException:
            self._abandon(sockets or [])
            raise

    def _abandon(self, sockets: list[socket.socket]) -> None:
        self.end()
        for server in self.servers:
            server.close()
        for sock in sockets:
            sock.close()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.transport.abort()
        for task in tuple(self.server_state.tasks):
            task.cancel()

    def end(self) -> None:
        """Stop accepting connections, and end when the requests in progress are answered."""
        self.should_exit = self.server_state.is_ending = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Refresh common headers and close overdue connections, until the server is to end."""
        loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            self.close_overdue(loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(protocol.CHECK_EVERY_S):
                    await self._ending.wait()

    def close_overdue(self, now_s: float) -> None:
        """
        Close overdue connections; ``now_s`` is the event loop's time.

        Of the time since the last check, what exceeds twice the interval was a pause.
        """
        self.server_state.awake_s += min(now_s - self._checked_s, 2 * protocol.CHECK_EVERY_S)
        self._checked_s = now_s
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.close_if_overdue()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """
        Close all connections, those with requests in progress last.

        The process continues after its server, in another role, and a connection that was left
        open would be answered by what is closed.
        """
        async with asyncio.TaskGroup() as group:
            aborting = group.create_task(self._abort_unanswered())
            await super().shutdown(sockets)
            aborting.cancel()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                # After the answers of requests that the time limit has cancelled.
                asyncio.get_running_loop().call_soon(connection.transport.close)

    async def _abort_unanswered(self) -> None:
        """Abort connections that are closed here and have nothing to send, but stay open there."""
        before: set[BoundedProtocol] = set()
        while True:
            await asyncio.sleep(_GOODBYE_S)
            closing = {
                connection
                for connection in self.server_state.connections
                if isinstance(connection, BoundedProtocol)
                and connection.transport.is_closing()
                and not connection.transport.get_write_buffer_size()
            }
            for connection in closing & before:
                connection.transport.abort()
            before = closing

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers alone."""
        yield


def bind_listener(listen: Listen) -> socket.socket:
    """
    Return a socket that listens at the configured address.

    Raises:
        OSError: the address is in use or not local.
    """
    host, port = host_and_port(listen.address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio disables Nagle's delay only if the socket declares TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise OSError(f"cannot listen on {listen.address}: {describe(error)}") from error
    return sock


def url_of(listen: Listen, sock: socket.socket) -> str:
    """Return the URL of a bound socket."""
    host, _ = host_and_port(listen.address)
    scheme = "https" if listen.certificate_file else "http"
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{sock.getsockname()[1]}"


def push_server(
    listen: Listen,
    ingest: PushEndpoint,
    gathering: PushGathering,
    pages: Starlette,
    handshakes: ListenerTls | None = None,
) -> EmbeddedServer:
    """
    Return the server of pushes and pages, not started yet.

    With ``handshakes`` it requests client certificates.
    """
    send_page = _with_strict_transport if listen.certificate_file else _as_it_is

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == push.PATH_BATCHES:
            await ingest.batches(scope, receive, send)
        elif path == push.PATH_LAYOUTS:
            await ingest.layouts(scope, receive, send)
        elif path == push.PATH_ADDRESS:
            await ingest.address(scope, send)
        else:
            await pages(scope, receive, send_page(send))  # type: ignore[arg-type]  # the same in ASGI

    return make_server(app, listen, handshakes, http=push_protocol(ingest, gathering))


def _with_strict_transport(send: Send) -> Send:
    """Return a send function whose answers make browsers use TLS only (RFC 6797)."""

    async def send_with_header(message: MutableMapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", [])
            assert isinstance(headers, list)
            message = {**message, "headers": [*headers, _STRICT_TRANSPORT]}
        await send(message)

    return send_with_header


def _as_it_is(send: Send) -> Send:
    """Return a send function without changes: where TLS ends is not known here."""
    return send


def page_server(pages: Starlette, trusted_proxies: tuple[str, ...]) -> EmbeddedServer:
    """Return the server of the pages only, without TLS, not started yet."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await pages(scope, receive, send)  # type: ignore[arg-type]  # the same in ASGI

    return make_server(app, Listen(trusted_proxies=trusted_proxies))


def make_server(
    app: App,
    listen: Listen,
    handshakes: ListenerTls | None = None,
    *,
    http: type[BoundedProtocol] = BoundedProtocol,
) -> EmbeddedServer:
    """Return a server of an application, not started yet."""

    def context(_config: uvicorn.Config, _make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        return tls_context(listen) if handshakes is None else handshakes.context

    return EmbeddedServer(
        uvicorn.Config(
            app,
            http=http,
            ws="none",
            lifespan="off",
            loop="none",
            ssl_certfile=listen.certificate_file or None,
            ssl_keyfile=listen.key_file or None,
            ssl_context_factory=context if listen.certificate_file else None,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(listen.trusted_proxies),
            forwarded_allow_ips=list(listen.trusted_proxies),
            backlog=_BACKLOG,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=int(IDLE_S),
            timeout_graceful_shutdown=_DRAIN_S,
        )
    )


def tls_context(listen: Listen) -> ssl.SSLContext:
    """
    Return a context with the listener's certificate, without the protocols deprecated by RFC 8996,
    whatever the system's OpenSSL allows.

    Raises:
        OSError: certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(listen.certificate_file, listen.key_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
