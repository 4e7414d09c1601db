"""The ICMP socket of one link and family: raw with CAP_NET_RAW, else the kernel's ping socket."""

import os
import socket
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.links.egress import Egress, address_family
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.sockets import bind_to
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import control, icmp
from thongsuot_agent.proto.filter import echo_filter4, echo_filter6
from thongsuot_agent.proto.malformed import Malformed
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

_SO_ATTACH_FILTER = 26
_FILTER_PROGRAM = Struct("@HP")  # struct sock_fprog: number of instructions, their address
_INSTRUCTION_BYTES = 8
_BUFFER_BYTES = 2048
_RECEIVE_BUFFER_BYTES = 1 << 17  # a few hundred answers: more than are ever under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The kernel's stamp of a packet leaving: its number since the socket opened, Unix time."""

    number: int
    stamp_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """
    An answer or an error, and what the kernel told of its way in; ``size_bytes`` without IP header.
    """

    message: icmp.Reply | icmp.Refusal
    control: control.Control
    size_bytes: int


class EchoSocket:
    """
    Sends echo requests by one interface and tells what came back from anywhere.

    Each request names its interface and source in a control message (IP_PKTINFO), which fixes the
    way out exactly as binding to the device does. The raw socket itself is not bound: it must also
    see an answer that comes in by another interface, so that this can be told from silence. The
    ping socket is bound, because older kernels ignore the control message on it.

    Raises:
        LinkUnusable: neither sort of socket is allowed; the text says exactly what to grant.
    """

    def __init__(self, family: Family, interface: str) -> None:
        self.family = family
        self._six = family is Family.IP6
        self.numbers = icmp.IP6 if self._six else icmp.IP4
        self._protocol = socket.IPPROTO_ICMPV6 if self._six else socket.IPPROTO_ICMP
        self.identifier = int.from_bytes(os.urandom(2), "big")
        self.raw = True
        self._socket = self._open(interface)
        self._number = 0

    def fileno(self) -> int:
        """Return the file descriptor, for the event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, egress: Egress, sequence: int, payload: bytes) -> int:
        """
        Send one request and return its number, by which its stamp will be known.

        Raises:
            OSError: the kernel could not send; nothing left.
        """
        packet = icmp.build_request(self.numbers, self.identifier, sequence, payload)
        leave_by = control.leave_by6 if self._six else control.leave_by4
        way = leave_by(egress.index, egress.source_packed)
        try:
            self._socket.sendmsg([packet], [way], 0, egress.socket_address(0))
        except OSError:
            # Kernels differ in whether a packet that failed took a number: start counting anew.
            self._stamp()
            raise
        number, self._number = self._number, self._number + 1
        return number

    def stamps_and_errors(self) -> Iterator[Sent | Arrival]:
        """Yield what waits on the error queue: stamps of packets sent, and errors (ping socket)."""
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    _BUFFER_BYTES, control.SPACE_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                return
            told = control.parse(ancillary)
            if told.error is None:
                continue
            if told.error.origin == control.ORIGIN_STAMP and told.stamp_ns is not None:
                yield Sent(number=told.error.data, stamp_ns=told.stamp_ns)
            elif told.error.origin in {control.ORIGIN_ICMP4, control.ORIGIN_ICMP6}:
                quoted = self._quoted(data, told)
                if quoted is not None:
                    yield quoted

    def arrivals(self) -> Iterator[Arrival]:
        """
        Yield the answers that wait, and (raw socket) the errors; what is not for us is left out.
        """
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_BUFFER_BYTES, control.SPACE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP error is also reported once here (SO_ERROR); the error queue has the whole
                # of it.
                continue
            try:
                told = control.parse(ancillary)
                if self.raw and not self._six:
                    data, _ = icmp.ip4_payload(data)
                message = icmp.parse(self.numbers, data)
            except Malformed:
                continue  # anybody can send nonsense; it answers nothing
            if message is not None and message.identifier == self.identifier:
                yield Arrival(message=message, control=told, size_bytes=len(data))

    def _quoted(self, data: bytes, told: control.Control) -> Arrival | None:
        """The request that an error on a ping socket is about: its ICMP header and payload."""
        problem = told.error
        if problem is None or len(data) < icmp.ECHO_HEADER_BYTES:
            return None
        refusal = icmp.Refusal(
            identifier=int.from_bytes(data[4:6], "big"),
            sequence=int.from_bytes(data[6:8], "big"),
            destination=b"",
            type=problem.type,
            code=problem.code,
            payload=data[icmp.ECHO_HEADER_BYTES :],
        )
        return Arrival(message=refusal, control=told, size_bytes=len(data))

    def _open(self, interface: str) -> socket.socket:
        wanted = address_family(self.family)
        try:
            opened = socket.socket(wanted, socket.SOCK_RAW, self._protocol)
        except PermissionError:
            self.raw = False
            try:
                opened = socket.socket(wanted, socket.SOCK_DGRAM, self._protocol)
            except PermissionError as error:
                raise LinkUnusable(Reason.PERMISSION_DENIED, _what_to_grant()) from error
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        try:
            self._set_up(opened, interface)
        except OSError as error:
            opened.close()
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        return opened

    def _set_up(self, opened: socket.socket, interface: str) -> None:
        self._socket = opened
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        if self.raw:
            self._attach(
                echo_filter6(self.identifier) if self._six else echo_filter4(self.identifier)
            )
        else:
            bind_to(opened, interface)
            opened.bind(("::" if self._six else "0.0.0.0", 0))  # noqa: S104 - the kernel picks the identifier
            self.identifier = int(opened.getsockname()[1])
        if self._six:
            asked = [control.IPV6_RECVPKTINFO, control.IPV6_RECVHOPLIMIT, control.IPV6_RECVERR]
            level = control.SOL_IPV6
        else:
            asked = [control.IP_PKTINFO, control.IP_RECVTTL, control.IP_RECVERR]
            level = control.SOL_IP
        for option in asked if not self.raw else asked[:2]:
            opened.setsockopt(level, option, 1)
        self._stamp()

    def _attach(self, program: bytes) -> None:
        code = array("B", program)
        address, length = code.buffer_info()
        packed = _FILTER_PROGRAM.pack(length // _INSTRUCTION_BYTES, address)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, packed)

    def _stamp(self) -> None:
        """Turn time stamps on, numbered from 0: OPT_ID starts over when it was off before."""
        self._socket.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)
        self._number = 0


def _what_to_grant() -> str:
    group = os.getegid()
    return (
        "ICMP sockets are not allowed: grant CAP_NET_RAW (in the unit: "
        "AmbientCapabilities=CAP_NET_RAW), or allow this group with "
        f"sysctl net.ipv4.ping_group_range='{group} {group}'"
    )
