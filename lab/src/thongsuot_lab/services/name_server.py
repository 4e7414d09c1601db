"""
Name servers: one that is authoritative for the zone, and carriers' resolvers that query and cache
it.

Answers over UDP and TCP (RFC 1035, RFC 7766). A resolver that cannot reach the zone serves stale
answers (RFC 8767), as large resolvers do, so names still resolve while the exchange is down.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Network, ip_address
from time import monotonic
from typing import Final, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from thongsuot_lab.services.behaviour import NameBehaviour
from thongsuot_lab.services.server_node import ServerNode

PORT: Final = 53
TTL_S: Final = 30
# Maximum age of a cached answer; short, so that the removal of a name is noticed soon.
REFRESH_AFTER_S: Final = 2.0
UPSTREAM_TIMEOUT_S: Final = 1.0
MESSAGE_BYTES: Final = 65_535

QuestionKey = tuple[dns.name.Name, dns.rdatatype.RdataType]
AnswerSource = Callable[[dns.message.Message], Awaitable[dns.message.Message]]


def address_answer(
    query: dns.message.Message, addresses: tuple[str, ...] | None
) -> dns.message.Message:
    """An answer with the addresses of the requested family; None: there is no such name."""
    response = dns.message.make_response(query)
    question = query.question[0]
    if addresses is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
        return response
    wanted = {dns.rdatatype.A: 4, dns.rdatatype.AAAA: 6}.get(question.rdtype)
    fitting = [address for address in addresses if ip_address(address).version == wanted]
    if fitting:
        response.answer.append(
            dns.rrset.from_text(question.name, TTL_S, dns.rdataclass.IN, question.rdtype, *fitting)
        )
    return response


@dataclass(slots=True)
class ZoneSource:
    """Authoritative for every public name."""

    names: dict[str, tuple[str, ...]]

    async def __call__(self, query: dns.message.Message) -> dns.message.Message:
        """Answer from the table."""
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        response = address_answer(query, self.names.get(name))
        response.flags |= dns.flags.AA
        return response


@dataclass(slots=True)
class _CachedAnswer:
    """An answer and the time when it was received."""

    answer: dns.message.Message
    at_s: float


@dataclass(slots=True)
class ResolverSource:
    """
    Queries upstream from its own place in the network, and caches the answers; with the prefix of a
    NAT64 (``dns64``) it synthesizes IPv6 addresses for names that have none (RFC 6147).
    """

    place: ServerNode
    upstream: tuple[str, ...]
    tasks: asyncio.TaskGroup
    dns64: str = ""
    cache: dict[QuestionKey, _CachedAnswer] = field(default_factory=dict)
    in_flight: set[QuestionKey] = field(default_factory=set)

    async def __call__(self, query: dns.message.Message) -> dns.message.Message:
        """Answer from the cache, else from upstream, else SERVFAIL."""
        question = query.question[0]
        key = (question.name, question.rdtype)
        got = await self._known_answer(key)
        if self.dns64 and question.rdtype == dns.rdatatype.AAAA and _is_empty(got):
            known4 = await self._known_answer((question.name, dns.rdatatype.A))
            if known4 is not None and not _is_empty(known4):
                return address_answer(query, _synthesized(known4, self.dns64))
        response = dns.message.make_response(query, recursion_available=True)
        if got is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            response.set_rcode(got.rcode())
            response.answer = got.answer
        return response

    async def _known_answer(self, key: QuestionKey) -> dns.message.Message | None:
        """Return the cached answer, else the one from upstream."""
        known = self.cache.get(key)
        if known is None:
            return await self._refresh(key)
        if monotonic() - known.at_s > REFRESH_AFTER_S and key not in self.in_flight:
            self.tasks.create_task(self._refresh(key))
        return known.answer

    async def _refresh(self, key: QuestionKey) -> dns.message.Message | None:
        """Query each upstream in turn; return None if none of them answers."""
        self.in_flight.add(key)
        try:
            for server in self.upstream:
                answer = await self._ask(server, dns.message.make_query(*key))
                if answer is not None:
                    self.cache[key] = _CachedAnswer(answer, monotonic())
                    return answer
        finally:
            self.in_flight.discard(key)
        return None

    async def _ask(self, server: str, query: dns.message.Message) -> dns.message.Message | None:
        loop = asyncio.get_running_loop()
        with self.place.unconnected_socket(server, socket.SOCK_DGRAM) as sock:
            try:
                async with asyncio.timeout(UPSTREAM_TIMEOUT_S):
                    await loop.sock_connect(sock, (server, PORT))
                    await loop.sock_sendall(sock, query.to_wire())
                    answer = dns.message.from_wire(await loop.sock_recv(sock, MESSAGE_BYTES))
            except (OSError, dns.exception.DNSException):
                # Unreachable, refused, too late (TimeoutError is an OSError), or malformed.
                return None
        return answer if query.is_response(answer) else None


def _is_empty(answer: dns.message.Message | None) -> bool:
    """Return whether a name exists but has no address of the requested family."""
    return answer is not None and answer.rcode() == dns.rcode.NOERROR and not answer.answer


def _synthesized(answer: dns.message.Message, prefix: str) -> tuple[str, ...]:
    """Return the IPv6 addresses that represent the IPv4 ones of an answer (RFC 6052)."""
    head = IPv6Network(prefix).network_address
    return tuple(
        str(head + int(IPv4Address(record.to_text())))
        for rrset in answer.answer
        for record in rrset
    )


class NameServer:
    """Answers queries at every address of its node, as its behaviour says."""

    def __init__(self, place: ServerNode, source: AnswerSource, tasks: asyncio.TaskGroup) -> None:
        self._place = place
        self._source = source
        self._tasks = tasks
        self._behaviour = NameBehaviour()
        self._servers: list[asyncio.Server] = []
        self._datagrams: list[asyncio.DatagramTransport] = []

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        for sock in self._place.datagram_sockets(PORT):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._answer_datagram), sock=sock
            )
            self._datagrams.append(transport)
        for sock in self._place.listening_sockets(PORT):
            self._servers.append(await asyncio.start_server(self._answer_stream, sock=sock))

    async def behave(self, behaviour: NameBehaviour) -> None:
        """Change how queries are answered from now on."""
        self._behaviour = behaviour

    def _answer_datagram(
        self, data: bytes, address: tuple[str, int], transport: asyncio.DatagramTransport
    ) -> None:
        async def answer() -> None:
            wire = await self._answer(data)
            if wire is not None:
                transport.sendto(wire, address)

        self._tasks.create_task(answer())

    async def _answer_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await self._answer(await reader.readexactly(size))
                if wire is None:
                    # No answer: the connection stays open until the client gives up.
                    await reader.read()
                    return
                writer.write(struct.pack("!H", len(wire)) + wire)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, data: bytes) -> bytes | None:
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        behaviour = self._behaviour
        if behaviour.answer == "silence" or len(query.question) != 1:
            return None
        if behaviour.delay_s:
            await asyncio.sleep(behaviour.delay_s)
        return (await self._response(query, behaviour)).to_wire()

    async def _response(
        self, query: dns.message.Message, behaviour: NameBehaviour
    ) -> dns.message.Message:
        codes = {
            "refused": dns.rcode.REFUSED,
            "servfail": dns.rcode.SERVFAIL,
            "nxdomain": dns.rcode.NXDOMAIN,
        }
        if behaviour.answer in codes:
            response = dns.message.make_response(query)
            response.set_rcode(codes[behaviour.answer])
            return response
        if behaviour.answer == "forged":
            return address_answer(query, behaviour.addresses)
        if query.question[0].name.to_text(omit_final_dot=True).lower() in behaviour.gone:
            return address_answer(query, None)
        return await self._source(query)


class _Datagrams(asyncio.DatagramProtocol):
    """Passes each datagram on together with its transport."""

    def __init__(
        self, receive: Callable[[bytes, tuple[str, int], asyncio.DatagramTransport], None]
    ) -> None:
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        # asyncio's own datagram transport is not a subclass of the abstract one before 3.13.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One query."""
        assert self._transport is not None
        self._receive(data, addr, self._transport)
