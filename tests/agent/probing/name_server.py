"""A name server for tests: says over UDP and TCP what a function makes of each question."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.open_connections import break_off
from thongsuot_lab.node import RunningNode

Behaviour = Callable[[dns.message.Message, bool], list[bytes]]
"""Query and whether it came over TCP, to the packets sent back."""


def zone(*records: str) -> Behaviour:
    """Answer from records ``owner ttl type data``; an unknown name does not exist."""
    rrsets = [_rrset(record) for record in records]

    def behave(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        del over_tcp
        (question,) = query.question
        response = dns.message.make_response(query, recursion_available=True)
        known = [rrset for rrset in rrsets if rrset.name == question.name]
        if not known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.answer += [rrset for rrset in known if rrset.rdtype == question.rdtype]
        return [response.to_wire()]

    return behave


def _rrset(record: str) -> dns.rrset.RRset:
    owner, ttl, kind, data = record.split()
    return dns.rrset.from_text(owner, int(ttl), "IN", kind, data)


def failing(code: dns.rcode.Rcode) -> Behaviour:
    """Answer every question with an error."""

    def behave(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        del over_tcp
        response = dns.message.make_response(query)
        response.set_rcode(code)
        return [response.to_wire()]

    return behave


def truncating(inner: Behaviour) -> Behaviour:
    """Cut off every answer over UDP."""

    def behave(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        if over_tcp:
            return inner(query, over_tcp)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.TC
        return [response.to_wire()]

    return behave


@dataclass
class ScriptedNameServer:
    """Listens on port 53 of an address of a node, in the event loop that it is entered in."""

    node: RunningNode
    address: str
    behave: Behaviour
    with_tcp: bool = True
    asked: list[str] = field(default_factory=list)
    askers: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._udp = self.node.socket(family, socket.SOCK_DGRAM)
        self._udp.setblocking(False)
        self._udp.bind((self.address, 53))
        asyncio.get_running_loop().add_reader(self._udp, self._on_datagram)
        self._server = None
        if self.with_tcp:
            listener = self.node.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.address, 53))
            self._server = await asyncio.start_server(self._on_connection, sock=listener)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._udp)
        self._udp.close()
        if self._server is not None:
            (listener,) = self._server.sockets
            sockname = listener.getsockname()
            self._server.close()
            await break_off(sockname)
            await self._server.wait_closed()

    def _on_datagram(self) -> None:
        data, sender = self._udp.recvfrom(4096)
        self.askers.append(sender[0])
        for packet in self._answers(data, over_tcp=False):
            self._udp.sendto(packet, sender)

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        for packet in self._answers(await reader.readexactly(length), over_tcp=True):
            writer.write(len(packet).to_bytes(2, "big") + packet)
        writer.close()
        await writer.wait_closed()

    def _answers(self, data: bytes, *, over_tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(data)
        self.asked.append(str(query.question[0]))
        return self.behave(query, over_tcp)
