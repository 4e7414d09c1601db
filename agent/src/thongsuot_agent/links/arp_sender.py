"""Sends ARP packets over one interface; nothing is received."""

import socket

from thongsuot_agent.proto import arp


class ArpSender:
    """
    A packet socket of one interface, opened with the first packet.

    It stays open: the kernel closes a packet socket only after a grace period, for which the whole
    process stands still (2026-12: 6 to 28 ms).
    """

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._socket: socket.socket | None = None

    def broadcast(self, packet: bytes) -> None:
        """
        Send a packet to all hosts of the interface's network.

        Raises:
            PermissionError: packet sockets are not allowed.
            OSError: the interface is gone or down.
        """
        if self._socket is None:
            # Protocol 0: it only sends.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.sendto(packet, (self._interface, arp.ETHERTYPE_ARP, 0, 0, arp.BROADCAST))

    def close(self) -> None:
        """Close the socket, if it is open."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
