"""Clients that come slowly, or with too much before their request: closed, at their own cost."""

import asyncio
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer
from tests.collector.running import WITHIN_S, Pusher, collector, token
from thongsuot_collector.ingest import protocol
from thongsuot_collector.ingest.asgi import Receive
from thongsuot_collector.ingest.push_endpoint import Scope, Send
from thongsuot_collector.ingest.server import bind_listener, make_server
from thongsuot_collector.ingest.settings import Listen
from thongsuot_schema.batch import push

SITE = "hoan-kiem"


@pytest.fixture
def short_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bounds, a hundred times shorter."""
    for name in ("HEAD_WITHIN_S", "BODY_WITHIN_S", "IDLE_S"):
        monkeypatch.setattr(protocol, name, getattr(protocol, name) / 100)
    monkeypatch.setattr(protocol, "CHECK_EVERY_S", 0.01)


async def closed_after(port: int, *pieces: bytes) -> bytes:
    """
    Send pieces until the server answers, and return what comes until it closes.

    Whoever goes on sending to a server that has closed is reset, and loses what it said.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.ensure_future(reader.read())
    try:
        for piece in pieces:
            if answer.done() or reader.at_eof():
                break
            writer.write(piece)
            await writer.drain()
            # Whoever has something to do is before the next piece: the server, and who reads.
            await asyncio.sleep(0.001)
        return await asyncio.wait_for(answer, WITHIN_S)
    finally:
        answer.cancel()
        writer.close()


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.usefixtures("short_bounds")
@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"\r\n",),
        (b"POST /v1/batches HTTP/1.1\r\nHost: x\r\n",),
        (b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nX-Half: ",),
    ],
    ids=["nothing", "blank-lines", "half-of-the-headers", "half-of-a-header"],
)
async def test_an_incomplete_request_is_closed_after_its_time(
    tmp_path: Path, pieces: tuple[bytes, ...]
) -> None:
    async with collector(tmp_path) as client:
        assert await closed_after(client.base_url.port or 0, *pieces) == b""
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.usefixtures("short_bounds")
async def test_an_incomplete_body_is_closed_after_its_time(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        head = (
            f"POST {push.PATH_BATCHES} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f"Authorization: Bearer {token(tmp_path, SITE)}\r\n"
            f"Content-Type: {push.CONTENT_TYPE_BATCH}\r\n\r\n0123"
        )
        assert await closed_after(client.base_url.port or 0, head.encode()) == b""
        assert (await client.get("/healthz")).status_code == 200


async def test_headers_without_end_are_refused(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        start = b"GET / HTTP/1.1\r\nHost: x\r\n"
        answer = await closed_after(
            client.base_url.port or 0, start, *[b"X-More: " + b"y" * 1000 + b"\r\n"] * 60
        )
        assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.usefixtures("short_bounds")
async def test_a_body_that_comes_after_its_answer_leaves_no_connection_open(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port or 0)
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        assert b" 404 " in await asyncio.wait_for(reader.readline(), WITHIN_S)
        writer.write(b"x")
        await asyncio.wait_for(reader.read(), WITHIN_S)
        writer.close()


@pytest.mark.parametrize(
    "piece",
    [b"a:b\r\n" * 400, b"y" * 2000, b"X-More: y\r\n" * 200],
    ids=["many-short-ones", "one-without-end", "some"],
)
@pytest.mark.parametrize("path", [push.PATH_BATCHES, "/nowhere"])
async def test_trailers_without_end_are_refused(tmp_path: Path, path: str, piece: bytes) -> None:
    start = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + CHUNKED + b"\r\n0\r\n"
    async with collector(tmp_path) as client:
        answer = await closed_after(client.base_url.port or 0, start, *[piece] * 60)
        assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"400")


async def test_extensions_of_a_chunk_and_blank_lines_have_an_end_too(tmp_path: Path) -> None:
    start = b"POST /nowhere HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"\r\n1;"
    async with collector(tmp_path) as client:
        for pieces in ((start, *[b"y" * 2000] * 60), [b"\r\n" * 1000] * 60):
            answer = await closed_after(client.base_url.port or 0, *pieces)
            assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"400")


async def test_a_trailer_does_not_become_a_header() -> None:
    given = asyncio.Queue[list[tuple[bytes, bytes]]]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        headers = scope["headers"]
        assert isinstance(headers, list)
        given.put_nowait(list(headers))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    listen = Listen(address="127.0.0.1:0")
    sock = bind_listener(listen)
    server = make_server(app, listen)
    serving = asyncio.ensure_future(server.serve(sockets=[sock]))
    start = b"POST / HTTP/1.1\r\nConnection: close\r\n" + CHUNKED + b"\r\n0\r\n"
    answer = await closed_after(
        sock.getsockname()[1], start + b"X-Forwarded-For: 192.0.2.1\r\n\r\n"
    )
    server.end()
    await serving
    assert answer.startswith(b"HTTP/1.1 204")
    assert [name for name, _ in await given.get()] == [b"connection", b"transfer-encoding"]


AMBIGUOUS = {
    "length and chunks": b"Content-Length: 5\r\n" + CHUNKED,
    "chunks and length": CHUNKED + b"Content-Length: 5\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 0\r\n",
    "lengths in a list": b"Content-Length: 5, 5\r\n",
    "a signed length": b"Content-Length: +5\r\n",
    "a length in hexadecimal": b"Content-Length: 0x5\r\n",
    "a length of the next line": b"Content-Length:\r\n 5\r\n",
    "chunks that are not the last coding": b"Transfer-Encoding: chunked, identity\r\n",
    "a space before the colon": b"Content-Length : 5\r\n",
    "a line that ends early": b"X-A: b\nContent-Length: 5\r\n",
    "a header with NUL": b"X-A: \0\r\nContent-Length: 5\r\n",
    "no name": b": 5\r\n",
}
"""Headers of which a proxy may think otherwise than who is behind it."""


@pytest.mark.parametrize("path", [push.PATH_BATCHES, "/healthz"])
async def test_an_ambiguous_request_is_refused_and_not_read_as_two(
    tmp_path: Path, path: str
) -> None:
    hidden = b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with collector(tmp_path) as client:
        for what, headers in AMBIGUOUS.items():
            request = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + headers + b"\r\n" + hidden
            answer = await closed_after(client.base_url.port or 0, request)
            assert answer.startswith(b"HTTP/1.1 400"), what
            assert answer.count(b"HTTP/1.1") == 1, what
        answer = await closed_after(client.base_url.port or 0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400"), "HTTP/2 by prior knowledge"
        assert (await client.get("/healthz")).status_code == 200


async def test_a_connection_is_kept_for_the_next_push(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, BatchSealer(SITE, epoch_ns=0), token(tmp_path, SITE))
        for _ in range(3):
            response = await pusher.batch(pusher.agent.batch(10**9))
            assert response.status_code == 200
            assert "connection" not in response.headers
