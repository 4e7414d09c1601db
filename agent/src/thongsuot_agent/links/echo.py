"""Echo: one request and its answer, timed by the kernel's timestamps and matched to each other."""

import asyncio
import os
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from thongsuot_agent.links.answer_reader import AnswerReader
from thongsuot_agent.links.echo_socket import EchoArrival, EchoSocket
from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.icmp_sockets import FRESH_FLOWS
from thongsuot_agent.links.lateness import LATE_S, LATENESS
from thongsuot_agent.links.old_flows import OldFlows
from thongsuot_agent.links.pending_echo import EchoResult, PendingEcho
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.roundtrip import NS_PER_S, Stopwatch
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import QualityFlag

PAYLOAD_BYTES = 16
"""All random: 128 bits distinguish our own answer from any other, at little cost."""

LATE_WAIT_S = 5.0
"""The queue of a cheap router holds up to some seconds of traffic; later answers count as stray."""
LATE_NEWS_S = 10.0
"""A late answer is reported with the next echo to its destination if that ends within this time."""

WORN_ECHOES = 8
"""Unanswered echoes in a row after which a ping socket, with its single flow, is replaced."""

_REMEMBERED = 64
"""Finished echoes kept to distinguish a late or duplicate answer from a foreign one."""


@dataclass(slots=True, kw_only=True)
class UnexpectedReplies:
    """Packets that were received and not accepted since the channel was opened."""

    duplicates: int = 0
    late: int = 0
    unproven: int = 0
    unsolicited: int = 0


class EchoChannel:
    """
    All echoes of one link and family over one long-lived socket; ``index`` is the interface's.

    Belongs to the event loop in which it was created. Any number of echoes may be in flight.
    """

    def __init__(self, opened: EchoSocket, index: int) -> None:
        self._socket = opened
        self._index = index
        self._loop = asyncio.get_running_loop()
        self._awaits_stamps = False
        self._reader = AnswerReader(self._socket.listener, self._drain, self._await_rest)
        self.is_raw = self._socket.is_raw
        """Whether this is a raw socket (CAP_NET_RAW) or the kernel's ping socket."""
        self._header_bytes = (
            icmp.IP6_HEADER_BYTES if opened.numbers is icmp.IP6 else icmp.IP4_HEADER_BYTES
        )
        self._pending: dict[int, PendingEcho] = {}
        self._by_number: dict[int, PendingEcho] = {}
        self._settled: OrderedDict[int, bytes] = OrderedDict()
        self._given_up: OrderedDict[int, PendingEcho] = OrderedDict()
        self._late: dict[bytes, tuple[float, float]] = {}
        self._flows: dict[bytes, int] = {}
        self._old_flows = OldFlows(FRESH_FLOWS)
        self._unanswered = 0
        self._sequence = int.from_bytes(os.urandom(2), "big")
        self._stamps_seen = False
        self.unexpected_replies = UnexpectedReplies()

    @property
    def is_worn(self) -> bool:
        """
        Whether the single flow of a ping socket is not answered: a new socket has a fresh flow.
        """
        return not self.is_raw and not self._pending and self._unanswered >= WORN_ECHOES

    def serves(self, index: int) -> bool:
        """Return whether the channel is bound to this interface and belongs to this event loop."""
        return self._index == index and self._loop is asyncio.get_running_loop()

    def close(self) -> None:
        """Close the socket; echoes in flight end as unmeasured."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket.sender)
            self._reader.close()
        self._socket.close()
        for pending in list(self._pending.values()):
            self._resolve(
                pending, EchoResult(reason=Reason.INTERFACE_DOWN, detail="the link was closed")
            )

    async def echo(
        self, egress: Egress, *, timeout_s: float, payload_bytes: int = PAYLOAD_BYTES
    ) -> EchoResult:
        """
        Send one request and wait for its answer, at most ``timeout_s``.

        An answer counts if its identifier, sequence and whole payload are ours, it arrived on the
        link's own interface and was addressed to the link's own address. The round trip is measured
        between the kernel's timestamps, so a process that did not get the CPU neither loses an
        answer nor lengthens the time.

        Raises:
            LinkUnusable: the kernel could not send by this link.
        """
        flow = self._flows.get(egress.destination_packed, 0)
        pending = self._send(egress, timeout_s, payload_bytes, flow)
        self._ask_old_flow(egress, timeout_s, flow)
        try:
            return await pending.future
        finally:
            if pending.timer is not None:
                pending.timer.cancel()
            self._forget(pending)

    def _ask_old_flow(self, egress: Egress, timeout_s: float, flow: int) -> None:
        """Send an echo of the previous flow as well, if only that flow may be dead."""
        old = self._old_flows.flow_to_ask(egress.destination_packed, flow)
        if old is None or not self.is_raw:
            return
        self._send(egress, timeout_s, PAYLOAD_BYTES, old, is_old=True)

    def _await_rest(self) -> bool:
        """Limit the wait for what was not there when it was read; returns whether any is."""
        for pending in self._pending.values():
            if pending.timer is None:
                self._limit_wait(pending)
        return bool(self._pending)

    def _limit_wait(self, pending: PendingEcho) -> None:
        expire = self._expire_old_flow if pending.is_old_flow else self._expire
        pending.timer = self._loop.call_at(pending.deadline_s, expire, pending)

    def _expire_old_flow(self, pending: PendingEcho) -> None:
        self._drain()
        is_open = self._pending.get(pending.sequence) is pending
        if is_open and self._loop.time() - pending.deadline_s <= LATE_S:
            self._old_flows.note_old_loss(pending.egress.destination_packed)
        self._forget(pending)

    def _send(
        self, egress: Egress, timeout_s: float, size_bytes: int, flow: int, *, is_old: bool = False
    ) -> PendingEcho:
        if len(self._pending) >= 1 << 15:
            raise LinkUnusable(Reason.RESOURCE_EXHAUSTED, "32768 echoes are under way")
        sequence = self._next_sequence()
        payload = os.urandom(size_bytes)
        self._socket.warm()
        stopwatch = Stopwatch()
        try:
            number = self._socket.send(egress, sequence, payload, flow)
        except OSError as error:
            self._by_number.clear()
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        pending = PendingEcho(
            sequence=sequence,
            payload=payload,
            egress=egress,
            timeout_ns=round(timeout_s * NS_PER_S),
            stopwatch=stopwatch,
            number=number,
            future=self._loop.create_future(),
            deadline_s=self._loop.time() + timeout_s,
            flow=flow,
            is_old_flow=is_old,
        )
        self._pending[sequence] = pending
        self._by_number[number] = pending
        # On most devices the timestamp is already waiting. Nobody is to be told of it: the kernel
        # would do so between the timestamp and the wire, which is an error of the round trip.
        self._take_stamps()
        self._await_stamps()
        destination, is_alone = egress.destination_packed, len(self._pending) == 1
        # An answer that is read with others needs no time limit, unless it is missing then.
        if not self._reader.expect_answer(destination, pending.deadline_s, is_alone=is_alone):
            self._limit_wait(pending)
        return pending

    def _await_stamps(self) -> None:
        """
        Read timestamps as they come while one is missing; a ping socket has them with its answers.
        """
        if not self.is_raw or bool(self._by_number) is self._awaits_stamps:
            return
        self._awaits_stamps = not self._awaits_stamps
        if self._awaits_stamps:
            self._loop.add_reader(self._socket.sender, self._take_stamps)
        else:
            self._loop.remove_reader(self._socket.sender)

    def _next_sequence(self) -> int:
        while True:
            self._sequence = (self._sequence + 1) & 0xFFFF
            if self._sequence not in self._pending:
                return self._sequence

    def _drain(self) -> None:
        # Timestamps first: the timestamp of a packet is queued before its answer can arrive.
        if self._by_number or not self.is_raw:
            self._take_stamps()
        for arrival in self._socket.arrivals():
            self._accept_arrival(arrival)
            if not self._pending:
                return  # what may be left is nobody's, and read with the next answers

    def _take_stamps(self) -> None:
        for event in self._socket.stamps_and_errors():
            if isinstance(event, EchoArrival):
                self._accept_arrival(event)
                continue
            self._stamps_seen = True
            pending = self._by_number.get(event.number)
            if pending is not None and pending.stopwatch.note_departure(event.stamp_ns):
                del self._by_number[event.number]
            if self.is_raw and not self._by_number:
                return

    def _accept_arrival(self, arrival: EchoArrival) -> None:
        message = arrival.message
        pending = self._pending.get(message.sequence)
        if pending is None:
            self._accept_after_time(message, arrival)
        elif isinstance(message, icmp.IcmpError):
            self._accept_icmp_error(pending, message, arrival)
        elif message.payload != pending.payload:
            self.unexpected_replies.unsolicited += 1
        else:
            self._accept_reply(pending, arrival)

    def _accept_reply(self, pending: PendingEcho, arrival: EchoArrival) -> None:
        ancillary_data = arrival.control
        egress = pending.egress
        if ancillary_data.interface != egress.index or ancillary_data.local != egress.source_packed:
            # The proper answer may still follow; the end of the wait decides.
            self.unexpected_replies.unproven += 1
            pending.unproven = "the answer came in by another interface or to another address"
            return
        rtt_ns, doubts = pending.stopwatch.stop(ancillary_data.stamp_ns)
        destination = egress.destination_packed
        if pending.is_old_flow:
            self._old_flows.note_old_answer(destination)
            self._forget(pending)
            return
        if rtt_ns > pending.timeout_ns:
            self._note_late(pending, rtt_ns)
            return
        self._unanswered = 0
        self._old_flows.note_answer(destination, pending.flow)
        is_stamped = self.is_raw and not doubts
        self._reader.note_answer(destination, rtt_ns / NS_PER_S, is_stamped=is_stamped)
        self._resolve(
            pending,
            EchoResult(
                rtt_s=rtt_ns / NS_PER_S,
                hop_limit=ancillary_data.hop_limit,
                doubts=pending.doubts | doubts,
                sent_bytes=self._size_bytes(len(pending.payload)),
                received_bytes=self._header_bytes + arrival.size_bytes,
            ),
        )

    def _accept_icmp_error(
        self, pending: PendingEcho, refusal: icmp.IcmpError, arrival: EchoArrival
    ) -> None:
        """Errors are accepted if they quote what we sent; a router need not quote the payload."""
        quoted = refusal.payload[: len(pending.payload)]
        right_target = refusal.destination in {b"", pending.egress.destination_packed}
        if not right_target or not pending.payload.startswith(quoted):
            self.unexpected_replies.unsolicited += 1
            return
        reason = icmp.reason_for(self._socket.numbers, refusal.type, refusal.code)
        self._resolve(
            pending,
            EchoResult(
                reason=reason,
                detail=f"ICMP type {refusal.type} code {refusal.code}",
                doubts=pending.doubts,
                sent_bytes=self._size_bytes(len(pending.payload)),
                received_bytes=self._header_bytes + arrival.size_bytes,
            ),
        )

    def _accept_after_time(
        self, message: icmp.EchoReply | icmp.IcmpError, arrival: EchoArrival
    ) -> None:
        """The target's answer to an expired echo proves the path: late, not lost."""
        pending = self._given_up.get(message.sequence)
        if pending is None or message.payload != pending.payload:
            self._count_unexpected(message)
            return
        if isinstance(message, icmp.IcmpError):
            # A router that failed to resolve its next hop reports it after three seconds: a late
            # ICMP error does not prove the path (it once made a cut line count as up).
            self.unexpected_replies.late += 1
            del self._given_up[message.sequence]
            return
        ancillary = arrival.control
        if (
            ancillary.interface == pending.egress.index
            and ancillary.local == pending.egress.source_packed
        ):
            self._note_late(pending, pending.stopwatch.stop(ancillary.stamp_ns)[0])
            del self._given_up[message.sequence]

    def _note_late(self, pending: PendingEcho, rtt_ns: int) -> None:
        self.unexpected_replies.late += 1
        self._late[pending.egress.destination_packed] = (rtt_ns / NS_PER_S, self._loop.time())

    def _late_rtt_s(self, destination: bytes) -> float | None:
        """Return, once, the round-trip time of the latest late answer from a destination."""
        if destination not in self._late:
            return None
        rtt_s, heard_s = self._late.pop(destination)
        return rtt_s if self._loop.time() - heard_s <= LATE_NEWS_S else None

    def _give_up(self, pending: PendingEcho) -> None:
        """Keep waiting for a late answer; the next echo to this destination uses a fresh flow."""
        now_s = self._loop.time()
        while self._given_up:
            first = next(iter(self._given_up.values()))
            is_old = now_s - first.deadline_s > LATE_WAIT_S
            if not is_old and len(self._given_up) < _REMEMBERED:
                break
            self._given_up.popitem(last=False)
        self._given_up[pending.sequence] = pending
        self._unanswered += 1
        destination = pending.egress.destination_packed
        self._reader.note_silence(destination)
        self._old_flows.note_loss(destination, pending.flow)
        # A NAT that has lost or corrupted the entry of one identifier drops its packets as long as
        # they refresh the entry (seen for 23 minutes after the line was repaired): a target that
        # does not answer is probed with a new identifier.
        self._flows[destination] = self._flows.get(destination, 0) + 1

    def _count_unexpected(self, message: icmp.EchoReply | icmp.IcmpError) -> None:
        payload = self._settled.get(message.sequence)
        if payload is None or payload != message.payload:
            self.unexpected_replies.unsolicited += 1
        else:
            self.unexpected_replies.duplicates += 1

    def _expire(self, pending: PendingEcho) -> None:
        late_s = self._loop.time() - pending.deadline_s
        LATENESS.note(late_s)
        if late_s > LATE_S:
            pending.doubts = frozenset({QualityFlag.TIMER_LATE})
        # If the process did not get the CPU in time, the answer may still be in the buffer.
        self._drain()
        if pending.future.done():
            return
        reason, detail = Reason.TIMED_OUT, ""
        self._give_up(pending)
        if pending.unproven:
            reason, detail = Reason.EGRESS_UNPROVEN, pending.unproven
        elif self._stamps_seen and pending.stopwatch.left_ns is None:
            detail = (
                "the request waits in this device: the next hop's hardware address is not known"
            )
        self._resolve(
            pending,
            EchoResult(
                reason=reason,
                detail=detail,
                doubts=pending.doubts,
                sent_bytes=self._size_bytes(len(pending.payload)),
            ),
        )

    def _size_bytes(self, payload_bytes: int) -> int:
        return self._header_bytes + icmp.ECHO_HEADER_BYTES + payload_bytes

    def _resolve(self, pending: PendingEcho, echo: EchoResult) -> None:
        if not (pending.is_old_flow or pending.future.done()):
            destination = pending.egress.destination_packed
            late_rtt_s = self._late_rtt_s(destination)
            is_dead = self._old_flows.take_dead(destination)
            if late_rtt_s is not None or is_dead:
                echo = msgspec.structs.replace(
                    echo, late_rtt_s=late_rtt_s, is_old_flow_dead=is_dead
                )
            pending.future.set_result(echo)
        self._forget(pending)

    def _forget(self, pending: PendingEcho) -> None:
        if self._pending.get(pending.sequence) is pending:
            del self._pending[pending.sequence]
            self._settled[pending.sequence] = pending.payload
            while len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
        if self._by_number.get(pending.number) is pending:
            del self._by_number[pending.number]
