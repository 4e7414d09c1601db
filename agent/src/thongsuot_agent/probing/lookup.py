"""Asking one name server for the addresses of a name, over one link."""

import asyncio
import errno
import os
import socket
from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.datagram import exchange
from thongsuot_agent.links.egress import SocketAddress, address_family
from thongsuot_agent.links.lateness import LatenessWatch
from thongsuot_agent.links.outbound import Outbound
from thongsuot_agent.links.reasons import described, reason_for_foreign
from thongsuot_agent.links.roundtrip import NS_PER_S, Stopwatch
from thongsuot_agent.proto import dns
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, QualityFlag

PORT = 53

_UDP_HEADER_BYTES = 8
_TCP_OVERHEAD_BYTES = 9 * 40
"""Nine packets without options carry one question and its answer over TCP, opened and closed."""

_LENGTH = Struct("!H")

_REASONS = {
    dns.SERVER_FAILURE: Reason.NAME_SERVER_FAILED,
    dns.NAME_ERROR: Reason.NAME_NOT_FOUND,
    dns.REFUSED: Reason.NAME_SERVER_REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """
    The result of one query.

    ``reason`` is ``None`` when at least one address was answered. ``took_s`` is set whenever a
    server answered anything. Addresses are text.
    """

    record: str
    reason: Reason | None
    detail: str = ""
    took_s: float | None = None
    addresses: tuple[str, ...] = ()
    alias: str = ""
    ttl_s: int | None = None
    doubts: frozenset[QualityFlag] = frozenset()
    cost_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsQuestion:
    """A name and the requested type of address: ``a`` or ``aaaa``."""

    name: str
    record: str

    @property
    def kind(self) -> int:
        """The record type on the wire."""
        return dns.AAAA if self.record == "aaaa" else dns.A


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerAddress:
    """A name server: address as text, its family, and port."""

    address: str
    family: Family
    port: int = PORT


def record_for(family: Family) -> str:
    """Return the sort of record that holds addresses of a family."""
    return "aaaa" if family is Family.IP6 else "a"


async def look_up(
    link: Outbound, server: NameServerAddress, question: DnsQuestion, timeout_s: float
) -> LookupResult:
    """
    Ask one server over UDP, and over TCP where the answer did not fit.

    Identifier and port are random, and only an answer that echoes both and the question counts
    (RFC 5452). ``timeout_s`` bounds the whole.

    Raises:
        LinkUnusable: nothing can be sent over the link. ValueError: the name cannot be queried.
    """
    identifier = int.from_bytes(os.urandom(2), "big")
    query = dns.build_query(identifier, question.name, question.kind)
    watch, lateness = Stopwatch(), LatenessWatch()
    try:
        with link.open_udp(server.family, server.address, server.port) as opened:
            reader = _AnswerReader(query)
            got = await exchange(opened, query, reader.accept, timeout_s)
        cost_bytes = _udp_bytes(server.family, len(query), got.received_bytes)
        if got.value is None:
            return reader.nothing(question, got.doubts, cost_bytes)
        if not got.value.truncated:
            return _lookup_result(question, got.value, got.took_s, got.doubts, cost_bytes)
        # TCP data has no timestamp: the process itself must know whether it was late.
        with lateness:
            async with asyncio.timeout(timeout_s - watch.stop(None)[0] / NS_PER_S):
                with link.open_tcp(server.family, server.address) as stream:
                    egress = link.egress(server.family, server.address)
                    address = egress.socket_address(server.port)
                    answer, size_bytes = await _over_tcp(stream, address, query)
    except TimeoutError:
        return LookupResult(
            record=question.record,
            reason=Reason.NAME_SERVER_TIMED_OUT,
            detail="the answer was cut off over UDP, and none came over TCP",
            doubts=_doubts(lateness),
            cost_bytes=_udp_bytes(server.family, len(query), 0),
        )
    except OSError as error:
        return LookupResult(
            record=question.record,
            reason=reason_for_foreign(error),
            detail=described(error),
            cost_bytes=_udp_bytes(server.family, len(query), 0),
        )
    except MalformedMessage as error:
        return LookupResult(
            record=question.record,
            reason=Reason.RESPONSE_INVALID,
            detail=str(error),
            cost_bytes=_udp_bytes(server.family, len(query), 0),
        )
    took_s = watch.stop(None)[0] / NS_PER_S
    cost_bytes += size_bytes + _TCP_OVERHEAD_BYTES
    doubts = _doubts(lateness) | {QualityFlag.SOFTWARE_STAMP}
    return _lookup_result(question, answer, took_s, doubts, cost_bytes)


def _doubts(lateness: LatenessWatch) -> frozenset[QualityFlag]:
    return frozenset({QualityFlag.TIMER_LATE} if lateness.is_late else ())


class _AnswerReader:
    """Accepts the answer to one query; remembers other datagrams."""

    def __init__(self, query: bytes) -> None:
        self._query = query
        self._unsolicited = 0
        self._broken = ""

    def accept(self, message: bytes) -> dns.DnsAnswer | None:
        if not dns.is_answer_to(self._query, message):
            self._unsolicited += 1
            return None
        try:
            return dns.parse_answer(message, self._query)
        except MalformedMessage as error:
            # A forger may be first with an invalid answer: the wait for the true one continues.
            self._broken = str(error)
            return None

    def nothing(
        self, question: DnsQuestion, doubts: frozenset[QualityFlag], cost_bytes: int
    ) -> LookupResult:
        """The result when the time is up."""
        reason, detail = Reason.NAME_SERVER_TIMED_OUT, ""
        if self._broken:
            reason, detail = Reason.RESPONSE_INVALID, self._broken
        elif self._unsolicited:
            detail = f"{self._unsolicited} packets came that answer another question"
        return LookupResult(
            record=question.record,
            reason=reason,
            detail=detail,
            doubts=doubts,
            cost_bytes=cost_bytes,
        )


async def _over_tcp(
    stream: socket.socket, address: SocketAddress, query: bytes
) -> tuple[dns.DnsAnswer, int]:
    """Return the answer and the bytes of question and answer (RFC 7766, section 8)."""
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stream, address)
    await loop.sock_sendall(stream, _LENGTH.pack(len(query)) + query)
    (length,) = _LENGTH.unpack(await _exactly(loop, stream, _LENGTH.size))
    message = await _exactly(loop, stream, length)
    if not dns.is_answer_to(query, message):
        raise MalformedMessage("the answer over TCP is to another question")
    return dns.parse_answer(message, query), 2 * _LENGTH.size + len(query) + length


async def _exactly(
    loop: asyncio.AbstractEventLoop, stream: socket.socket, size_bytes: int
) -> bytes:
    got = b""
    while len(got) < size_bytes:
        more = await loop.sock_recv(stream, size_bytes - len(got))
        if not more:
            raise ConnectionResetError(errno.ECONNRESET, "the name server closed the connection")
        got += more
    return got


def _lookup_result(
    question: DnsQuestion,
    answer: dns.DnsAnswer,
    took_s: float,
    doubts: frozenset[QualityFlag],
    cost_bytes: int,
) -> LookupResult:
    family = address_family(Family.IP6 if question.record == "aaaa" else Family.IP4)
    reason: Reason | None = None
    detail = ""
    if answer.code != dns.NO_ERROR:
        reason = _REASONS.get(answer.code, Reason.NAME_SERVER_FAILED)
        detail = f"the name server answered with code {answer.code}"
    elif not answer.addresses:
        reason = Reason.NAME_WITHOUT_ADDRESS
    return LookupResult(
        record=question.record,
        reason=reason,
        detail=detail,
        took_s=took_s,
        addresses=tuple(socket.inet_ntop(family, packed) for packed in answer.addresses),
        alias=answer.alias,
        ttl_s=answer.ttl_s,
        doubts=doubts,
        cost_bytes=cost_bytes,
    )


def _udp_bytes(family: Family, query_bytes: int, answer_bytes: int) -> int:
    """IP-level bytes of one question and, if there was one, its answer."""
    header = IP6_HEADER_BYTES if family is Family.IP6 else IP4_HEADER_BYTES
    header += _UDP_HEADER_BYTES
    return header + query_bytes + (header + answer_bytes if answer_bytes else 0)
