"""A request that is cancelled, also by a time limit, leaves no connection behind."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.collector.running import WITHIN_S
from thongsuot_collector.http_transport import ClosingTransport


class SilentServer:
    """Accepts connections and says nothing; ``came`` and ``gone`` are of its only visitor."""

    def __init__(self) -> None:
        self.came, self.gone = asyncio.Event(), asyncio.Event()
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["SilentServer"]:
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65_536):
                self.came.set()
        except ConnectionError:
            pass  # an end as good as the other
        finally:
            writer.close()
            self.gone.set()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_request_that_is_cancelled_closes_its_connection_at_once(scheme: str) -> None:
    async with (
        SilentServer().listening() as server,
        httpx.AsyncClient(transport=ClosingTransport(), timeout=None) as client,
    ):
        asking = asyncio.create_task(client.get(f"{scheme}://127.0.0.1:{server.port}/"))
        async with asyncio.timeout(WITHIN_S):
            await server.came.wait()
            asking.cancel()
            await asyncio.wait((asking,))
            # The client is not closed yet.
            await server.gone.wait()
    assert asking.cancelled()


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "deflate", "zstd", "identity, gzip"])
async def test_a_compressed_answer_is_not_decompressed(encoding: str) -> None:
    asked: list[bytes] = []
    body = gzip.compress(gzip.compress(bytes(1_000_000)))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Encoding: {encoding}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        httpx.AsyncClient(transport=ClosingTransport(), timeout=WITHIN_S) as client,
    ):
        got = await client.get(f"http://127.0.0.1:{port}/")
    assert (got.status_code, got.content) == (200, body)
    assert b"accept-encoding: identity\r\n" in asked[0].lower()
