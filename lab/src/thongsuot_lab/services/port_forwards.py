"""
Port forwards between the machine's own loopback and nodes of the lab.

A forward listens on 127.0.0.1; each connection to it goes on from inside a node's namespace, so the
machine's browser can open a page that exists only inside.
"""

import asyncio
import socket
from typing import Final

from thongsuot_lab.services.server_node import ServerNode

CONNECT_S: Final = 60.0
PIECE_BYTES: Final = 64 * 1024


class PortForwards:
    """All open port forwards, by their destination."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, str, int], int] = {}
        self._servers: list[asyncio.Server] = []

    async def open_forward(
        self, place: ServerNode, address: str, port: int, wanted: int = 0
    ) -> int:
        """
        Forward a local port to a port of a node, or reuse an open forward; return the local port.

        Args:
            place: the node.
            address: the address to connect to.
            port: the port to connect to.
            wanted: the local port; 0 for any free port.

        Raises:
            OSError: the local port is in use.
        """
        key = (place.node, address, port)
        if key not in self._ports:

            async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await _forward(place, address, port, reader, writer)

            server = await asyncio.start_server(enter, "127.0.0.1", wanted)
            self._servers.append(server)
            self._ports[key] = server.sockets[0].getsockname()[1]
        return self._ports[key]


async def _forward(
    place: ServerNode,
    address: str,
    port: int,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    loop = asyncio.get_running_loop()
    sock = place.unconnected_socket(address, socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(CONNECT_S):
            await loop.sock_connect(sock, (address, port))
        far_reader, far_writer = await asyncio.open_connection(sock=sock)
    except OSError:
        # Nothing listens inside: to the visitor the connection is closed at once.
        sock.close()
        writer.transport.abort()
        return
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, far_writer))
            both.create_task(_copy(far_reader, writer))
    finally:
        writer.close()
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Relay bytes until their end, and relay the end."""
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()
