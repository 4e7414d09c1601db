"""Where a server stands: its node's network, its addresses, and sockets made there."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from thongsuot_lab.spaces.enter import inside

BACKLOG = 128


def family_of(address: str) -> socket.AddressFamily:
    """The socket family of an address in text form."""
    return socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerNode:
    """One node as its servers see it."""

    node: str
    network: str
    addresses: tuple[str, ...]

    def listening_sockets(self, port: int) -> list[socket.socket]:
        """
        Non-blocking stream sockets, one an address, listening.

        Raises:
            OSError: the port is taken at one of the addresses; none is left open then.
        """
        return self._bound(port, socket.SOCK_STREAM)

    def datagram_sockets(self, port: int) -> list[socket.socket]:
        """Non-blocking datagram sockets, one an address: answers leave from the one asked."""
        return self._bound(port, socket.SOCK_DGRAM)

    def unconnected_socket(self, address: str, kind: socket.SocketKind) -> socket.socket:
        """A non-blocking, unconnected socket of the family of this address."""
        # Named, because asyncio switches Nagle's delay off only where it sees this protocol number.
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
    """A congestion control that fills queues, as most senders do; bbr would not."""
    available = Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
    return b"cubic" if "cubic" in available else b"reno"
