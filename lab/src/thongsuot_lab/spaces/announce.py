"""Gratuitous ARP: announces on a LAN that an address is here now (RFC 5227, section 3)."""

import socket
import struct
from typing import Final

from thongsuot_lab.spaces.enter import inside

ETH_P_ARP: Final = 0x0806
BROADCAST: Final = b"\xff" * 6
ARP_HEADER: Final = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)


class ArpAnnouncer:
    """
    Announces from an interface in a namespace, as often as required, that it holds an IPv4 address.
    """

    def __init__(self, network: str, interface: str, address: str) -> None:
        # Protocol 0: the socket only sends.
        self._socket = inside(network, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        try:
            self._socket.bind((interface, 0))
        except OSError:
            self._socket.close()
            raise
        own: bytes = self._socket.getsockname()[4]
        packed = socket.inet_aton(address)
        request = ARP_HEADER + own + packed + bytes(6) + packed
        self._frame = BROADCAST + own + struct.pack("!H", ETH_P_ARP) + request

    def announce(self) -> None:
        """
        Send one announcement.

        Raises:
            OSError: the interface is down or gone.
        """
        self._socket.send(self._frame)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
