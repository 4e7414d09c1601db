"""
Default route: sockets that are bound to no link and use the kernel's current default route.

A computer that uses this device as its router, or has the same routing table, gets the same path.
An answer on such a socket proves no link; ``egress`` has the link that the packet left by at the
moment of the query.
"""

import socket
from pathlib import Path

from thongsuot_agent.links.egress import Egress, address_family
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.resolvers import find_shared_resolvers
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.sockets import open_unbound, open_unbound_stream
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

_DISCARD_PORT = 9


class DefaultRoute:
    """The route of the kernel's tables for traffic that is bound to no interface."""

    def __init__(self, kernel: RtnetlinkClient, root: Path = Path("/")) -> None:
        self._kernel = kernel
        self._root = root

    @property
    def resolvers(self) -> tuple[str, ...]:
        """Return the device's shared name servers, read again: a lease may have changed them."""
        return find_shared_resolvers(self._root)

    def egress(self, family: Family, destination: str) -> Egress:
        """
        Return the interface and the source address of a packet to a destination now.

        Raises:
            LinkUnusable: there is no route, or no address to send from.
        """
        wanted = address_family(family)
        packed = socket.inet_pton(wanted, destination)
        try:
            route = self._kernel.unbound_route(family=wanted, destination=packed)
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        if route is None or not route.next_hops:
            raise LinkUnusable(Reason.NO_ROUTE, f"no {family} route to this target")
        index = route.next_hops[0].index
        try:
            interface = socket.if_indextoname(index)
        except OSError as error:
            raise LinkUnusable(Reason.INTERFACE_ABSENT, described(error)) from error
        with self.open_udp(family, destination, _DISCARD_PORT) as unsent:
            source = str(unsent.getsockname()[0]).partition("%")[0]
        return Egress(
            family=family,
            interface=interface,
            index=index,
            source=source,
            source_packed=socket.inet_pton(wanted, source),
            destination=destination,
            destination_packed=packed,
        )

    def open_udp(self, family: Family, destination: str, port: int) -> socket.socket:
        """Return a non-blocking UDP socket that is unbound and connected to a destination."""
        return open_unbound(family, destination, port)

    def open_tcp(self, family: Family, destination: str) -> socket.socket:
        """Return a non-blocking TCP socket that is unbound and not connected yet."""
        del destination
        try:
            opened = open_unbound_stream(address_family(family), socket.SOCK_STREAM, 0)
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        opened.setblocking(False)
        return opened
