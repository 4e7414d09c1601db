"""
STAMP reflector: answers the test packets of agents and of other sites (RFC 8762, stateful).

Neither an amplifier nor an oracle: packets that it does not answer are dropped silently and counted
by reason. The receive stamp is the kernel's; the transmit stamp is taken immediately before the
system call (2026-11: 10 to 30 µs before the packet leaves).
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.reflector.access import AddressFilter
from thongsuot_collector.reflector.ancillary import SPACE_BYTES, AncillaryData, read_ancillary
from thongsuot_collector.reflector.sessions import Sessions
from thongsuot_schema.stamp.location import SeenSource
from thongsuot_schema.stamp.packet import (
    AUTHENTICATED_BYTES,
    SHORTEST_REPLY_BYTES,
    AuthenticationFailed,
    MalformedTestPacket,
    SenderPacket,
    unpack_sender_packet,
)
from thongsuot_schema.stamp.reflection import PacketReception, ReflectorBehaviour, reflect_packet
from thongsuot_schema.stamp.timestamp import ErrorEstimate
from thongsuot_schema.stamp.tlv import TimestampInformation

_LARGEST_BYTES = 9216
_AT_ONCE = 256
"""Packets handled per wake-up, before other tasks of the loop run."""

ANSWERED, REFUSED, TOO_OFTEN = "answered", "refused", "too_often"
MALFORMED, TOO_SHORT, UNSENT = "malformed", "too_short", "unsent"
ENDS = (ANSWERED, REFUSED, TOO_OFTEN, MALFORMED, TOO_SHORT, UNSENT)
"""Outcomes of a packet; ``too_short``: the answer would be longer than the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorRules:
    """
    The authorisation of requests. ``error`` is called for each answer: the clock's error varies.
    """

    key: bytes
    allowed: AddressFilter
    twamp_light: AddressFilter
    pace: RateLimiter
    error: Callable[[], ErrorEstimate]
    known: TimestampInformation


class StampReflector:
    """Answers on one socket while it is started; ``count`` is called with each packet's outcome."""

    def __init__(
        self,
        opened: socket.socket,
        rules: ReflectorRules,
        sessions: Sessions,
        count: Callable[[str], None],
    ) -> None:
        self._socket = opened
        self._rules = rules
        self._sessions = sessions
        self._count = count

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Answer until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._drain)
        try:
            await loop.create_future()
        finally:
            loop.remove_reader(self._socket.fileno())

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _drain(self) -> None:
        for data, ancillary, sender in self._arrivals():
            self._count(self._serve(data, ancillary, sender))

    def _arrivals(self) -> Iterator[tuple[bytes, AncillaryData, tuple[str, int]]]:
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _, sender = self._socket.recvmsg(_LARGEST_BYTES, SPACE_BYTES)
            except OSError:
                # No more packets, or an ICMP error about an answer; the next call shows which.
                return
            yield data, read_ancillary(ancillary), sender

    def _serve(self, data: bytes, ancillary: AncillaryData, sender: tuple[str, int]) -> str:
        rules = self._rules
        address, port = sender[:2]
        try:
            request, key = self._read(data, address)
        except MalformedTestPacket:
            return MALFORMED
        if request is None:
            return REFUSED
        now_ns = time.time_ns()
        if rules.pace.acquire(address, now_s=time.monotonic()):
            return TOO_OFTEN
        may_grow = rules.twamp_light.admits(address)
        if not may_grow and len(data) < SHORTEST_REPLY_BYTES:
            return TOO_SHORT
        number = self._sessions.count_request(
            (address, port, request.session), request.sequence_number, now_ns
        )
        seen = PacketReception(
            received_ns=ancillary.stamp_ns or now_ns,
            hop_limit=ancillary.hop_limit,
            source=SeenSource(address=address, port=port, destination_port=self.port),
        )
        manner = ReflectorBehaviour(
            error=rules.error(), timestamp_information=rules.known, key=key, may_amplify=may_grow
        )
        answer = reflect_packet(data, request, seen, manner, number=number, sent_ns=time.time_ns())
        try:
            self._socket.sendmsg([answer], ancillary.way_back, 0, sender)
        except OSError:
            return UNSENT
        return ANSWERED

    def _read(self, data: bytes, address: str) -> tuple[SenderPacket | None, bytes]:
        """Return the request and the key of its mode; no request if it must not be answered."""
        key = self._rules.key
        if key and len(data) >= AUTHENTICATED_BYTES:
            try:
                return unpack_sender_packet(data, key), key
            except AuthenticationFailed:
                pass  # may be an unauthenticated one with extensions
        if not (self._rules.allowed.admits(address) or self._rules.twamp_light.admits(address)):
            return None, b""
        return unpack_sender_packet(data), b""
