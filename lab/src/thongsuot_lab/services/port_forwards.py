"""
Port forwards between the machine's own loopback and nodes of the lab.

A forward listens on 127.0.0.1; each connection to it goes on from inside a node's namespace, so
the machine's browser reaches a page that only exists in there.
"""

import asyncio
import socket
from typing import Final

from thongsuot_lab.services.server_node import ServerNode

CONNECT_S: Final = 5.0
PIECE_BYTES: Final = 64 * 1024


class PortForwards:
    """Every port forward that is open, by what is behind it."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, str, int], int] = {}
        self._servers: list[asyncio.Server] = []

    async def open_forward(
        self, place: ServerNode, address: str, port: int, wanted: int = 0
    ) -> int:
        """
        Forward a local port to a port of a node, or find the open forward; returns the local port.

        Args:
            place: the node.
            address: where in it to connect to.
            port: which port there.
            wanted: the local port; 0 for any free one.

        Raises:
            OSError: the wanted port is taken.
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
        # Nobody listens inside: the visitor sees that as a connection that is cut at once.
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
    """Pass bytes on until their end, and pass the end on."""
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()
