"""Clients that come slowly, or with too much before their request: closed, at their own cost."""

import asyncio
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer
from tests.collector.running import WITHIN_S, Pusher, collector, token
from thongsuot_collector.ingest import protocol
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


CHUNKED = b"Transfer-Encoding: chunked\r\n"
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
