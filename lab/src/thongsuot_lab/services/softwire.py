"""
One end of a softwire of DS-Lite (RFC 6333): IPv4 packets in IPv6 ones (RFC 2473, protocol 4), by a
raw socket and a TUN. The kernels of most labs have no ip6tnl.
"""

import asyncio
import os
import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from thongsuot_lab.services.tun import open_tun
from thongsuot_lab.spaces.enter import inside
from thongsuot_lab.topology.attachments import Softwire

PACKET_BYTES: Final = 2048


class SoftwireEnd:
    """The end at a customer's box (B4), or at the carrier's translator (AFTR)."""

    def __init__(self, network: str, softwire: Softwire) -> None:
        self._remote = str(ip_address(softwire.remote))
        self._tun = inside(network, lambda: open_tun(softwire.interface))
        self._wire = inside(network, lambda: _raw_socket(softwire.local))
        loop = asyncio.get_running_loop()
        loop.add_reader(self._tun, self._from_tun)
        loop.add_reader(self._wire, self._from_wire)

    def _from_tun(self) -> None:
        # Until nothing is left; without a route to the other end packets are lost.
        with suppress(OSError):
            while True:
                self._wire.sendto(os.read(self._tun, PACKET_BYTES), (self._remote, 0))

    def _from_wire(self) -> None:
        with suppress(OSError):
            while True:
                packet, (source, *_) = self._wire.recvfrom(PACKET_BYTES)
                if source == self._remote:
                    os.write(self._tun, packet)


def _raw_socket(local: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_IPIP)
    try:
        opened.setblocking(False)
        opened.bind((local, 0))
    except OSError:
        opened.close()
        raise
    return opened
