import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.collector.pki.secured import SITE, new_authority, pushed, secured
from tests.collector.running import collector, eventually, token
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.ingest import protocol
from thongsuot_collector.ingest.protocol import BoundedProtocol
from thongsuot_collector.ingest.server import EmbeddedServer, bind_listener, page_server
from thongsuot_collector.ingest.settings import Listen


async def test_pages_behind_tls_have_browsers_come_by_tls_alone_and_pushes_stay_short(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    secret = token(state, SITE)
    header = "strict-transport-security"
    async with secured(tmp_path, "optional") as running, running.client() as client:
        for path in ("/", "/healthz", "/sites/none", "/nothing"):
            answer = await client.get(path)
            assert answer.headers.get_list(header) == ["max-age=31536000"], path
        assert header not in (await pushed(client, secret)).headers
    async with collector(tmp_path / "plain") as client:
        assert header not in (await client.get("/")).headers


async def made(server: EmbeddedServer) -> tuple[asyncio.Transport, socket.socket]:
    """Make a connection that a server has accepted; return its ends, the client's second."""
    theirs, ours = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(
        lambda: BoundedProtocol(server.config, server.server_state, {}, loop), ours
    )
    return transport, theirs


async def test_a_connection_that_is_made_after_the_server_s_end_is_closed_at_once() -> None:
    # One that was left would be answered by what is closed, while the process goes on in another
    # role (2026-12: every push over it was refused, and its agent never connected again).
    server = page_server(Starlette(), ())
    transport, theirs = await made(server)
    assert not transport.is_closing()
    transport.close()
    theirs.close()
    server.end()
    transport, theirs = await made(server)
    assert transport.is_closing()
    theirs.close()


async def test_a_server_that_is_cancelled_leaves_no_connection_unanswered() -> None:
    """
    Half of all new connections went to the one before, which had lost its journal: a push over them
    was never answered, and the collector said that it was ready.
    """

    def server_of(text: str) -> EmbeddedServer:
        return page_server(Starlette(routes=[Route("/", lambda _: PlainTextResponse(text))]), ())

    with bind_listener(Listen(address="127.0.0.1:0")) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        first, second = server_of("first"), server_of("second")
        serving = asyncio.create_task(first.serve(sockets=[sock.dup()]))
        await eventually(lambda: first.started)
        async with httpx.AsyncClient(verify=NO_AUTHORITIES, timeout=60) as kept:
            assert (await kept.get(url)).text == "first"
            serving.cancel()
            await asyncio.wait((serving,))
            assert serving.cancelled()
            serving = asyncio.create_task(second.serve(sockets=[sock.dup()]))
            for _ in range(20):
                async with httpx.AsyncClient(verify=NO_AUTHORITIES, timeout=60) as client:
                    assert (await client.get(url)).text == "second"
            assert (await kept.get(url)).text == "second"
        second.end()
        await serving


async def test_a_machine_that_is_paused_takes_no_clients_time_from_its_request() -> None:
    server = page_server(Starlette(), ())
    server.close_overdue(now_s := 1000.0)
    transport, theirs = await made(server)
    server.close_overdue(now_s := now_s + 100 * protocol.IDLE_S)
    assert not transport.is_closing()
    checks = 1
    while not transport.is_closing():
        server.close_overdue(now_s := now_s + protocol.CHECK_EVERY_S)
        checks += 1
        assert checks < 200
    theirs.close()
    assert checks == pytest.approx(protocol.IDLE_S / protocol.CHECK_EVERY_S, abs=10)


async def test_a_client_that_never_closes_its_connection_does_not_keep_the_server_from_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # An agent reads nothing between two pushes, so it does not see that the server says goodbye.
    new_authority(tmp_path / "state")
    async with secured(tmp_path, "optional") as running:
        context = running.context()
        address = (running.url.host, running.url.port or 0)

        def asked() -> ssl.SSLSocket:
            plain = socket.create_connection(address)
            idle = context.wrap_socket(plain, server_hostname=running.url.host)
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(4096).startswith(b"HTTP/1.1 200 ")
            return idle

        idle = await asyncio.to_thread(asked)
    idle.close()
    assert "timeout graceful shutdown exceeded" not in caplog.text
