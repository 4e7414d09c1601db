"""
STAMP reflector: answers the test packets of agents and of other sites (RFC 8762, stateful).

Not an amplifier and no oracle: what it does not answer it drops without a word, counted by why. The
receive stamp is the kernel's; the one of sending is taken in the last moment before the system call
(2026-11: 10 to 30 µs before the packet leaves).
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from thongsuot_collector.ingest.pace import Pace
from thongsuot_collector.reflector.gate import Gate
from thongsuot_collector.reflector.sessions import Sessions
from thongsuot_collector.reflector.told import SPACE_BYTES, Told, told
from thongsuot_schema.stamp.extension import Known
from thongsuot_schema.stamp.moment import ErrorEstimate
from thongsuot_schema.stamp.packet import (
    SEALED_BYTES,
    SHORTEST_ANSWER_BYTES,
    Malformed,
    Request,
    Unsealed,
    unpack_request,
)
from thongsuot_schema.stamp.reflection import Manner, Seen, answer_to

_LARGEST_BYTES = 9216
_AT_ONCE = 256
"""Packets of one wake-up; then others on the loop have their turn."""

ANSWERED, REFUSED, TOO_OFTEN = "answered", "refused", "too_often"
MALFORMED, TOO_SHORT, UNSENT = "malformed", "too_short", "unsent"
ENDS = (ANSWERED, REFUSED, TOO_OFTEN, MALFORMED, TOO_SHORT, UNSENT)
"""What becomes of a packet; ``too_short`` is one whose answer would be longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Who is answered how. ``error`` is asked for each answer: the clock's error grows and shrinks.
    """

    key: bytes
    allowed: Gate
    twamp_light: Gate
    pace: Pace
    error: Callable[[], ErrorEstimate]
    known: Known


class StampReflector:
    """Answers on one socket while it is started; ``count`` hears of each packet's end."""

    def __init__(
        self,
        opened: socket.socket,
        rules: Rules,
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
        for data, heard, sender in self._arrivals():
            self._count(self._serve(data, heard, sender))

    def _arrivals(self) -> Iterator[tuple[bytes, Told, tuple[str, int]]]:
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _, sender = self._socket.recvmsg(_LARGEST_BYTES, SPACE_BYTES)
            except OSError:
                # Nothing more, or an ICMP error about an answer; the next call tells.
                return
            yield data, told(ancillary), sender

    def _serve(self, data: bytes, heard: Told, sender: tuple[str, int]) -> str:
        rules = self._rules
        address, port = sender[:2]
        try:
            request, key = self._read(data, address)
        except Malformed:
            return MALFORMED
        if request is None:
            return REFUSED
        now_ns = time.time_ns()
        if rules.pace.wait_s(address, now_s=time.monotonic()):
            return TOO_OFTEN
        may_grow = rules.twamp_light.admits(address)
        if not may_grow and len(data) < SHORTEST_ANSWER_BYTES:
            return TOO_SHORT
        number = self._sessions.take((address, port, request.session), request.number, now_ns)
        seen = Seen(received_ns=heard.stamp_ns or now_ns, hop_limit=heard.hop_limit)
        manner = Manner(error=rules.error(), known=rules.known, key=key, may_grow=may_grow)
        answer = answer_to(data, request, seen, manner, number=number, sent_ns=time.time_ns())
        try:
            self._socket.sendmsg([answer], heard.way_back, 0, sender)
        except OSError:
            return UNSENT
        return ANSWERED

    def _read(self, data: bytes, address: str) -> tuple[Request | None, bytes]:
        """Return the request and the key of its mode; no request where it may not be answered."""
        key = self._rules.key
        if key and len(data) >= SEALED_BYTES:
            try:
                return unpack_request(data, key), key
            except Unsealed:
                pass  # perhaps one of the open mode with extensions
        if not (self._rules.allowed.admits(address) or self._rules.twamp_light.admits(address)):
            return None, b""
        return unpack_request(data), b""
