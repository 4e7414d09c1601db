"""Segment: where a fault is; and the party that must act on it."""

from enum import StrEnum


class Segment(StrEnum):
    """
    The rungs of the ladder, from the device outwards.

    The lowest broken rung is the segment at fault: rungs beyond it cannot be seen.
    """

    DEVICE = "device"
    """Power, the agent, the device's own clock and CPU."""

    LAN = "lan"
    """The cable, the ONT, the CPE router, the site's own traffic."""

    ACCESS = "access"
    """The line or the radio, up to the carrier's first hop."""

    CARRIER = "carrier"
    """The carrier's core and its resolvers."""

    TRANSIT = "transit"
    """Networks beyond the carrier: the exchange, other carriers, foreign transit."""

    SERVICE = "service"
    """The portal itself."""


LADDER: tuple[Segment, ...] = tuple(Segment)
"""All segments, lowest rung first."""


class Party(StrEnum):
    """Who must act."""

    COMMUNE = "commune"
    CARRIER = "carrier"
    PORTAL = "portal"
    CITY = "city"


_PARTY_BY_SEGMENT = {
    Segment.DEVICE: Party.COMMUNE,
    Segment.LAN: Party.COMMUNE,
    Segment.ACCESS: Party.CARRIER,
    Segment.CARRIER: Party.CARRIER,
    Segment.TRANSIT: Party.CARRIER,
    Segment.SERVICE: Party.PORTAL,
}


def party_for(segment: Segment | None) -> Party:
    """Return who must act on a fault in a segment; the city where the segment is not known."""
    return Party.CITY if segment is None else _PARTY_BY_SEGMENT[segment]
