"""
Route plan: VLANs, and the rules and tables that route the packets of each link through its own
gateway. Pure.

One table per link: a default route through the gateway, and behind it an unreachable route, so that
packets of a link without its gateway are dropped instead of using another link's. One rule per link
selects the table. Routes and rules carry their own protocol number, and VLANs an alias, by which
they are recognised; nothing else is ever removed. The main table is unchanged: the device's own
traffic is routed as before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from thongsuot_schema.inventory.link_selection import FIRST_NUMBER, with_marks
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.inventory.way_out import port_of

PROTOCOL = 117
"""Not one of iproute2's rt_protos: routes and rules with it are ours."""

UNREACHABLE_METRIC = 9999

VLAN_ALIAS = "thongsuot"
"""``ifalias`` of our own VLANs, which may be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVlan:
    """One VLAN; ``addresses`` are those (CIDR) that no other program assigns to it."""

    name: str
    port: str
    number: int
    addresses: tuple[str, ...] = ()

    def lines(self) -> Iterator[tuple[str, ...]]:
        """Yield the arguments of ``ip`` that create it, in order."""
        yield (
            *("link", "add", "link", self.port, "name", self.name),
            *("type", "vlan", "id", str(self.number)),
        )
        yield "link", "set", "dev", self.name, "alias", VLAN_ALIAS
        yield "link", "set", "dev", self.name, "up"
        for address in self.addresses:
            yield "address", "replace", address, "dev", self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRule:
    """One entry of ``ip rule``; ``source`` is an address, empty: any."""

    version: int
    priority: int
    table: int
    mark: int = 0
    tos: int = 0
    source: str = ""

    def words(self) -> tuple[str, ...]:
        """Return the rule as arguments of ``ip rule add`` and ``ip rule del``."""
        selector: tuple[str, ...] = ("from", self.source or "all")
        if self.tos:
            selector += ("tos", f"0x{self.tos:02x}")
        if self.mark:
            selector += ("fwmark", f"0x{self.mark:x}")
        return (
            *("priority", str(self.priority)),
            *selector,
            *("lookup", str(self.table)),
            *("protocol", str(PROTOCOL)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """The default route of a link's table; ``gateway`` empty: the unreachable one behind it."""

    version: int
    table: int
    gateway: str = ""
    interface: str = ""

    def words(self) -> tuple[str, ...]:
        """Return the route as arguments of ``ip route replace``."""
        way: tuple[str, ...] = ("unreachable", "default", "metric", str(UNREACHABLE_METRIC))
        if self.gateway:
            # Onlink: the interface may not have its address yet when the route is created, or may
            # get another one.
            way = ("default", "via", self.gateway, "dev", self.interface, "onlink")
        return (*way, "table", str(self.table), "proto", str(PROTOCOL))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """The routes and rules that a device's links need; empty if each owns its interface."""

    vlans: tuple[PlannedVlan, ...] = ()
    rules: tuple[PlannedRule, ...] = ()
    routes: tuple[PlannedRoute, ...] = ()


def route_plan(specs: tuple[Link, ...]) -> RoutePlan:
    """Return the routes and rules of links; only those with gateways or a VLAN need any."""
    rules: list[PlannedRule] = []
    routes: list[PlannedRoute] = []
    for place, spec in enumerate(with_marks(specs), start=1):
        number = FIRST_NUMBER + place
        for gateway in spec.gateways:
            version = ip_address(gateway).version
            rules.extend(_rules(spec, version, number))
            routes.append(
                PlannedRoute(
                    version=version, table=number, gateway=gateway, interface=spec.interface
                )
            )
            routes.append(PlannedRoute(version=version, table=number))
    vlans = tuple(
        PlannedVlan(
            name=spec.interface,
            port=port_of(spec),
            number=spec.vlan,
            addresses=spec.vlan_addresses,
        )
        for spec in specs
        if spec.vlan is not None
    )
    return RoutePlan(vlans=vlans, rules=tuple(rules), routes=tuple(routes))


def _rules(spec: Link, version: int, number: int) -> Iterator[PlannedRule]:
    if spec.mark or spec.tos:
        yield PlannedRule(
            version=version,
            priority=number,
            table=number,
            mark=spec.mark or 0,
            tos=spec.tos or 0,
        )
        return
    for source in spec.sources:
        if ip_address(source).version == version:
            yield PlannedRule(version=version, priority=number, table=number, source=source)
