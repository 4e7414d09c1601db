"""
A public portal: HTTP/1.1 on port 80 and HTTPS on port 443, at every address of its node.

``GET /`` is its page; ``GET /bytes/N`` is N zero bytes, to download. Persistent connections, no
bodies in requests, no transfer codings (RFC 9112).
"""

import asyncio
import ssl
from typing import Final

from thongsuot_lab.services.behaviour import PortalBehaviour
from thongsuot_lab.services.certificates import LabAuthority
from thongsuot_lab.services.server_node import ServerNode
from thongsuot_lab.topology.model import PortalSpec

HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
HEAD_BYTES: Final = 16 * 1024
CHUNK: Final = bytes(64 * 1024)
REASONS: Final = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 500: "Server Error"}
PAGE: Final = """<!doctype html>
<html lang="vi"><meta charset="utf-8"><title>{text}</title>
<h1>{text}</h1><p>Hệ thống đang hoạt động.</p>
"""


class PortalServer:
    """One portal and its visitors."""

    def __init__(self, place: ServerNode, portal: PortalSpec, authority: LabAuthority) -> None:
        self._place = place
        self._portal = portal
        self._authority = authority
        self._behaviour = PortalBehaviour()
        self._servers: list[asyncio.Server] = []
        self._visitors: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen, unless the behaviour is not to."""
        if self._behaviour.mode == "refuse":
            return
        visit = self._ignore if self._behaviour.mode == "hang" else self._visit
        for port in (HTTP_PORT, HTTPS_PORT):
            encrypted = port == HTTPS_PORT and self._behaviour.mode == "serve"
            tls = self._tls() if encrypted else None
            for sock in self._place.listening_sockets(port):
                server = await asyncio.start_server(visit, sock=sock, ssl=tls, limit=HEAD_BYTES)
                self._servers.append(server)

    def _tls(self) -> ssl.SSLContext:
        return self._authority.context(self._portal.names, self._behaviour.certificate)

    async def behave(self, behaviour: PortalBehaviour) -> None:
        """Adopt this behaviour; visitors are disconnected if their listener no longer exists."""
        before, self._behaviour = self._behaviour, behaviour
        if (before.mode, before.certificate) == (behaviour.mode, behaviour.certificate):
            return
        for server in self._servers:
            server.close()
        self._servers.clear()
        for visitor in list(self._visitors):
            visitor.transport.abort()
        await self.start()

    async def _ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send nothing until the visitor leaves."""
        self._visitors.add(writer)
        try:
            while await reader.read(HEAD_BYTES):
                pass
        except ConnectionError:
            return
        finally:
            self._visitors.discard(writer)
            writer.close()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after another until the visitor leaves."""
        self._visitors.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            # Disconnected half-way (ConnectionError), malformed, or its network has gone.
            return
        finally:
            self._visitors.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle one request; return whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, _, fields = head.partition("\r\n")
        method, path, _version = (*request.split(" "), "", "")[:3]
        if self._behaviour.delay_s:
            await asyncio.sleep(self._behaviour.delay_s)
        status, body, size = self._page(method, path)
        stays = "connection: close" not in fields.lower()
        answer_head = (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}\r\n"
            "Server: lab\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {size}\r\n"
            f"Connection: {'keep-alive' if stays else 'close'}\r\n\r\n"
        ).encode()
        if method == "HEAD":
            writer.write(answer_head)
        else:
            await _write(writer, answer_head + body, size - len(body))
        await writer.drain()
        return stays

    def _page(self, method: str, path: str) -> tuple[int, bytes, int]:
        """Return status, body, and its size; where the body is shorter, zero bytes follow it."""
        behaviour = self._behaviour
        if behaviour.status != 200:
            body = f"<h1>{behaviour.status}</h1>".encode()
            return behaviour.status, body, len(body)
        if method not in ("GET", "HEAD"):
            return 405, b"", 0
        if path.startswith("/bytes/") and path[7:].isdigit():
            return 200, b"", int(path[7:])
        if path.partition("?")[0] != "/":
            return 404, b"", 0
        text = self._portal.text if behaviour.text is None else behaviour.text
        body = PAGE.format(text=text).encode()
        return 200, body, len(body)


async def _write(writer: asyncio.StreamWriter, beginning: bytes, zeros: int) -> None:
    """Write some bytes, followed by a number of zero bytes."""
    writer.write(beginning)
    while zeros > 0:
        writer.write(CHUNK[:zeros])
        zeros -= len(CHUNK)
        await writer.drain()
