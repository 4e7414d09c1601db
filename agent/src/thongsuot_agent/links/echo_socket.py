"""EchoSocket: sends echo requests and returns timestamps, answers and errors."""

import socket
from collections.abc import Iterator

import msgspec

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.cache_warming import SendPathWarmer
from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.icmp_sockets import FLOW_MASK, FRESH_FLOWS, number_anew, open_icmp
from thongsuot_agent.links.roundtrip import READ_AT_ONCE, TransmitTimestamp
from thongsuot_agent.links.selector import RouteSelector
from thongsuot_agent.proto import control, icmp
from thongsuot_schema.result import Family

_BUFFER_BYTES = 2048
_ERRORS_IN_A_ROW = 64  # each is reported once; should one ever stay, the loop must continue


class EchoArrival(msgspec.Struct, frozen=True, kw_only=True):
    """
    An answer or an error, and the kernel's metadata of its arrival.

    ``size_bytes`` does not include the IP header.
    """

    message: icmp.EchoReply | icmp.IcmpError
    control: control.ReceivedControl
    size_bytes: int


class EchoSocket:
    """
    Sends echo requests over one link and returns the answers from any sender.

    Raises:
        LinkUnusable: see ``open_icmp``.
    """

    def __init__(self, family: Family, interface: str, selector: RouteSelector) -> None:
        self._is_six = family is Family.IP6
        self.numbers = icmp.IP6 if self._is_six else icmp.IP4
        self._sockets = open_icmp(family, interface, selector)
        self.is_raw = self._sockets.is_raw
        """Whether these are raw sockets (CAP_NET_RAW) or the kernel's ping socket."""
        self._number = 0
        self._warmer = SendPathWarmer()

    @property
    def sender(self) -> int:
        """The file descriptor that is readable when there are timestamps or errors."""
        return self._sockets.sender.fileno()

    @property
    def listener(self) -> int:
        """The file descriptor that is readable when there are answers."""
        return self._sockets.listener.fileno()

    def close(self) -> None:
        """Close the sockets."""
        self._warmer.close()
        self._sockets.close()

    def warm(self) -> None:
        """Warm the caches for the timestamp of the next request; call it before timing starts."""
        self._warmer.warm()

    def send(self, egress: Egress, sequence: int, payload: bytes, flow: int = 0) -> int:
        """
        Send one request and return its number, by which its timestamp is identified.

        ``flow`` chooses the identifier among those of a raw socket; a ping socket has only one.

        Raises:
            OSError: the kernel could not send; no packet left. Numbers restart from 0, and the
                timestamp of an earlier packet may still come (``Stopwatch.note_departure``).
        """
        identifier = self._sockets.identifier | (flow % FRESH_FLOWS if self.is_raw else 0)
        packet = icmp.build_request(self.numbers, identifier, sequence, payload)
        leave_by = control.leave_by6 if self._is_six else control.leave_by4
        way = leave_by(egress.index, egress.source_packed)
        try:
            self._sockets.sender.sendmsg([packet], [way], 0, egress.socket_address(0))
        except OSError:
            # Kernels differ in whether a failed packet uses up a number.
            number_anew(self._sockets.sender)
            self._number = 0
            raise
        number, self._number = self._number, self._number + 1
        return number

    def stamps_and_errors(self) -> Iterator[TransmitTimestamp | EchoArrival]:
        """
        Yield the entries of the error queue, at most ``READ_AT_ONCE``: timestamps of sent packets,
        and errors (ping socket).
        """
        for _ in range(READ_AT_ONCE):
            try:
                data, ancillary, _, _ = self._sockets.sender.recvmsg(
                    _BUFFER_BYTES, control.SPACE_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                return
            ancillary_data = control.parse(ancillary)
            if ancillary_data.error is None:
                continue
            if (
                ancillary_data.error.origin == control.ORIGIN_STAMP
                and ancillary_data.stamp_ns is not None
            ):
                yield TransmitTimestamp(
                    number=ancillary_data.error.data, stamp_ns=ancillary_data.stamp_ns
                )
            elif ancillary_data.error.origin in {control.ORIGIN_ICMP4, control.ORIGIN_ICMP6}:
                quoted = self._quoted(data, ancillary_data)
                if quoted is not None:
                    yield quoted

    def arrivals(self) -> Iterator[EchoArrival]:
        """
        Yield the answers and (raw socket) errors among the next ``READ_AT_ONCE`` packets; those of
        other senders are skipped.
        """
        errors = 0
        for _ in range(READ_AT_ONCE):
            try:
                data, ancillary, _, _ = self._sockets.listener.recvmsg(
                    _BUFFER_BYTES, control.SPACE_BYTES
                )
            except BlockingIOError:
                return
            except OSError:
                # An ICMP error is also reported once here (SO_ERROR); the error queue has its full
                # content.
                errors += 1
                if errors == _ERRORS_IN_A_ROW:
                    return
                continue
            try:
                ancillary_data = control.parse(ancillary)
                if self.is_raw and not self._is_six:
                    data, _ = icmp.ip4_payload(data)
                message = icmp.parse(self.numbers, data)
            except MalformedMessage:
                continue  # anyone can send malformed packets; they count as no answer
            mask = FLOW_MASK if self.is_raw else 0xFFFF
            if message is not None and message.identifier & mask == self._sockets.identifier:
                yield EchoArrival(message=message, control=ancillary_data, size_bytes=len(data))

    def _quoted(self, data: bytes, ancillary_data: control.ReceivedControl) -> EchoArrival | None:
        """The request that an error on a ping socket refers to: its ICMP header and payload."""
        problem = ancillary_data.error
        if problem is None or len(data) < icmp.ECHO_HEADER_BYTES:
            return None
        refusal = icmp.IcmpError(
            identifier=int.from_bytes(data[4:6], "big"),
            sequence=int.from_bytes(data[6:8], "big"),
            destination=b"",
            type=problem.type,
            code=problem.code,
            payload=data[icmp.ECHO_HEADER_BYTES :],
        )
        return EchoArrival(message=refusal, control=ancillary_data, size_bytes=len(data))
