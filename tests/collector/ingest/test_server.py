import asyncio
import socket
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.collector.pki.secured import SITE, new_authority, pushed, secured
from tests.collector.running import collector, token
from tests.loop_clock import LoopClock
from thongsuot_collector.ingest import protocol
from thongsuot_collector.ingest.protocol import BoundedProtocol
from thongsuot_collector.ingest.server import EmbeddedServer, page_server


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


async def test_a_machine_that_is_paused_takes_no_clients_time_from_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, checks = LoopClock(monkeypatch), 0
    server = page_server(Starlette(), ())
    transport, theirs = await made(server)
    server.end()  # so that it waits for nothing between its checks
    closed_at: list[int] = []

    async def on_tick(_counter: int) -> bool:
        nonlocal checks
        checks += 1
        clock.put_forward(100 * protocol.IDLE_S if checks == 2 else protocol.CHECK_EVERY_S)
        if transport.is_closing():
            closed_at.append(checks)
        return bool(closed_at) or checks > 200

    monkeypatch.setattr(server, "on_tick", on_tick)
    await server.main_loop()
    theirs.close()
    (checks_until_closed,) = closed_at
    assert checks_until_closed == pytest.approx(protocol.IDLE_S / protocol.CHECK_EVERY_S, abs=10)
