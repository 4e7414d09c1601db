"""The node of a server: its network, its addresses, and sockets made there."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from thongsuot_lab.spaces.enter import inside

BACKLOG = 128


def family_of(address: str) -> socket.AddressFamily:
    """Return the socket family of an address in text form."""
    return socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerNode:
    """One node as its servers see it."""

    node: str
    network: str
    addresses: tuple[str, ...]

    def listening_sockets(self, port: int) -> list[socket.socket]:
        """
        Return listening, non-blocking stream sockets, one per address.

        Raises:
            OSError: the port is in use at one of the addresses; then none is left open.
        """
        return self._bound(port, socket.SOCK_STREAM)

    def datagram_sockets(self, port: int) -> list[socket.socket]:
        """
        Return non-blocking datagram sockets, one per address: answers leave from the address of the
        query.
        """
        return self._bound(port, socket.SOCK_DGRAM)

    def unconnected_socket(self, address: str, kind: socket.SocketKind) -> socket.socket:
        """Return a non-blocking, unconnected socket of the family of this address."""
        # Named explicitly, because asyncio disables Nagle's algorithm only for this protocol
        # number.
        protocol = socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else 0
        sock = inside(self.network, lambda: socket.socket(family_of(address), kind, protocol))
        sock.setblocking(False)
        return sock

    def _bound(self, port: int, kind: socket.SocketKind) -> list[socket.socket]:
        bound: list[socket.socket] = []
        try:
            for address in self.addresses:
                sock = self.unconnected_socket(address, kind)
                bound.append(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((address, port))
                if kind == socket.SOCK_STREAM:
                    sock.setsockopt(
                        socket.IPPROTO_TCP,
                        socket.TCP_CONGESTION,
                        _queue_filling_congestion_control(),
                    )
                    sock.listen(BACKLOG)
        except OSError:
            for sock in bound:
                sock.close()
            raise
        return bound


def _queue_filling_congestion_control() -> bytes:
    """A congestion control that fills queues, as most senders use it; bbr would not."""
    available = Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
    return b"cubic" if "cubic" in available else b"reno"
