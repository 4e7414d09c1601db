"""A gratuitous ARP: telling a LAN that an address is here now (RFC 5227, section 3)."""

import socket
import struct
from functools import partial
from typing import Final

from thongsuot_lab.spaces.enter import inside

ETH_P_ARP: Final = 0x0806
BROADCAST: Final = b"\xff" * 6
ARP_HEADER: Final = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)


def announce(network: str, interface: str, address: str) -> None:
    """Say once, from an interface in a namespace, that it holds this IPv4 address."""
    make = partial(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0)
    with inside(network, make) as sock:
        sock.bind((interface, 0))
        own: bytes = sock.getsockname()[4]
        packed = socket.inet_aton(address)
        request = ARP_HEADER + own + packed + bytes(6) + packed
        sock.send(BROADCAST + own + struct.pack("!H", ETH_P_ARP) + request)
