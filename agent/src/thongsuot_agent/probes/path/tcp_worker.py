"""
The worker process of a TCP trace: one request on standard input, one report on standard output.

Only this module loads scapy (0.4 s and 50 MB). It builds the probes and matches answers to them;
packets are sent and received on sockets bound to the interface, because scapy's own route lookup
knows only the main table and would use another link.
"""

import math
import resource
import socket
import struct
import sys
import time
from typing import Any

import msgspec

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.packet_sockets import open_packet_listener, open_packet_sender
from thongsuot_agent.probes.path.tcp_protocol import TcpTraceReply, TcpTraceReport, TcpTraceRequest
from thongsuot_agent.proto import extensions, icmp
from thongsuot_agent.proto.filter import trace_filter4, trace_filter6
from thongsuot_schema.result import Family

_MEMORY_BYTES = 1 << 30
_CPU_S = 60
_GAP_S = 0.02
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_SYN_ACK, _SYN_ACK_OR_RST = 0x12, 0x16
_RST_BYTES = {4: 40, 6: 60}
_SEGMENT_BYTES = {4: 1460, 6: 1440}
_LARGEST_BYTES = 4096


class TcpTracer:
    """
    Traces one path. ``Any``: scapy has no types; its packets stay inside this class.

    Raises:
        PermissionError: packet sockets are not allowed.
        ImportError: scapy is not installed.
    """

    def __init__(self, request: TcpTraceRequest) -> None:
        from scapy.layers import inet, inet6  # noqa: PLC0415 - an import that takes 0.4 s

        self._inet: Any = inet
        self._inet6: Any = inet6
        self._request = request
        self._version = 6 if ":" in request.destination else 4
        self._base = int.from_bytes(struct.pack("!HH", request.flow, 0), "big")
        self._probes: dict[int, tuple[int, int, Any]] = {}
        self._seen: dict[int, TcpTraceReply] = {}
        self._last_sent_s = 0.0
        self.sent_bytes = 0
        self.received_bytes = 0
        family = Family.IP6 if self._version == 6 else Family.IP4
        program = trace_filter6 if self._version == 6 else trace_filter4
        self._out = open_packet_sender(request.interface, family, request.selector)
        self._in = open_packet_listener(request.interface, family, program(request.flow))

    def trace(self) -> TcpTraceReport:
        """Send all rounds and wait for the answers."""
        request = self._request
        end = request.max_hops
        for round_ in range(request.count):
            for hops in range(1, end + 1):
                self._send(hops)
                self._receive(_GAP_S)
                if round_ == 0 and self._end() is not None:
                    break
            if round_ == 0:
                self._receive(request.timeout_s, patient=True)
            end = self._end() or min(request.max_hops, self._last() + 3)
        self._receive(request.timeout_s, patient=True)
        sent: dict[int, int] = {}
        for hops, _, _ in self._probes.values():
            sent[hops] = sent.get(hops, 0) + 1
        return TcpTraceReport(
            replies=tuple(self._seen.values()),
            sent=sent,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
            segment_bytes=_SEGMENT_BYTES[self._version],
        )

    def _send(self, hops: int) -> None:
        request = self._request
        number = len(self._probes) + 1
        tcp = self._inet.TCP(
            sport=request.flow,
            dport=request.port,
            # Quoted by every router, and not used for load balancing.
            seq=self._base + number,
            flags="S",
            window=64240,
            options=[("MSS", _SEGMENT_BYTES[self._version])],
        )
        if self._version == 6:
            packet = self._inet6.IPv6(
                src=request.source, dst=request.destination, hlim=hops, tc=request.selector.tos
            )
            packet /= tcp
        else:
            packet = self._inet.IP(
                src=request.source,
                dst=request.destination,
                ttl=hops,
                tos=request.selector.tos,
                id=number,
                flags="DF",
            )
            packet /= tcp
        data = bytes(packet)
        self._probes[number] = (hops, time.time_ns(), packet)
        self._last_sent_s = time.monotonic()
        self._out.sendto(data, (request.destination, 0))
        self.sent_bytes += len(data)

    def _receive(self, wait_s: float, *, patient: bool = False) -> None:
        """
        Receive answers for this time; if ``patient``, only until all possible answers are there.
        """
        deadline_s = time.monotonic() + wait_s
        while True:
            now_s = time.monotonic()
            end_s = min(deadline_s, self._last_s()) if patient else deadline_s
            if now_s >= end_s:
                return
            self._in.settimeout(end_s - now_s)
            try:
                data, ancillary, _, where = self._in.recvmsg(_LARGEST_BYTES, 128)
            except TimeoutError:
                return
            if where[2] != socket.PACKET_OUTGOING:
                self._accept_packet(data, _stamp_ns(ancillary))

    def _accept_packet(self, data: bytes, at_ns: int) -> None:
        layer = self._inet6.IPv6 if self._version == 6 else self._inet.IP
        packet = layer(data)
        number = self._probe_number(packet)
        if number is None:
            return
        tcp = packet.getlayer(self._inet.TCP)
        self.received_bytes += len(data)
        is_quoted = packet.getlayer(self._inet.TCPerror) is not None
        if not is_quoted and tcp is not None and int(tcp.flags) & _SYN_ACK == _SYN_ACK:
            # No socket here listens for it, so the kernel resets the connection that the probe
            # opened.
            self.sent_bytes += _RST_BYTES[self._version]
        if number in self._seen:
            return
        hops, sent_ns, probe = self._probes[number]
        if not packet.answers(probe):
            return
        is_target = packet.src == self._request.destination
        reason = ""
        if tcp is None or not int(tcp.flags) & _SYN_ACK_OR_RST:
            reason = self._reason(data)
        self._seen[number] = TcpTraceReply(
            hops=hops,
            address=str(packet.src),
            rtt_s=max(0.0, (at_ns - sent_ns) / 1e9),
            is_target=is_target,
            reason=reason,
            segment_bytes=self._quoted_segment(packet),
            labels=self._labels(data),
        )

    def _probe_number(self, packet: Any) -> int | None:
        """The number of the probe that a packet belongs to, from the sequence number in it."""
        tcp = packet.getlayer(self._inet.TCP)
        quoted = packet.getlayer(self._inet.TCPerror)
        if quoted is not None:
            number = int(quoted.seq) - self._base
        elif tcp is not None and int(tcp.dport) == self._request.flow:
            number = int(tcp.ack) - 1 - self._base
        else:
            return None
        return number if number in self._probes else None

    def _quoted_segment(self, packet: Any) -> int | None:
        quoted = packet.getlayer(self._inet.TCPerror)
        if quoted is None:
            return None
        # If a router quotes 8 bytes, scapy fills the rest with defaults: only quoted fields count.
        options = getattr(quoted, "options", None) or []
        return next((int(value) for name, value in options if name == "MSS"), None)

    def _message(self, data: bytes) -> bytes:
        """The payload behind the IP header."""
        try:
            return (
                data[icmp.IP6_HEADER_BYTES :] if self._version == 6 else icmp.ip4_payload(data)[0]
            )
        except MalformedMessage:
            return b""

    def _reason(self, data: bytes) -> str:
        message = self._message(data)
        exceeded = 3 if self._version == 6 else 11
        if len(message) < icmp.ECHO_HEADER_BYTES or message[0] == exceeded:
            return ""
        numbers = icmp.IP6 if self._version == 6 else icmp.IP4
        return icmp.reason_for(numbers, message[0], message[1]).value

    def _labels(self, data: bytes) -> tuple[int, ...]:
        message = self._message(data)
        if len(message) < icmp.ECHO_HEADER_BYTES or message[0] not in {3, 11}:
            return ()
        begins = message[4] * 8 if self._version == 6 else message[5] * 4
        return extensions.labels(message[icmp.ECHO_HEADER_BYTES :], begins, 0)

    def _end(self) -> int | None:
        ends = [reply.hops for reply in self._seen.values() if reply.is_target or reply.reason]
        return min(ends, default=None)

    def _last(self) -> int:
        return max((reply.hops for reply in self._seen.values()), default=0)

    def _last_s(self) -> float:
        """
        Return the end of the wait, by the monotonic clock.

        If all hops are known, it ends soon: the target also answers probes with a larger hop limit,
        and their cost has to be counted.
        """
        if len(self._seen) == len(self._probes):
            return 0.0
        if not self._is_complete():
            return math.inf
        slowest_s = max(reply.rtt_s for reply in self._seen.values())
        return self._last_sent_s + 2 * slowest_s + _GAP_S

    def _is_complete(self) -> bool:
        end = self._end()
        return end is not None and all(
            number in self._seen for number, (hops, _, _) in self._probes.items() if hops <= end
        )


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


def run_trace(request: TcpTraceRequest) -> TcpTraceReport:
    """Carry out a request and return its report."""
    try:
        return TcpTracer(request).trace()
    except ImportError as error:
        return TcpTraceReport(problem=f"scapy: {error}")
    except PermissionError as error:
        return TcpTraceReport(problem=f"permission: {error}")
    except OSError as error:
        return TcpTraceReport(problem=str(error))


def main() -> int:
    """Carry out the request on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=TcpTraceRequest)
    sys.stdout.buffer.write(msgspec.json.encode(run_trace(request)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
