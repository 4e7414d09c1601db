"""
An office's web proxy: CONNECT, and requests with a whole URL (RFC 9110, RFC 9112).

It looks up names by its own name servers and opens the connections itself, as squid and tinyproxy
do. If it cannot reach a server it answers 503, with a header that identifies the answer as its own.
"""

import asyncio
import socket
from base64 import b64encode
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import dns.message
import dns.rdatatype

from thongsuot_lab.services.behaviour import ProxyBehaviour
from thongsuot_lab.services.name_server import ResolverSource
from thongsuot_lab.services.server_node import ServerNode
from thongsuot_lab.topology.model import ProxySpec

HEAD_BYTES: Final = 16 * 1024
CHUNK_BYTES: Final = 64 * 1024
REASONS: Final = {
    200: "Connection established",
    400: "Bad Request",
    407: "Proxy Authentication Required",
    503: "Service Unavailable",
}


class ProxyServer:
    """One proxy and its users."""

    def __init__(self, place: ServerNode, spec: ProxySpec, tasks: asyncio.TaskGroup) -> None:
        self._place = place
        self._spec = spec
        self._names = ResolverSource(place, spec.resolvers, tasks)
        self._behaviour = ProxyBehaviour()
        self._servers: list[asyncio.Server] = []
        self._visitors: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen, unless the behaviour is not to."""
        if self._behaviour.mode == "refuse":
            return
        for sock in self._place.listening_sockets(self._spec.port):
            server = await asyncio.start_server(self._visit, sock=sock, limit=HEAD_BYTES)
            self._servers.append(server)

    async def behave(self, behaviour: ProxyBehaviour) -> None:
        """Adopt this behaviour; connected users are disconnected."""
        if behaviour == self._behaviour:
            return
        self._behaviour = behaviour
        for server in self._servers:
            server.close()
        self._servers.clear()
        for visitor in list(self._visitors):
            visitor.transport.abort()
        await self.start()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitors.add(writer)
        try:
            if self._behaviour.mode == "hang":
                await reader.read()
                return
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            # Disconnected half-way, malformed, or its network has gone.
            return
        finally:
            self._visitors.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, _, fields = head.partition("\r\n")
        method, target, _version = (*request.split(" "), "", "")[:3]
        if not self._is_allowed(fields):
            _answer(writer, 407, 'Proxy-Authenticate: Basic realm="office"')
            return
        host, port, first = _destination(method, target, fields)
        if not host:
            _answer(writer, 400)
            return
        far = await self._connect(host, port)
        if far is None:
            _answer(writer, 503, "X-Squid-Error: ERR_CONNECT_FAIL 110")
            return
        far_reader, far_writer = far
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far_writer.write(first)
            await _join(reader, writer, far_reader, far_writer)
        finally:
            far_writer.close()

    def _is_allowed(self, fields: str) -> bool:
        if not self._spec.credentials:
            return True
        wanted = b64encode(self._spec.credentials.encode()).decode()
        return f"proxy-authorization: basic {wanted}".lower() in fields.lower()

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        loop = asyncio.get_running_loop()
        for address in await self._addresses(host):
            sock = self._place.unconnected_socket(address, socket.SOCK_STREAM)
            try:
                async with asyncio.timeout(self._spec.connect_timeout_s):
                    await loop.sock_connect(sock, (address, port))
                return await asyncio.open_connection(sock=sock, limit=CHUNK_BYTES)
            except OSError:
                # Refused, no route, or too late (TimeoutError is an OSError): the next one.
                sock.close()
        return None

    async def _addresses(self, host: str) -> tuple[str, ...]:
        with suppress(OSError):
            socket.inet_pton(socket.AF_INET, host)
            return (host,)
        answer = await self._names(dns.message.make_query(host, dns.rdatatype.A))
        return tuple(record.to_text() for rrset in answer.answer for record in rrset)


def _destination(method: str, target: str, fields: str) -> tuple[str, int, bytes]:
    """
    Return host and port to connect to, and what to send there first; no host if the request is
    malformed.
    """
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return (host, int(port), b"") if port.isdecimal() else ("", 0, b"")
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        return "", 0, b""
    path = parts.path or "/"
    kept = [
        line
        for line in fields.split("\r\n")
        if line and not line.lower().startswith(("proxy-", "connection:"))
    ]
    head = "\r\n".join((f"{method} {path} HTTP/1.1", *kept, "Via: 1.1 office", "Connection: close"))
    return parts.hostname, parts.port or 80, f"{head}\r\n\r\n".encode("latin-1")


def _answer(writer: asyncio.StreamWriter, status: int, *fields: str) -> None:
    lines = (
        f"HTTP/1.1 {status} {REASONS[status]}",
        "Server: office-proxy",
        *fields,
        "Content-Length: 0",
        "Connection: close",
    )
    writer.write("\r\n".join((*lines, "", "")).encode("latin-1"))


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Relay bytes both ways until either side ends."""
    ways = (
        asyncio.create_task(_pass(reader, far_writer)),
        asyncio.create_task(_pass(far_reader, writer)),
    )
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
