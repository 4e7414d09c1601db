"""
A small city: communes with a fibre and a 5G link, their carriers, the exchange, the portals.

    device --fix0-- ont --fibre-- access -- core --+-- exchange -- portals, zone, collector
       |  client ---'                  resolver, anchor  |
       '--wwan0-- cpe --radio-- access -- core (other) --+-- transit -- abroad

Every wire in front of a carrier's core has a delay and a rate, and so has the path abroad. The rest
is as fast as the machine, which costs nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_interface

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.addressing import CarrierAddresses, domestic, foreign
from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import (
    EVERY_GROUP,
    PING_GROUPS,
    Impairment,
    LabCarrier,
    LabSite,
    LabUplink,
    Node,
    NodeRole,
    PortalSpec,
    ResolverSpec,
    ServerSpec,
    Topology,
    ZoneSpec,
)

DOMAIN = "lab.test"
CARRIERS = {"song-hong": "Sông Hồng", "cuu-long": "Cửu Long"}
PORTALS = {
    "dichvucong": ("Cổng dịch vụ công", "Public service portal"),
    "motcua": ("Hệ thống một cửa", "Procedure system"),
    "dancu": ("Cơ sở dữ liệu dân cư", "Population database"),
    "thanhtoan": ("Thanh toán trực tuyến", "Online payment"),
}
# Code of the statistics office, and name. Further sites reuse them in turn.
COMMUNES = (
    ("00070", "Phường Hoàn Kiếm"),
    ("00376", "Xã Sóc Sơn"),
    ("09700", "Xã Ba Vì"),
    ("00004", "Phường Ba Đình"),
    ("09556", "Phường Hà Đông"),
    ("00454", "Xã Đông Anh"),
)

# One way. A fibre access answers in about 3 ms, a 5G one in 15 with some jitter, hosts abroad in
# 40; the queues are as deep as those of untuned customer boxes.
FIBRE_DOWN = Impairment(delay_s=0.0015, jitter_s=0.0002, rate_bps=100e6, queue_s=0.3)
FIBRE_UP = Impairment(delay_s=0.0015, jitter_s=0.0002, rate_bps=50e6, queue_s=0.3)
RADIO_DOWN = Impairment(delay_s=0.0075, jitter_s=0.002, rate_bps=60e6, queue_s=0.4)
RADIO_UP = Impairment(delay_s=0.0075, jitter_s=0.002, rate_bps=20e6, queue_s=0.4)
ABROAD = Impairment(delay_s=0.020, jitter_s=0.0005)

FOREIGN = {"abroad": "Singapore", "abroad-far": "Tokyo"}
"""Hosts beyond the transit, and their pretended locations."""


@dataclass(slots=True)
class CarrierInProgress:
    """A carrier under construction."""

    carrier: LabCarrier
    addresses: CarrierAddresses
    resolver_addresses: tuple[str, ...]
    lines: int = 0

    @property
    def next_line_addresses(self) -> tuple[str, ...]:
        """Return the customer's addresses on the next line."""
        return self.addresses.line(self.lines).at(2)

    @property
    def next_line_gateway(self) -> str:
        """Return the carrier's IPv4 address on the next line."""
        return self.addresses.line(self.lines).at(1)[0].partition("/")[0]

    def next_line(self) -> int:
        """Return the number of an unused line."""
        number, self.lines = self.lines, self.lines + 1
        return number


@dataclass(slots=True)
class CityBuilder:
    """A city under construction; see ``begin_city``."""

    draft: TopologyBuilder = field(default_factory=TopologyBuilder)
    operators: dict[str, CarrierInProgress] = field(default_factory=dict)
    domestic_hosts: int = 0
    zone_addresses: tuple[str, ...] = ()

    def host_at_exchange(
        self,
        name: str,
        role: NodeRole,
        *,
        servers: tuple[ServerSpec, ...] = (),
        names: tuple[str, ...] = (),
        addresses: int = 1,
        versions: tuple[int, ...] = (4, 6),
    ) -> tuple[str, ...]:
        """Add a host of the domestic Internet; return its addresses, IPv4 first."""
        subnet = domestic(self.domestic_hosts)
        self.domestic_hosts += 1
        self.draft.host(name, role=role, servers=servers, nameservers=self.zone_addresses)
        with_lengths = _of_versions(subnet.at(*range(2, 2 + addresses)), versions)
        self.draft.wire(
            wire_end(f"exchange:x{self.domestic_hosts}", *_of_versions(subnet.at(1), versions)),
            wire_end(f"{name}:eth0", *with_lengths),
        )
        plain = tuple(address.partition("/")[0] for address in with_lengths)
        self.draft.names.update(dict.fromkeys(names, plain))
        return plain

    def carrier(
        self, name: str, title: str, *, is_private: bool = False, is_alike: bool = False
    ) -> None:
        """
        Add a carrier: access, core, resolver, anchor, and its paths to exchange and transit.

        A carrier that ``is_private`` has neither path: its hosts are reachable only over its lines.
        The lines of one that ``is_alike`` have the same private addresses as those of every other
        such carrier.
        """
        addresses = CarrierAddresses(len(self.operators), is_alike)
        draft = self.draft
        outside = () if is_private else ("exchange", "transit")
        access = draft.router(f"{name}.access", realm=name)
        core = draft.router(f"{name}.core", realm=name, nat=outside)
        draft.wire(
            wire_end(f"{access}:core", *addresses.backbone.at(2)),
            wire_end(f"{core}:access", *addresses.backbone.at(1)),
        )
        for index, neighbour in enumerate(outside):
            subnet = addresses.public(index)
            draft.wire(
                wire_end(f"{core}:{neighbour}", *subnet.at(2)),
                wire_end(f"{neighbour}:{name}", *subnet.at(1)),
            )
        resolver = draft.host(
            f"{name}.resolver",
            role=NodeRole.RESOLVER,
            servers=() if is_private else (ResolverSpec(upstream=self.zone_addresses),),
        )
        anchor = draft.host(f"{name}.anchor", role=NodeRole.ANCHOR)
        for index, host in ((2, resolver), (3, anchor)):
            subnet = addresses.public(index)
            draft.wire(
                wire_end(f"{core}:{host.partition('.')[2]}", *subnet.at(1)),
                wire_end(f"{host}:eth0", *subnet.at(2)),
            )
        carrier = LabCarrier(
            name=name,
            title=title,
            access=access,
            core=core,
            resolver=resolver,
            anchor=anchor,
            networks=addresses.networks,
            is_private=is_private,
        )
        resolver_addresses = tuple(
            address.partition("/")[0] for address in addresses.public(2).at(2)
        )
        self.operators[name] = CarrierInProgress(carrier, addresses, resolver_addresses)
        draft.carriers.append(carrier)

    def site(self, name: str, commune: tuple[str, str], fixed: str, mobile: str) -> None:
        """Add a service point with a fibre of one carrier and a 5G link of another."""
        draft = self.draft
        device, client = f"{name}.device", f"{name}.client"
        draft.add(
            Node(
                name=device,
                role=NodeRole.DEVICE,
                uplinks=("fix0", "wwan0"),
                nameservers=(
                    *self.operators[fixed].resolver_addresses,
                    *self.operators[mobile].resolver_addresses,
                ),
                sysctls={PING_GROUPS: EVERY_GROUP},
            )
        )
        fibre = self.uplink(name, "fixed", "fix0", "fiber", fixed)
        radio = self.uplink(name, "mobile", "wwan0", "5g", mobile)
        draft.host(
            client, role=NodeRole.CLIENT, nameservers=self.operators[fixed].resolver_addresses
        )
        line = self.operators[fixed].lines - 1
        draft.wire(
            wire_end(
                f"{client}:eth0",
                "192.168.1.20/24",
                self.operators[fixed].addresses.lan_v6(line, 0x20),
            ),
            wire_end(f"{name}.ont:lan"),
        )
        draft.sites.append(
            LabSite(
                name=name,
                title=f"Điểm Phục vụ hành chính công {commune[1][0].lower()}{commune[1][1:]}",
                commune=commune[0],
                commune_title=commune[1],
                device=device,
                client=client,
                uplinks=(fibre, radio),
            )
        )

    def uplink(self, site: str, name: str, interface: str, medium: str, carrier: str) -> LabUplink:
        """Wire an interface of a site's device to a box of its own, and the box to a carrier."""
        operator = self.operators[carrier]
        is_fibre = medium == "fiber"
        box, lan = (f"{site}.ont", "192.168.1") if is_fibre else (f"{site}.cpe", "192.168.8")
        inside, number = operator.addresses.lan_v6, operator.lines
        self.draft.cpe(box, realm=carrier, lan_addresses=(f"{lan}.1/24", inside(number, 1)))
        lan_wire = self.draft.wire(
            wire_end(f"{site}.device:{interface}", f"{lan}.10/24", inside(number, 0x10)),
            wire_end(f"{box}:lan"),
        )
        return LabUplink(
            name=name,
            interface=interface,
            medium=medium,
            carrier=carrier,
            cpe=box,
            lan_wire=lan_wire,
            access_wire=self.line(f"{box}:wan", medium, carrier),
        )

    def line(
        self, where: str, medium: str, carrier: str, *, versions: tuple[int, ...] = (4, 6)
    ) -> str:
        """Draw a line of a carrier to a box, with these versions of IP; return its wire."""
        operator = self.operators[carrier]
        number = operator.next_line()
        outside = operator.addresses.line(number)
        up, down = (FIBRE_UP, FIBRE_DOWN) if medium == "fiber" else (RADIO_UP, RADIO_DOWN)
        return self.draft.wire(
            wire_end(where, *_of_versions(outside.at(2), versions)),
            wire_end(
                f"{operator.carrier.access}:line{number}", *_of_versions(outside.at(1), versions)
            ),
            up,
            down,
        )


def _of_versions(addresses: tuple[str, ...], versions: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(text for text in addresses if ip_interface(text).version in versions)


def city(
    sites: int = 3,
    *,
    carriers: dict[str, str] | None = None,
    portals: int = 2,
    alike: Collection[str] = (),
) -> Topology:
    """
    Return a city with a number of service points.

    Args:
        sites: how many, called ``s1``, ``s2``, …; carriers are assigned in turn.
        carriers: name to title, at least two; None for two invented ones.
        portals: how many public portals, at most four.
        alike: carriers whose lines are all numbered from the same private addresses.

    Raises:
        TopologyError: fewer than two carriers, or too many of something for the available
            addresses.
    """
    carriers = CARRIERS if carriers is None else carriers
    if len(carriers) < 2:
        raise TopologyError("a city needs two carriers: one for the fibre, one for 5G")
    drawing = begin_city(carriers, portals, alike=alike)
    codes = list(carriers)
    for number in range(sites):
        fixed, mobile = codes[number % len(codes)], codes[(number + 1) % len(codes)]
        drawing.site(f"s{number + 1}", COMMUNES[number % len(COMMUNES)], fixed, mobile)
    return drawing.draft.build()


def begin_city(
    carriers: dict[str, str],
    portals: int,
    *,
    private: dict[str, str] | None = None,
    ip4_portals: int = 0,
    alike: Collection[str] = (),
) -> CityBuilder:
    """
    Draw all of a city but its sites; ``private`` are carriers without a path to other networks.

    The last ``ip4_portals`` of the portals have no IPv6. The lines of carriers that are ``alike``
    have the same private addresses.

    Raises:
        TopologyError: too many of something for the available addresses.
    """
    if not 0 < portals <= len(PORTALS):
        raise TopologyError(f"a city has 1 to {len(PORTALS)} portals, not {portals}")
    drawing = CityBuilder()
    drawing.draft.router("exchange")
    drawing.draft.router("transit")
    drawing.zone_addresses = drawing.host_at_exchange("zone", NodeRole.ZONE, servers=(ZoneSpec(),))
    for name, title in carriers.items():
        drawing.carrier(name, title, is_alike=name in alike)
    for name, title in (private or {}).items():
        drawing.carrier(name, title, is_private=True)
    _abroad(drawing.draft)
    for place, (name, (text, title_en)) in enumerate(list(PORTALS.items())[:portals]):
        versions = (4,) if place >= portals - ip4_portals else (4, 6)
        host_names = (f"{name}.{DOMAIN}",)
        server = PortalSpec(names=host_names, text=text, title_en=title_en)
        drawing.host_at_exchange(
            f"portal.{name}",
            NodeRole.PORTAL,
            servers=(server,),
            names=host_names,
            addresses=2,
            versions=versions,
        )
    drawing.host_at_exchange("collector", NodeRole.COLLECTOR, names=(f"collector.{DOMAIN}",))
    return drawing


def _abroad(draft: TopologyBuilder) -> None:
    """Two foreign anchors beyond the transit: a single silent anchor proves nothing."""
    for index, name in enumerate(FOREIGN):
        subnet = foreign(index)
        draft.host(name, role=NodeRole.ANCHOR)
        draft.wire(
            wire_end(f"transit:{name}", *subnet.at(1)),
            wire_end(f"{name}:eth0", *subnet.at(2)),
            ABROAD,
        )
