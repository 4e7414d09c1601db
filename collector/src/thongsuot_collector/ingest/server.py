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
from thongsuot_collector.ingest.protocol import IDLE_S, BoundedProtocol
from thongsuot_collector.ingest.push_endpoint import PushEndpoint, Scope, Send
from thongsuot_collector.ingest.settings import Listen, host_and_port
from thongsuot_collector.pki.listener_tls import ListenerTls
from thongsuot_schema.batch import push

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CONNECTIONS = 20_000
"""Ten thousand agents and room for as many who reconnect; above, the answer is 503."""

_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
"""
For a year. Not for names below this one: they are not ours. Agents do not need it, so pushes, which
may be paid for by the byte, are answered without.
"""

_BACKLOG = 2048
"""Connections that may wait to be taken: all agents come back at once after an outage of ours."""

_DRAIN_S = 15
"""How long requests under way may take when the collector stops; agents repeat what was cut off."""


class EmbeddedServer(uvicorn.Server):
    """
    uvicorn without signal handlers of its own: the collector decides when to stop.

    uvicorn looks ten times a second whether it should; this one is woken, and sleeps otherwise.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Take no more connections, and end when the requests under way have."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Renew what answers carry, and close what is overdue, until it is to end."""
        loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            now_s = loop.time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, BoundedProtocol):
                    connection.close_if_overdue(now_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(protocol.CHECK_EVERY_S):
                    await self._ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def bind_listener(listen: Listen) -> socket.socket:
    """
    Return a socket that listens where it should.

    Raises:
        OSError: the address is taken or not ours.
    """
    host, port = host_and_port(listen.address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio switches Nagle's delay off only where it sees TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise OSError(f"cannot listen on {listen.address}: {error}") from error
    return sock


def url_of(listen: Listen, sock: socket.socket) -> str:
    """Return where a bound socket is reached."""
    host, _ = host_and_port(listen.address)
    scheme = "https" if listen.certificate_file else "http"
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{sock.getsockname()[1]}"


def push_server(
    listen: Listen,
    ingest: PushEndpoint,
    pages: Starlette,
    handshakes: ListenerTls | None = None,
) -> EmbeddedServer:
    """
    Return the server of pushes and pages, not yet started.

    With ``handshakes`` it asks for client certificates.
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

    return make_server(app, listen, handshakes, http=push_protocol(ingest))


def _with_strict_transport(send: Send) -> Send:
    """Return what sends answers that have a browser come by TLS alone from now on (RFC 6797)."""

    async def send_with_header(message: MutableMapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", [])
            assert isinstance(headers, list)
            message = {**message, "headers": [*headers, _STRICT_TRANSPORT]}
        await send(message)

    return send_with_header


def _as_it_is(send: Send) -> Send:
    """Return what sends answers as they are: where TLS ends is not known here."""
    return send


def page_server(pages: Starlette, trusted_proxies: tuple[str, ...]) -> EmbeddedServer:
    """Return the server of the pages alone, in the clear, not yet started."""

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
    """Return a server of an application, not yet started."""

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
    Return a context with the listener's certificate, without what RFC 8996 ends, whatever the
    system's OpenSSL allows.

    Raises:
        OSError: certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(listen.certificate_file, listen.key_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
