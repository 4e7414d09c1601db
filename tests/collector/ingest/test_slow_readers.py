"""Clients that do not take their answer: closed, whatever they leave in the collector's memory."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.collector.running import eventually
from thongsuot_collector.ingest import protocol
from thongsuot_collector.ingest.asgi import Receive
from thongsuot_collector.ingest.push_endpoint import Scope, Send
from thongsuot_collector.ingest.server import EmbeddedServer, bind_listener, make_server
from thongsuot_collector.ingest.settings import Listen

LARGE = 8 << 20
"""More than the kernel keeps for a connection."""
PIECE = 64 << 10


@pytest.fixture(autouse=True)
def short_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bounds, a hundred times shorter."""
    for name in ("IDLE_S", "TAKEN_WITHIN_S"):
        monkeypatch.setattr(protocol, name, getattr(protocol, name) / 100)
    monkeypatch.setattr(protocol, "CHECK_EVERY_S", 0.01)


@asynccontextmanager
async def serving(
    *pieces: bytes, send_buffer_bytes: int = 0
) -> AsyncIterator[tuple[EmbeddedServer, socket.socket]]:
    """Run a server that answers with these pieces; gives it and a client that has asked."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    listen = Listen(address="127.0.0.1:0")
    sock = bind_listener(listen)
    if send_buffer_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    server = make_server(app, listen)
    task = asyncio.ensure_future(server.serve(sockets=[sock]))
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, sock.getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: server.server_state.connections)
        yield server, client
    server.end()
    await task


async def awake_for(server: EmbeddedServer, time_s: float) -> None:
    """Wait by the server's own clock: of a machine that is busy both have less."""
    until_s = server.server_state.awake_s + time_s
    await eventually(lambda: server.server_state.awake_s >= until_s)


@pytest.mark.parametrize(
    ("pieces", "send_buffer_bytes"),
    [
        ((bytes(LARGE),), 0),
        ((bytes(PIECE),) * (LARGE // PIECE), 0),
        ((bytes(PIECE // 2),), 4096),
    ],
    ids=["in one piece", "in pieces", "with little left"],
)
async def test_a_client_that_reads_nothing_is_disconnected(
    pieces: tuple[bytes, ...], send_buffer_bytes: int
) -> None:
    async with serving(*pieces, send_buffer_bytes=send_buffer_bytes) as (server, _client):
        await eventually(lambda: not server.server_state.connections)
        await eventually(lambda: not server.server_state.tasks)


@pytest.mark.parametrize("pieces", [(bytes(LARGE),), (bytes(PIECE),) * (LARGE // PIECE)])
async def test_a_client_on_a_slow_line_gets_all_of_its_answer(pieces: tuple[bytes, ...]) -> None:
    loop = asyncio.get_running_loop()
    async with serving(*pieces) as (server, client):
        began_s = server.server_state.awake_s
        received_bytes = taken_bytes = 0
        while received_bytes < LARGE:
            part = await loop.sock_recv(client, PIECE)
            assert part, f"closed after {received_bytes} bytes"
            received_bytes += len(part)
            if received_bytes >= taken_bytes + 4 * PIECE:
                taken_bytes = received_bytes
                await awake_for(server, 0.05)
        assert server.server_state.awake_s - began_s > protocol.IDLE_S + protocol.TAKEN_WITHIN_S
