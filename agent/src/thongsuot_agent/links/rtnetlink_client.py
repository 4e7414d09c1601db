"""Rtnetlink client: requests to the kernel and its replies, on a separate socket."""

import errno
import logging
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from thongsuot_agent.proto import rtnetlink
from thongsuot_agent.proto.netlink import (
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_OVERRUN,
    NetlinkMessage,
    error_number,
    messages,
)

_log = logging.getLogger(__name__)

T = TypeVar("T")

NETLINK_ROUTE = 0
_RECEIVE_BYTES = 1 << 16  # the kernel never sends a dump datagram larger than 32 KiB
_ANSWER_S = 2.0  # the kernel answers within the send call; the limit only catches our own bugs
_ATTEMPTS = 5


class DumpInterrupted(OSError):
    """The tables changed during every attempted dump; try again later."""


class RtnetlinkClient:
    """
    The kernel's tables of interfaces, addresses, routes and neighbours.

    Reading is synchronous: netlink answers inside the system call (about 0.1 ms for the tables of a
    small device), so no call waits. Raises OSError with the kernel's errno if it refuses.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        # Port 0: the kernel chooses one, because a process may have several. No groups: changes are
        # received on the monitor's socket, so only replies arrive here.
        self._socket.bind((0, 0))
        self._socket.settimeout(_ANSWER_S)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket; the object must not be used afterwards."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def links(self) -> list[rtnetlink.LinkMessage]:
        """Return all interfaces."""
        return self._dump(rtnetlink.RTM_GETLINK, rtnetlink.RTM_NEWLINK, rtnetlink.parse_link)

    def addresses(self) -> list[rtnetlink.AddressMessage]:
        """Return all addresses of all interfaces, both families."""
        return self._dump(rtnetlink.RTM_GETADDR, rtnetlink.RTM_NEWADDR, rtnetlink.parse_address)

    def routes(self) -> list[rtnetlink.RouteMessage]:
        """Return the routes of all tables, both families."""
        return self._dump(rtnetlink.RTM_GETROUTE, rtnetlink.RTM_NEWROUTE, rtnetlink.parse_route)

    def link(self, index: int) -> rtnetlink.LinkMessage:
        """Return one interface by its index; OSError ENODEV if it has disappeared."""
        request = rtnetlink.link_request(index, self._next())
        return rtnetlink.parse_link(self._single(request))

    def route(
        self,
        *,
        family: int,
        destination: bytes,
        source: bytes | None,
        index: int,
        mark: int = 0,
        tos: int = 0,
    ) -> rtnetlink.RouteMessage | None:
        """
        Return the route to a destination by one interface and from one source, if any, for packets
        with a mark and a type of service.
        """
        return self._route(
            rtnetlink.route_request(
                family=family,
                destination=destination,
                source=source,
                index=index,
                mark=mark,
                tos=tos,
                sequence=self._next(),
            )
        )

    def unbound_route(self, *, family: int, destination: bytes) -> rtnetlink.RouteMessage | None:
        """Return the route that the tables choose for an unbound socket, if any."""
        return self._route(
            rtnetlink.route_request(
                family=family,
                destination=destination,
                source=None,
                index=None,
                sequence=self._next(),
            )
        )

    def _route(self, request: bytes) -> rtnetlink.RouteMessage | None:
        try:
            return rtnetlink.parse_route(self._single(request))
        except OSError as problem:
            if problem.errno in _NO_ROUTE:
                return None
            raise

    def neighbour(
        self, *, family: int, address: bytes, index: int
    ) -> rtnetlink.NeighbourMessage | None:
        """Return the entry of one neighbour, ``None`` if there is none."""
        request = rtnetlink.neighbour_request(
            family=family, address=address, index=index, sequence=self._next()
        )
        try:
            return rtnetlink.parse_neighbour(self._single(request))
        except OSError as problem:
            if problem.errno in {errno.ENOENT, errno.EINVAL}:
                return None
            raise

    def _next(self) -> int:
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        return self._sequence

    def _single(self, request: bytes) -> bytes:
        self._socket.send(request)
        while True:
            for message in messages(self._socket.recv(_RECEIVE_BYTES)):
                if message.sequence != self._sequence:
                    continue  # the rest of an aborted dump
                _raise_error(message)
                return message.payload

    def _dump(self, request: int, wanted: int, parse: Callable[[bytes], T]) -> list[T]:
        """
        A dump during which the table changed may miss entries (NLM_F_DUMP_INTR): it is repeated.
        """
        for _ in range(_ATTEMPTS):
            self._socket.send(rtnetlink.dump_request(request, self._next()))
            parsed: list[T] = []
            if self._collect(wanted, parse, parsed):
                return parsed
        raise DumpInterrupted(errno.EAGAIN, f"tables changed during {_ATTEMPTS} dumps")

    def _collect(self, wanted: int, parse: Callable[[bytes], T], parsed: list[T]) -> bool:
        consistent = True
        while True:
            for message in messages(self._socket.recv(_RECEIVE_BYTES)):
                if message.sequence != self._sequence:
                    continue
                consistent = consistent and not message.flags & NLM_F_DUMP_INTR
                if message.type == NLMSG_DONE:
                    return consistent
                _raise_error(message)
                if message.type == wanted:
                    parsed.append(parse(message.payload))


# The kernel's answers if no route matches, by the kind of mismatch (fib_props, net/ipv4).
_NO_ROUTE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EACCES,
        errno.EINVAL,
        errno.EADDRNOTAVAIL,
        errno.ENODEV,
    }
)


def _raise_error(message: NetlinkMessage) -> None:
    if message.type == NLMSG_OVERRUN:
        raise OSError(errno.ENOBUFS, "netlink overrun")
    if message.type == NLMSG_ERROR:
        number = error_number(message)
        raise OSError(number, f"netlink: {errno.errorcode.get(number, number)}")
