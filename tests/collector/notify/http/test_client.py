"""The client of channels: bounded, and whatever becomes of a request is a reply."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.collector.notify.incident_events import secret_file
from thongsuot_collector.notify.http.client import (
    MAX_RESPONSE_BYTES,
    HttpChannelSettings,
    HttpClient,
    check_http,
    check_url,
)
from thongsuot_collector.notify.message import ChannelOutcome

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[str]:
    """Serve one sort of answer; gives the URL."""

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except OSError:
            pass  # the client has left
        finally:
            writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


def client(**settings: object) -> HttpClient:
    every = {"kind": "x", "name": "x", **settings}
    return HttpClient(msgspec.convert(every, HttpChannelSettings))


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(2 * MAX_RESPONSE_BYTES // 65_536):
            writer.write(bytes(65_536))
            await writer.drain()

    async with served(endless) as url:
        asking = client()
        reply = await asking.request("GET", url)
        await asking.close()
    assert reply.outcome is ChannelOutcome.UNKNOWN
    assert reply.body == b""


async def test_an_answer_that_drips_is_bounded_by_the_time_for_all_of_it() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with served(drip) as url:
        asking = client(timeout_s=0.2)
        reply = await asking.request("GET", url)
        await asking.close()
    assert (reply.status, reply.outcome) == (0, ChannelOutcome.UNKNOWN)
    assert reply.text == "no answer within 0.2 s"


async def test_nonsense_instead_of_http_is_a_reply() -> None:
    async def nonsense(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n")

    async with served(nonsense) as url:
        asking = client()
        reply = await asking.request("GET", url)
        await asking.close()
    assert reply.outcome is ChannelOutcome.UNKNOWN
    assert reply.text.startswith("RemoteProtocolError: ")


async def test_values_that_cannot_be_read_as_requested_report_it() -> None:
    async def html(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")

    async with served(html) as url:
        asking = client()
        reply = await asking.request("GET", url)
        await asking.close()
    decoded = reply.decode_body(dict[str, str])
    assert not isinstance(decoded, dict)
    assert decoded.outcome is ChannelOutcome.UNKNOWN
    assert "cannot be read" in decoded.text


@pytest.mark.parametrize(
    "url", ["", "a.example", "ftp://a.example/", "http:///x", "http://a:0/", "http://u@a.example/"]
)
def test_an_invalid_web_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="the url") as raised:
        check_url(url)
    assert not url or url not in str(raised.value)


def test_a_bearer_token_that_no_header_can_carry_is_refused(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "bearer", "mật-khẩu")
    with pytest.raises(ValueError, match="a bearer token is ASCII"):
        check_http(
            msgspec.convert({"kind": "x", "name": "x", "bearer_file": file}, HttpChannelSettings)
        )


@pytest.mark.parametrize("status", ["301 Moved", "503 Busy"])
@pytest.mark.parametrize(
    "header",
    [
        b"Location: mailto:ai@example",
        b"Location: javascript:1",
        b"Location: https:x",
        b"Location: http://xn--a/",
        b"Location: http://[",
        b"Location: \xff\xfe",
        b"Retry-After: Jan 999999999999999999 00:00 1-Jan-70",
        b"Set-Cookie: a=b; max-age=99999999999999999999999999; path=%%%",
        b"Content-Type: text/html; charset=\xff",
        b"Content-Length: 99999999999999999999999",
    ],
)
async def test_no_header_of_an_answer_is_an_error(status: str, header: bytes) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nConnection: close\r\n".encode()
        writer.write(head + header + b"\r\n\r\n{}")

    async with served(answer) as url:
        asking = client()
        reply = await asking.request("GET", url)
        await asking.close()
    assert reply.outcome is not ChannelOutcome.DELIVERED


async def test_a_receiver_leaves_no_cookie_in_the_next_request() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with served(answer) as url:
        asking = client()
        await asking.request("GET", url)
        await asking.request("GET", url)
        await asking.close()
    assert b"cookie" not in asked[0].lower()
