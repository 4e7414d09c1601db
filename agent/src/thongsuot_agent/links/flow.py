"""
Flow: probes with a hop limit that look identical to a load balancer, and their results.

Routers that balance load select by addresses, protocol and ports (or, for echoes, by type, checksum
and identifier). All of these are the same in every probe of a flow and in every run, so that they
take one path (Paris traceroute; Augustin et al., 2006). Probes are distinguished by the payload
(UDP), or by the sequence number with a complementary word beside it that keeps the checksum
constant (echo). Errors arrive on the socket's own error queue (IP_RECVERR), which needs no
privilege and, because the socket is bound to the interface, contains only errors received on that
interface.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.egress import Egress, address_family
from thongsuot_agent.links.icmp_sockets import missing_privilege_text, number_anew
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.roundtrip import READ_AT_ONCE, TransmitTimestamp
from thongsuot_agent.links.sockets import attach_filter, bind_to
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import control, extensions, icmp
from thongsuot_agent.proto.filter import echo_filter4, echo_filter6
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

UDP_PORT = 33434
"""A port without listeners; traceroute has used it since 1987, so firewalls know it."""

FIRST_FLOW, FLOWS = 20000, 12000
"""Source ports and identifiers of flows; below those that Linux assigns to others (from 32768)."""

_TRIES = 8
_BUFFER_BYTES = 4096
_MARK = Struct("!HH")
_UDP_HEADER_BYTES = 8
# ICMP of RFC 792 (11 time exceeded, 3/3 port, 3/4 fragmentation needed) and of RFC 4443 (3 time
# exceeded, 1/4 port, 2 packet too big).
_PORT_UNREACHABLE = {Family.IP4: (3, 3), Family.IP6: (1, 4)}
_EXCEEDED = {Family.IP4: 11, Family.IP6: 3}
_TOO_BIG = {Family.IP4: (3, 4), Family.IP6: (2, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReply:
    """
    The packets received for one probe.

    ``number`` is the probe's, ``None`` if the router quoted too little to identify it.
    ``is_target``: the target itself answered. ``reason`` is set if a router refuses to forward the
    packet, and ``mtu_bytes`` if that is because of its size. ``size_bytes`` is at IP level.
    """

    number: int | None
    address: str
    is_target: bool
    stamp_ns: int | None
    size_bytes: int
    reason: Reason | None = None
    mtu_bytes: int | None = None
    labels: tuple[int, ...] = ()


class Flow:
    """
    One flow to one destination by one link.

    ``name`` identifies it from run to run: the source port, or the identifier.

    Raises:
        LinkUnusable: the interface or its address has disappeared; echoes are not allowed.
    """

    def __init__(self, egress: Egress, method: str, name: int) -> None:
        self.egress = egress
        self._six = egress.family is Family.IP6
        self._is_echo = method == "icmp"
        self._is_raw = False
        self._identifier = 0
        self._sent = 0
        self._socket = self._opened(name)
        self._header_bytes = icmp.IP6_HEADER_BYTES if self._six else icmp.IP4_HEADER_BYTES
        self.smallest_bytes = self._header_bytes + _UDP_HEADER_BYTES + _MARK.size

    def fileno(self) -> int:
        """Return the file descriptor to watch for reading."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, number: int, hops: int, size_bytes: int) -> int | None:
        """
        Send one probe of ``size_bytes`` (IP level) with a hop limit.

        Return the kernel's identifier of its timestamp, ``None`` if it is unknown.

        Raises:
            OSError: the kernel could not send it.
        """
        level, option = (
            (control.SOL_IPV6, control.IPV6_UNICAST_HOPS)
            if self._six
            else (control.SOL_IP, control.IP_TTL)
        )
        self._socket.setsockopt(level, option, hops)
        data = self._packet(number, size_bytes)
        for attempt in range(_TRIES):
            # An error that arrived meanwhile is also kept for the next call; the queue has it.
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            try:
                self._socket.send(data)
            except OSError as error:
                # Kernels differ in whether a failed packet uses up a number.
                number_anew(self._socket)
                self._sent = 0
                if attempt == _TRIES - 1 or error.errno == errno.EMSGSIZE:
                    raise
                continue
            sent, self._sent = self._sent, self._sent + 1
            return sent if attempt == 0 else None
        raise AssertionError("the last attempt returns or raises")

    def events(self) -> Iterator[ProbeReply | TransmitTimestamp]:
        """Yield the waiting events: timestamps and errors, then answers."""
        yield from self._errors()
        if self._is_echo:
            yield from self._replies()

    def _opened(self, name: int) -> socket.socket:
        try:
            opened = self._open_echo(name) if self._is_echo else self._open_udp(name)
        except PermissionError as error:
            raise LinkUnusable(Reason.PERMISSION_DENIED, missing_privilege_text()) from error
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        try:
            self._set_up(opened)
            opened.connect(self.egress.socket_address(0 if self._is_echo else UDP_PORT))
        except OSError as error:
            opened.close()
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        return opened

    def _open_udp(self, name: int) -> socket.socket:
        opened = socket.socket(address_family(self.egress.family), socket.SOCK_DGRAM)
        try:
            self._bind(opened, name)
        except BaseException:
            opened.close()
            raise
        return opened

    def _open_echo(self, name: int) -> socket.socket:
        """The kernel's ping socket if this group may open one, else a raw socket."""
        family = address_family(self.egress.family)
        protocol = socket.IPPROTO_ICMPV6 if self._six else socket.IPPROTO_ICMP
        try:
            opened = socket.socket(family, socket.SOCK_DGRAM, protocol)
        except PermissionError:
            opened = socket.socket(family, socket.SOCK_RAW, protocol)
            self._is_raw = True
        try:
            if self._is_raw:
                attach_filter(opened, (echo_filter6 if self._six else echo_filter4)(name))
                bind_to(opened, self.egress.interface, self.egress.selector)
                opened.bind(self.egress.source_address())
                self._identifier = name
            else:
                self._bind(opened, name)
                self._identifier = int(opened.getsockname()[1])
        except BaseException:
            opened.close()
            raise
        return opened

    def _bind(self, opened: socket.socket, name: int) -> None:
        """Bind to the flow's own name; if another process is using it, to the next one."""
        bind_to(opened, self.egress.interface, self.egress.selector)
        address, _, *rest = self.egress.source_address()
        for following in range(name, name + _TRIES):
            try:
                opened.bind((address, following, *rest))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return
        opened.bind(self.egress.source_address())

    def _set_up(self, opened: socket.socket) -> None:
        opened.setblocking(False)
        # PROBE sends with DF regardless of the path MTU that the kernel has learned: the search for
        # the largest packet must not be answered from a cache that another connection filled.
        if self._six:
            level, options = (
                control.SOL_IPV6,
                {
                    control.IPV6_RECVERR: 1,
                    control.IPV6_MTU_DISCOVER: control.PMTUDISC_PROBE,
                    control.IPV6_DONTFRAG: 1,
                    # Routers also balance by the flow label (RFC 6438): the kernel's own label
                    # would differ for each socket, and so for each run.
                    control.IPV6_AUTOFLOWLABEL: 0,
                },
            )
            extended = control.IPV6_RECVERR_RFC4884
        else:
            level, options = (
                control.SOL_IP,
                {control.IP_RECVERR: 1, control.IP_MTU_DISCOVER: control.PMTUDISC_PROBE},
            )
            extended = control.IP_RECVERR_RFC4884
        for option, value in options.items():
            opened.setsockopt(level, option, value)
        with suppress(OSError):  # Linux before 5.9 does not parse extensions
            opened.setsockopt(level, extended, 1)
        number_anew(opened)

    def _packet(self, number: int, size_bytes: int) -> bytes:
        """
        The number and its complement: their sum, and so every checksum over them, is constant.
        """
        room = max(0, size_bytes - self.smallest_bytes)
        mark = _MARK.pack(number, 0xFFFF - number)
        if not self._is_echo:
            return mark + bytes(room)
        numbers = icmp.IP6 if self._six else icmp.IP4
        payload = (0xFFFF - number).to_bytes(2, "big") + bytes(room + _MARK.size - 2)
        return icmp.build_request(numbers, self._identifier, number, payload)

    def _errors(self) -> Iterator[ProbeReply | TransmitTimestamp]:
        for _ in range(READ_AT_ONCE):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    _BUFFER_BYTES, control.SPACE_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                return
            ancillary_data = control.parse(ancillary)
            problem = ancillary_data.error
            if problem is None:
                continue
            if problem.origin == control.ORIGIN_STAMP and ancillary_data.stamp_ns is not None:
                yield TransmitTimestamp(number=problem.data, stamp_ns=ancillary_data.stamp_ns)
            elif problem.origin in {control.ORIGIN_ICMP4, control.ORIGIN_ICMP6}:
                yield self._heard(data, ancillary_data, problem)

    def _heard(
        self, data: bytes, ancillary_data: control.ReceivedControl, problem: control.ExtendedError
    ) -> ProbeReply:
        family = self.egress.family
        icmp_code = (problem.type, problem.code)
        is_target = problem.offender == self.egress.destination_packed
        reason: Reason | None = None
        if problem.type != _EXCEEDED[family] and not (
            is_target and icmp_code == _PORT_UNREACHABLE[family]
        ):
            reason = icmp.reason_for(icmp.IP6 if self._six else icmp.IP4, *icmp_code)
        headers_bytes = self._header_bytes + (0 if self._is_echo else _UDP_HEADER_BYTES)
        return ProbeReply(
            number=self._number(data),
            address=_text(problem.offender),
            is_target=is_target,
            stamp_ns=ancillary_data.stamp_ns,
            size_bytes=self._header_bytes + icmp.ECHO_HEADER_BYTES + headers_bytes + len(data),
            reason=reason,
            mtu_bytes=problem.info if icmp_code == _TOO_BIG[family] else None,
            labels=extensions.labels(data, problem.data & 0xFFFF, headers_bytes),
        )

    def _number(self, data: bytes) -> int | None:
        """The number in the quoted packet; foreign packets do not add up to the constant."""
        # An echo is quoted from its ICMP header on (the sequence is at byte 6), a datagram from the
        # end of its UDP header: the kernel has removed that header.
        begin = 6 if self._is_echo else 0
        rest = data[begin : begin + 2]
        # RFC 792 requires routers to quote 8 bytes after the IP header: nothing of a datagram's
        # payload.
        if len(rest) < 2:
            return None
        number = int.from_bytes(rest, "big")
        other_at = icmp.ECHO_HEADER_BYTES if self._is_echo else 2
        other = data[other_at : other_at + 2]
        is_ours = len(other) < 2 or int.from_bytes(other, "big") == 0xFFFF - number
        return number if is_ours else None

    def _replies(self) -> Iterator[ProbeReply]:
        for _ in range(READ_AT_ONCE):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_BUFFER_BYTES, control.SPACE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error reported by the queue is also reported once here
            try:
                ancillary_data = control.parse(ancillary)
                if self._is_raw and not self._six:
                    data, _ = icmp.ip4_payload(data)
                message = icmp.parse(icmp.IP6 if self._six else icmp.IP4, data)
            except MalformedMessage:
                continue  # anyone can send malformed packets; they count as no answer
            if not isinstance(message, icmp.EchoReply) or message.identifier != self._identifier:
                continue
            number = self._number(data)
            if number is not None:
                yield ProbeReply(
                    number=number,
                    address=self.egress.destination,
                    is_target=True,
                    stamp_ns=ancillary_data.stamp_ns,
                    size_bytes=self._header_bytes + len(data),
                )


def _text(packed: bytes | None) -> str:
    if packed is None:
        return ""
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
