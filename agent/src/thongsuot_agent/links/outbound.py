"""Outbound: what opens sockets towards the network, whether it is one link or not."""

import socket
from typing import Protocol

from thongsuot_agent.links.egress import Egress
from thongsuot_schema.result import Family


class Outbound(Protocol):
    """
    A way out with the name servers that belong to it.

    A ``LiveLink`` is one whose sockets leave by one interface; ``DefaultRoute`` is the one that the
    kernel's main table chooses. Every method raises ``LinkUnusable`` when nothing can be sent.
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
