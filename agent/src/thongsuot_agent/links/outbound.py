"""Outbound: opens sockets towards the network, over one link or over the default route."""

import socket
from typing import Protocol

from thongsuot_agent.links.egress import Egress
from thongsuot_schema.result import Family


class Outbound(Protocol):
    """
    A route out with the name servers that belong to it.

    A ``LiveLink`` restricts its sockets to one interface; ``DefaultRoute`` uses the kernel's main
    table. Every method raises ``LinkUnusable`` when nothing can be sent.
    """

    @property
    def resolvers(self) -> tuple[str, ...]:
        """Name servers, most preferred first, both families."""

    def egress(self, family: Family, destination: str) -> Egress:
        """Return how a packet to a destination leaves."""

    def open_udp(self, family: Family, destination: str, port: int) -> socket.socket:
        """Return a non-blocking UDP socket that is connected to a destination."""

    def open_tcp(self, family: Family, destination: str) -> socket.socket:
        """Return a non-blocking TCP socket that is not connected yet."""
