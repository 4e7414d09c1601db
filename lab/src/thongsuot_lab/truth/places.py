"""
Places: where packets pass in a small city, the owner of each place, and the path from a site to a
host.

    pc, device -- lan -- box -- access -- core --+-- peering -- home -- portals
                                   |   resolver, anchor  |
                                  hop                    +-- abroad -- foreign hosts

The paths are data of the simulation; this module is independent of the agent's measurements and
verdicts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class PlaceKind(StrEnum):
    """The kind of a place, from the site outwards."""

    LAN = "lan"
    """Cables and switch between the site's machines and the box of one line."""
    BOX = "box"
    """The router or optical modem of one line; two lines may share one."""
    ACCESS = "access"
    """The line itself: fibre or radio, up to the carrier's first router."""
    CORE = "core"
    """The carrier's own network, behind its first router."""
    RESOLVER = "resolver"
    """The carrier's name server."""
    PEERING = "peering"
    """The connection between one carrier and one portal only."""
    HOME = "home"
    """The domestic exchange used by all carriers."""
    ABROAD = "abroad"
    """The international transit used by all carriers."""
    PORTAL = "portal"
    """The portal's own machines."""


@dataclass(frozen=True, slots=True, order=True)
class NetworkPlace:
    """One place; ``name`` identifies it among those of its kind."""

    kind: PlaceKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """
    One access line of a site. Delays are one-way; ``loss_ratio`` is the loss of a healthy line;
    ``allowance_bytes`` is monitoring's monthly allowance on a metered one.
    """

    name: str
    carrier: str
    box: str
    is_radio: bool
    is_metered: bool
    has_ip6: bool
    delay_s: float
    jitter_s: float
    loss_ratio: float
    allowance_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """One site: its lines, starting with the one used by its PCs."""

    name: str
    lines: tuple[AccessLine, ...]

    def line(self, name: str) -> AccessLine:
        """Return the line with this name."""
        return next(line for line in self.lines if line.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPortal:
    """A portal: its location, and the sizes of its page and of the answers for its name."""

    name: str
    is_abroad: bool
    page_packets: int
    answer_bytes: int
    has_ip6: bool = True


@dataclass(frozen=True, kw_only=True)
class SimulatedCity:
    """Sites, carriers and portals."""

    sites: tuple[Premises, ...]
    carriers: tuple[str, ...]
    portals: tuple[SimulatedPortal, ...]

    def site(self, name: str) -> Premises:
        """Return the site with this name."""
        return next(site for site in self.sites if site.name == name)

    def portal(self, name: str) -> SimulatedPortal:
        """Return the portal with this name."""
        return next(portal for portal in self.portals if portal.name == name)

    def lines(self) -> Iterator[tuple[Premises, AccessLine]]:
        """Yield every line with its site."""
        for site in self.sites:
            for line in site.lines:
                yield site, line

    @cached_property
    def places(self) -> tuple[NetworkPlace, ...]:
        """Every place of the city."""
        places = [
            NetworkPlace(PlaceKind.HOME, "exchange"),
            NetworkPlace(PlaceKind.ABROAD, "transit"),
        ]
        for carrier in self.carriers:
            places += [
                NetworkPlace(PlaceKind.CORE, carrier),
                NetworkPlace(PlaceKind.RESOLVER, carrier),
            ]
            places += [NetworkPlace(PlaceKind.PEERING, f"{carrier}-{p.name}") for p in self.portals]
        places += [NetworkPlace(PlaceKind.PORTAL, portal.name) for portal in self.portals]
        for site, line in self.lines():
            places += [
                lan_of(site, line),
                NetworkPlace(PlaceKind.BOX, line.box),
                access_of(site, line),
            ]
        return tuple(dict.fromkeys(places))

    def owners(self, place: NetworkPlace) -> frozenset[str]:
        """
        Return the owners of a place, who have to act on a fault there.

        A path between networks belongs to the carriers that chose it, each for its own circuits; a
        connection between one carrier and one portal has no single owner.
        """
        match place.kind:
            case PlaceKind.LAN | PlaceKind.BOX:
                return frozenset({f"commune:{place.name.partition('.')[0]}"})
            case PlaceKind.ACCESS:
                site, _, line = place.name.partition(".")
                return frozenset({f"carrier:{self.site(site).line(line).carrier}"})
            case PlaceKind.CORE | PlaceKind.RESOLVER:
                return frozenset({f"carrier:{place.name}"})
            case PlaceKind.HOME | PlaceKind.ABROAD:
                return frozenset(f"carrier:{carrier}" for carrier in self.carriers)
            case PlaceKind.PORTAL:
                return frozenset({f"portal:{place.name}"})
            case PlaceKind.PEERING:
                return frozenset()

    def way(self, site: Premises, line: AccessLine, host: str) -> tuple[NetworkPlace, ...]:
        """
        Return the places on the path of packets between a site and a host, the site's own first.

        Hosts: ``gateway``, ``hop``, ``resolver``, ``anchor``, ``exchange``, ``abroad``,
        ``abroad-far``, ``collector``, ``peer-CARRIER`` and ``portal-NAME``.
        """
        near = [lan_of(site, line), NetworkPlace(PlaceKind.BOX, line.box)]
        if host == "gateway":
            return tuple(near)
        if host == "hop":
            return (*near, access_of(site, line))
        near += [access_of(site, line), NetworkPlace(PlaceKind.CORE, line.carrier)]
        return (*near, *self._beyond_core(line.carrier, host))

    def _beyond_core(self, carrier: str, host: str) -> list[NetworkPlace]:
        home = NetworkPlace(PlaceKind.HOME, "exchange")
        abroad = NetworkPlace(PlaceKind.ABROAD, "transit")
        sort, _, name = host.partition("-")
        match sort:
            case "anchor":
                return []
            case "resolver":
                return [NetworkPlace(PlaceKind.RESOLVER, carrier)]
            case "peer":
                return [home, NetworkPlace(PlaceKind.CORE, name)]
            case "portal":
                peering = NetworkPlace(PlaceKind.PEERING, f"{carrier}-{name}")
                exchange = abroad if self.portal(name).is_abroad else home
                return [peering, exchange, NetworkPlace(PlaceKind.PORTAL, name)]
            case _:
                return [abroad if sort == "abroad" else home]


def lan_of(site: Premises, line: AccessLine) -> NetworkPlace:
    """Return the cables between a site's machines and the box of one line."""
    return NetworkPlace(PlaceKind.LAN, f"{site.name}.{line.name}")


def access_of(site: Premises, line: AccessLine) -> NetworkPlace:
    """Return the line itself."""
    return NetworkPlace(PlaceKind.ACCESS, f"{site.name}.{line.name}")


DELAY_S = {
    PlaceKind.LAN: 0.0002,
    PlaceKind.BOX: 0.0002,
    PlaceKind.CORE: 0.0008,
    PlaceKind.RESOLVER: 0.0005,
    PlaceKind.PEERING: 0.0,
    PlaceKind.HOME: 0.0015,
    PlaceKind.ABROAD: 0.024,
    PlaceKind.PORTAL: 0.0005,
}
"""One way, without a fault; the line's own delay is drawn with the city."""
