"""
PPPoE in user space, both ends: real frames of discovery and session (RFC 2516), LCP with echoes and
IPCP with addresses (RFC 1661, RFC 1332), and a TUN that calls itself a PPP device.

The kernels of most labs have no PPP. Programs that look at interfaces see the same TUN that pppd
makes: link type PPP, point to point, no ARP, no gateway, removed with the session and created again
with the next one. Neither end requires a password, refuses an option or supports IPv6CP.
"""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Final

from thongsuot_lab.errors import BuildError
from thongsuot_lab.services.tun import open_tun
from thongsuot_lab.spaces.enter import feed, inside
from thongsuot_lab.topology.attachments import PppoeEnd
from thongsuot_lab.wires.packet import packet_socket

ARPHRD_PPP: Final = 512
FRAME_BYTES: Final = 2048
ECHO_EVERY_S: Final = 1.0
"""pppd's lcp-echo-interval; 5 to 30 in practice."""
ECHO_FAILURES: Final = 3
"""pppd's lcp-echo-failure."""
SESSION: Final = 7
MRU_BYTES: Final = 1492

_DISCOVERY, _SESSION = 0x8863, 0x8864
_PADI, _PADO, _PADR, _PADS, _PADT = 0x09, 0x07, 0x19, 0x65, 0xA7
_IP, _IPCP, _LCP = 0x0021, 0x8021, 0xC021
_REQUEST, _ACK, _NAK, _ECHO_REQUEST, _ECHO_REPLY = 1, 2, 3, 9, 10
_BROADCAST: Final = b"\xff" * 6
_ANY_SERVICE: Final = b"\x01\x01\0\0"
_HEAD = struct.Struct("!HBBHH")  # ether type, version and type, code, session, length


class PppoeSession:
    """One end on one port: the carrier's, which waits, or the customer's, which dials."""

    def __init__(self, network: str, end: PppoeEnd) -> None:
        self._network = network
        self._end = end
        self._wire = inside(network, lambda: packet_socket(end.port))
        self._mac: bytes = self._wire.getsockname()[4]
        self._tun: int | None = None
        self._forget()

    async def run(self) -> None:
        """Dial or wait until the lab ends."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._wire, self._from_wire)
        try:
            while True:
                # Frames cannot leave while the cable is unplugged.
                with suppress(OSError):
                    self._tick()
                await asyncio.sleep(ECHO_EVERY_S)
        finally:
            loop.remove_reader(self._wire)
            self._wire.close()
            self._hang_up()

    def _forget(self) -> None:
        self._peer, self._session = _BROADCAST, 0
        self._mine = self._end.local if self._end.is_server else "0.0.0.0"
        self._theirs = self._end.peer
        self._opened: set[int] = set()
        self._is_addressed = False
        self._unanswered = 0

    def _tick(self) -> None:
        if self._tun is not None:
            self._unanswered += 1
            if self._unanswered > ECHO_FAILURES:
                self._discover(_PADT)
                self._hang_up()
                return
            self._control(_LCP, _ECHO_REQUEST, 2, self._mac[2:])
        elif self._session:
            self._unanswered += 1
            if self._unanswered > ECHO_FAILURES:
                self._hang_up()
                return
            self._configure()
        elif not self._end.is_server:
            self._discover(_PADI)

    def _hang_up(self) -> None:
        if self._tun is not None:
            asyncio.get_running_loop().remove_reader(self._tun)
            os.close(self._tun)
            self._tun = None
        self._forget()

    def _come_up(self) -> None:
        name = self._end.interface
        self._tun = inside(self._network, lambda: open_tun(name, link_type=ARPHRD_PPP))
        lines = [f"addr add {self._mine} peer {self._theirs} dev {name}"]
        lines += [f"link set {name} mtu {MRU_BYTES} up"]
        if not self._end.is_server:
            lines += [f"route add default dev {name} metric {self._end.metric}"]
        try:
            feed(self._network, ["ip", "-batch", "-"], lines)
        except BuildError:
            self._hang_up()
            raise
        self._unanswered = 0
        asyncio.get_running_loop().add_reader(self._tun, self._from_tun, self._tun)

    def _from_tun(self, tun: int) -> None:
        with suppress(OSError):
            while True:
                self._send(_IP, os.read(tun, FRAME_BYTES))

    def _from_wire(self) -> None:
        with suppress(OSError):
            while True:
                frame = self._wire.recv(FRAME_BYTES)
                kind, _, code, session, length = _HEAD.unpack_from(frame, 12)
                body = frame[20 : 20 + length]
                if kind == _DISCOVERY:
                    self._on_discovery(code, session, frame[6:12])
                elif kind == _SESSION and session == self._session and session:
                    self._on_session(body)

    def _on_discovery(self, code: int, session: int, source: bytes) -> None:
        is_server = self._end.is_server
        if code == _PADI and is_server:
            self._answer(_PADO, source, 0)
        elif code == _PADR and is_server:
            self._hang_up()
            self._peer, self._session = source, SESSION
            self._answer(_PADS, source, SESSION)
        elif code == _PADO and not is_server and not self._session:
            self._answer(_PADR, source, 0)
        elif code == _PADS and not is_server and not self._session:
            self._peer, self._session = source, session
            self._configure()
        elif code == _PADT and session == self._session:
            self._hang_up()

    def _on_session(self, body: bytes) -> None:
        (protocol,) = struct.unpack_from("!H", body)
        packet = body[2:]
        if protocol == _IP and self._tun is not None:
            os.write(self._tun, packet)
        elif protocol in {_LCP, _IPCP}:
            code, number, length = struct.unpack_from("!BBH", packet)
            self._negotiate(protocol, code, number, packet[4:length])

    def _negotiate(self, protocol: int, code: int, number: int, data: bytes) -> None:
        if code == _REQUEST:
            self._on_request(protocol, number, data)
        elif code == _NAK and protocol == _IPCP:
            self._mine = socket.inet_ntoa(data[2:6])
            self._configure()
        elif code == _ACK and not (protocol == _IPCP and self._mine == "0.0.0.0"):
            self._opened.add(protocol)
            self._configure()
        elif code == _ECHO_REQUEST:
            self._control(_LCP, _ECHO_REPLY, number, self._mac[2:] + data[4:])
        elif code == _ECHO_REPLY:
            self._unanswered = 0
        if self._tun is None and self._is_addressed and {_LCP, _IPCP} <= self._opened:
            self._come_up()

    def _on_request(self, protocol: int, number: int, data: bytes) -> None:
        if protocol == _IPCP and self._end.is_server and data[2:6] == bytes(4):
            # The customer requests an address: this one.
            self._control(_IPCP, _NAK, number, b"\x03\x06" + socket.inet_aton(self._theirs))
            return
        self._control(protocol, _ACK, number, data)
        if protocol == _IPCP:
            self._is_addressed = True
            if not self._end.is_server:
                self._theirs = socket.inet_ntoa(data[2:6])

    def _configure(self) -> None:
        if _LCP not in self._opened:
            options = struct.pack("!BBH", 1, 4, MRU_BYTES) + b"\x05\x06" + self._mac[2:]
            self._control(_LCP, _REQUEST, 1, options)
        elif _IPCP not in self._opened:
            self._control(_IPCP, _REQUEST, 1, b"\x03\x06" + socket.inet_aton(self._mine))

    def _discover(self, code: int) -> None:
        self._answer(code, self._peer, self._session)

    def _answer(self, code: int, to: bytes, session: int) -> None:
        tags = _ANY_SERVICE
        if self._end.is_server:
            name = self._end.name.encode()
            tags += struct.pack("!HH", 0x0102, len(name)) + name  # AC-Name
        head = _HEAD.pack(_DISCOVERY, 0x11, code, session, len(tags))
        self._wire.send(to + self._mac + head + tags)

    def _send(self, protocol: int, payload: bytes) -> None:
        head = _HEAD.pack(_SESSION, 0x11, 0, self._session, len(payload) + 2)
        self._wire.send(self._peer + self._mac + head + struct.pack("!H", protocol) + payload)

    def _control(self, protocol: int, code: int, number: int, data: bytes) -> None:
        self._send(protocol, struct.pack("!BBH", code, number, 4 + len(data)) + data)
