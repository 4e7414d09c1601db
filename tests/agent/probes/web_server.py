"""A web server for tests: real TLS with certificates of every sort, answers as told."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from tests.open_connections import break_off
from thongsuot_lab.node import RunningNode

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def page(body: str = "Xin chào", status: str = "200 OK", *headers: str) -> Respond:
    """Answer with a page."""
    packed = body.encode()
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(packed)}", *headers))

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + packed)
        await writer.drain()

    return respond


def compressed(body: str) -> Respond:
    """Answer with a page that is packed with gzip."""
    packed = gzip.compress(body.encode())

    async def respond(writer: asyncio.StreamWriter) -> None:
        head = f"Content-Length: {len(packed)}\r\nContent-Encoding: gzip\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + packed)
        await writer.drain()

    return respond


def raw(data: bytes) -> Respond:
    """Answer with these bytes and close."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return respond


async def silent(writer: asyncio.StreamWriter) -> None:
    """Never answer; the connection stays open until the visitor leaves."""
    await writer.wait_closed()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with a reset."""
    opened = writer.get_extra_info("socket")
    linger = (1).to_bytes(4, "little") + bytes(4)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


class ServerAuthority:
    """A certificate authority of its own, written to a file that the probe trusts."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def context(
        self, *names: str, starts_in_days: int = -30, ends_in_days: int = 60
    ) -> ssl.SSLContext:
        """A server's TLS settings with a certificate for these names."""
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        leaf = self._authority.issue_cert(
            *names,
            not_before=now + timedelta(days=starts_in_days),
            not_after=now + timedelta(days=ends_in_days),
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(context)
        return context


@dataclass
class ScriptedWebServer:
    """Listens on an address of a node, in the event loop that it is entered in."""

    node: RunningNode
    address: str
    port: int
    respond: Respond
    context: ssl.SSLContext | None = None
    requests: list[str] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = self.node.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        self._readers: list[asyncio.StreamReader] = []
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._server = await asyncio.start_server(
            self._on_connection, sock=listener, ssl=self.context
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        (listener,) = self._server.sockets
        sockname = listener.getsockname()
        self._server.close()
        await break_off(sockname)
        await asyncio.gather(*filter(None, self._open.values()), return_exceptions=True)
        await self._server.wait_closed()

    def is_deserted(self) -> bool:
        """Return whether every visitor has left."""
        return all(reader.at_eof() for reader in self._readers)

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._open[writer] = asyncio.current_task()
        self._readers.append(reader)
        self.visitors.append(writer.get_extra_info("peername")[0])
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                # Ended early: the visitor only looked at the certificate, or the test is over.
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                await self.respond(writer)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
        finally:
            del self._open[writer]
