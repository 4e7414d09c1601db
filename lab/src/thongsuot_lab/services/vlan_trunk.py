"""
VLANs on a port of a node, in user space: real 802.1Q tags on the wire, one TAP per VLAN.

The kernels of most labs have no VLAN device. TAPs replace it: a frame sent by a TAP leaves the port
with the TAP's tag, a frame that arrives with a tag is delivered to its TAP, and if the port loses
carrier so do all TAPs, as in the kernel.
"""

import asyncio
import fcntl
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from thongsuot_lab.services.tun import open_tap
from thongsuot_lab.spaces.enter import inside
from thongsuot_lab.wires.packet import PACKET_AUXDATA, packet_socket, tag_of, with_tag

TUNSETCARRIER: Final = 0x400454E2
SIOCGIFFLAGS: Final = 0x8913
IFF_RUNNING: Final = 0x40
FRAME_BYTES: Final = 72 * 1024
CARRIER_EVERY_S: Final = 0.1
_VLAN_ID: Final = 0x0FFF


class VlanTrunk:
    """The VLANs of one port; ``vlans`` are the names of existing TAPs by number."""

    def __init__(self, network: str, port: str, vlans: Mapping[int, str]) -> None:
        self._port = port
        self._wire = inside(network, lambda: packet_socket(port, PACKET_AUXDATA))
        self._taps = {
            number: inside(network, lambda name=name: open_tap(name))  # type: ignore[misc]
            for number, name in vlans.items()
        }
        self._has_carrier: bool | None = None

    async def run(self) -> None:
        """Carry frames until the lab ends."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._wire, self._from_wire)
        for number, tap in self._taps.items():
            loop.add_reader(tap, self._from_tap, number, tap)
        try:
            while True:
                self._follow_carrier()
                await asyncio.sleep(CARRIER_EVERY_S)
        finally:
            loop.remove_reader(self._wire)
            self._wire.close()
            for tap in self._taps.values():
                loop.remove_reader(tap)
                os.close(tap)

    def _from_wire(self) -> None:
        # The cable is unplugged (ENETDOWN, once), or nothing is left to read; a TAP that is down
        # accepts nothing (EIO).
        with suppress(OSError):
            while True:
                frame, ancillary, _, _ = self._wire.recvmsg(FRAME_BYTES, 256)
                tag = tag_of(ancillary)
                tap = None if tag is None else self._taps.get(tag & _VLAN_ID)
                if tap is not None:
                    os.write(tap, frame)

    def _from_tap(self, number: int, tap: int) -> None:
        with suppress(OSError):
            while True:
                frame = os.read(tap, FRAME_BYTES)
                self._wire.send(with_tag(frame, number))

    def _follow_carrier(self) -> None:
        request = struct.pack("16sH14x", self._port.encode(), 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(self._wire, SIOCGIFFLAGS, request))[0]
        has_carrier = bool(flags & IFF_RUNNING)
        if has_carrier is not self._has_carrier:
            self._has_carrier = has_carrier
            for tap in self._taps.values():
                fcntl.ioctl(tap, TUNSETCARRIER, struct.pack("i", has_carrier))
