"""The server on a real socket: bounded in bytes, connections and time."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.timing import MS
from thongsuot_agent.page import server as module
from thongsuot_agent.page.request import HEAD_LIMIT_BYTES, HttpPage, HttpRequest
from thongsuot_agent.page.server import MAX_CONNECTIONS, LocalPageServer

IDLE = 1_000
"""Thirty times what is served at once."""
FILES = 2 * IDLE + 500
"""Both ends of each connection are of this process, and what else it has open."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take long for an exchange."""
    monkeypatch.setattr(module, "_EXCHANGE_S", 180_000 * MS)


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many open files as the connections need: a usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_limited = soft != resource.RLIM_INFINITY and soft < FILES
    # A hard limit below it fails here, with its name.
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES if is_limited else soft, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def page_for(request: HttpRequest) -> HttpPage | None:
    if request.form:
        return HttpPage(body=repr(dict(request.form)).encode(), content_type="text/plain")
    if request.path == "/":
        return HttpPage(body=b"hello " + b"x" * 50_000, content_type="text/plain")
    return None


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """Serve on loopback; yields the port."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = LocalPageServer(page_for)
    task = asyncio.ensure_future(
        server.run("127.0.0.1:0", lambda _host, number: port.set_result(number))
    )
    yield await port
    task.cancel()
    await asyncio.wait([task])


async def ask(port: int, head: bytes) -> bytes:
    """Return the whole answer; what was sent and not read by then is of no interest."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(head)
        while piece := await reader.read(65536):
            answer += piece
    except ConnectionResetError:
        pass
    await closed(writer)
    return answer


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever the other side has done to it."""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_pages_are_served_whole_and_heads_alone() -> None:
    async with serving() as port:
        answer = await ask(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"x" * 50_000)
        head = await ask(port, b"HEAD / HTTP/1.1\r\n\r\n")
        assert b"Content-Length: 50006\r\n" in head
        assert head.endswith(b"\r\n\r\n")


async def test_missing_or_unsupported_things_are_reported() -> None:
    async with serving() as port:
        assert b" 404 " in await ask(port, b"GET /other HTTP/1.1\r\n\r\n")
        assert b" 405 " in await ask(port, b"DELETE / HTTP/1.1\r\n\r\n")
        assert b" 400 " in await ask(port, b"nonsense\r\n\r\n")


async def test_a_head_without_end_is_refused() -> None:
    async with serving() as port:
        endless = b"GET / HTTP/1.1\r\nX: " + b"a" * (2 * HEAD_LIMIT_BYTES)
        assert b" 431 " in await ask(port, endless)
        assert b" 200 " in await ask(port, b"GET / HTTP/1.1\r\n\r\n")


async def test_a_client_that_never_completes_its_request_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_EXCHANGE_S", 20 * MS)
    async with serving() as port:
        assert await ask(port, b"GET / HT") == b""


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_idle_callers_keep_nobody_from_the_page() -> None:
    async with serving() as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
        for _ in range(5):
            assert b" 200 " in await ask(port, b"GET / HTTP/1.1\r\n\r\n")
        for _, writer in idle:
            await closed(writer)


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_forms_without_a_body_keep_nobody_from_the_page() -> None:
    async with serving() as port:
        unfinished = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
        for _, writer in unfinished:
            writer.write(b"POST /commissioning HTTP/1.1\r\nContent-Length: 9\r\n\r\ncode")
        for _ in range(5):
            assert b" 200 " in await ask(port, b"GET / HTTP/1.1\r\n\r\n")
        for _, writer in unfinished:
            await closed(writer)


async def test_the_client_with_most_silent_connections_makes_room_first() -> None:
    async with serving() as port:
        patient, waiting = await asyncio.open_connection("127.0.0.1", port)
        waiting.write(b"GET / HTTP/1.1\r\n")
        crowd = [
            await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
            for _ in range(2 * MAX_CONNECTIONS)
        ]
        waiting.write(b"\r\n")
        assert b" 200 " in await patient.readline()
        for _, writer in (*crowd, (patient, waiting)):
            await closed(writer)


async def test_a_form_is_read_after_its_head_and_an_incomplete_one_is_dropped() -> None:
    head = b"POST /commissioning HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    async with serving() as port:
        assert (await ask(port, head + b"code=1234")).endswith(b"{'code': '1234'}")
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"code")
        writer.write_eof()
        await closed(writer)
        assert b"200 OK" in await ask(port, b"GET / HTTP/1.1\r\n\r\n")
        assert b"400" in await ask(port, head + b"\xff=======1")
