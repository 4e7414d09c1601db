"""
The inventory that an agent in the lab needs: links, targets and carriers, from the topology alone.

Pure, in the types of ``thongsuot_schema.inventory``. Each rung of the ladder gets its anchors: the
gateway (lan), the carrier's end of the line (access), the carrier's resolver and its own anchor
(carrier), the exchange, the other carriers' anchors and those abroad (transit), and the portals
(service).
"""

from collections.abc import Iterable

import msgspec

from thongsuot_lab.topology.city import DOMAIN, FOREIGN
from thongsuot_lab.topology.model import (
    LabCarrier,
    LabUplink,
    NodeRole,
    PortalSpec,
    Topology,
    WireEnd,
)
from thongsuot_lab.topology.modem_shape import PLMN
from thongsuot_schema.inventory import model as schema
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Segment

# The addresses of the lab's public names; an answer outside of these networks was forged.
PUBLIC = ("198.51.100.0/24", "2001:db8:f000::/40")
EXCHANGE = "exchange"

HOTLINES = {"song-hong": "1800 0001", "cuu-long": "1800 0002"}
SUPPORT_HOTLINE = "024 0000 0000"
"""Phone numbers that are never assigned: blocks of zeros are not given to subscribers."""

_OWN_TITLES = {
    "resolver": ("Máy chủ DNS của nhà mạng", "The carrier's resolver"),
    "anchor": ("Điểm mốc của nhà mạng", "The carrier's anchor"),
}

CLERKS = ("Nguyễn Thị Hoa", "Lê Văn Minh", "Phạm Thu Hà")
"""The person on duty at a point; further sites reuse these in turn."""


def _one_a_family(addresses: tuple[str, ...]) -> tuple[str, ...]:
    v4 = [address for address in addresses if ":" not in address]
    v6 = [address for address in addresses if ":" in address]
    return (*v4[:1], *v6[:1])


def _end_addresses(end: WireEnd) -> tuple[str, ...]:
    v4 = [str(address.ip) for address in end.v4]
    return _one_a_family((*v4, *(str(address.ip) for address in end.v6)))


def _anchor(
    name: str,
    segment: Segment,
    addresses: tuple[str, ...],
    *titles: str,
    links: tuple[str, ...] = (),
    domestic: bool = True,
    lookup: str = "",
) -> schema.Target:
    title_vi, title_en = titles
    return schema.Target(
        name=name,
        role=schema.Role.ANCHOR,
        segment=segment,
        addresses=addresses,
        links=links,
        domestic=domestic,
        title_vi=title_vi,
        title_en=title_en,
        lookup=lookup,
        expect_addresses=PUBLIC if lookup else (),
    )


def carriers_of(topology: Topology) -> tuple[schema.Carrier, ...]:
    """Return every carrier, as in the inventory."""
    return tuple(
        schema.Carrier(
            name=carrier.name,
            title=carrier.title,
            hotline=HOTLINES.get(carrier.name, ""),
            networks=carrier.networks,
            plmn=tuple(filter(None, (PLMN.get(carrier.name),))),
        )
        for carrier in topology.carriers
    )


def links_of(topology: Topology, site: str) -> tuple[schema.Link, ...]:
    """Return the links of a site, in the order of its uplinks."""
    return tuple(_link(topology, site, uplink) for uplink in topology.site(site).uplinks)


def _link(topology: Topology, site: str, uplink: LabUplink) -> schema.Link:
    wire = topology.wire(uplink.access_wire)
    up, down = wire.a_to_b.rate_bps, wire.b_to_a.rate_bps
    resolvers: tuple[str, ...] = ()
    if uplink.carrier and not topology.carrier(uplink.carrier).is_private:
        resolver = topology.carrier(uplink.carrier).resolver
        resolvers = _one_a_family(topology.addresses_of(resolver))
    return schema.Link(
        name=uplink.name,
        interface=uplink.interface,
        medium=Medium(uplink.medium),
        carrier=uplink.carrier,
        circuit=f"HNI-{site}-{uplink.name}".upper(),
        contract_down_bits_per_second=None if down is None else int(down),
        contract_up_bits_per_second=None if up is None else int(up),
        resolvers=resolvers,
        gateways=uplink.gateways,
        sources=uplink.sources,
        tos=uplink.tos,
        site_networks=uplink.site_networks,
        allowance_bytes=uplink.allowance_bytes,
        proxy=uplink.proxy,
        port=uplink.port,
    )


def targets_of(topology: Topology, site: str) -> tuple[schema.Target, ...]:
    """Return every target that the agent of a site needs, lowest rung first."""
    uplinks = topology.site(site).uplinks
    links = _internet_links(topology, uplinks)
    gateway = _anchor("gateway", Segment.LAN, ("gateway",), "Bộ định tuyến tại chỗ", "Local router")
    return (
        gateway,
        *(target for uplink in uplinks for target in _link_targets(topology, uplink)),
        *_edges(uplinks),
        *_shared_anchors(topology, links),
        *_services(topology, links),
    )


def _internet_links(topology: Topology, uplinks: Iterable[LabUplink]) -> tuple[str, ...]:
    """
    Return the links that lead to the Internet, the only ones that probe hosts there; empty: all.
    """
    names = dict.fromkeys(uplink.name for uplink in uplinks)
    private = {uplink.name for uplink in uplinks if _is_private(topology, uplink)}
    return tuple(name for name in names if name not in private) if private else ()


def _is_private(topology: Topology, uplink: LabUplink) -> bool:
    return bool(uplink.carrier) and topology.carrier(uplink.carrier).is_private


def _edges(uplinks: tuple[LabUplink, ...]) -> list[schema.Target]:
    """Return the last of the site's own routers for links that have any behind their gateway."""
    return [
        _anchor(
            f"edge-{uplink.name}",
            Segment.LAN,
            ("edge",),
            "Thiết bị mạng cuối cùng của điểm",
            "The site's last router",
            links=(uplink.name,),
        )
        for uplink in uplinks
        if uplink.site_networks
    ]


def _link_targets(topology: Topology, uplink: LabUplink) -> list[schema.Target]:
    own = (uplink.name,)
    line = topology.wire(uplink.access_wire).b
    targets = [
        _anchor(
            f"hop-{uplink.name}",
            Segment.ACCESS,
            _end_addresses(line),
            "Nút đầu tiên của nhà mạng",
            "First carrier hop",
            links=own,
        )
    ]
    if not uplink.carrier:
        return targets
    carrier = topology.carrier(uplink.carrier)
    targets += _carrier_targets(topology, carrier, own)
    if carrier.is_private:
        return targets
    targets += [
        _anchor(
            f"peer-{uplink.name}-{other.name}",
            Segment.TRANSIT,
            _one_a_family(topology.addresses_of(other.anchor)),
            f"Điểm mốc của {other.title}",
            f"Anchor of {other.title}",
            links=own,
        )
        for other in topology.carriers
        if other is not carrier and not other.is_private
    ]
    return targets


def _carrier_targets(
    topology: Topology, carrier: LabCarrier, links: tuple[str, ...]
) -> list[schema.Target]:
    name = links[0]
    return [
        _anchor(
            f"resolver-{name}",
            Segment.CARRIER,
            _one_a_family(topology.addresses_of(carrier.resolver)),
            f"Máy chủ DNS của {carrier.title}",
            f"Resolver of {carrier.title}",
            links=links,
            lookup="" if carrier.is_private else next(iter(topology.names), ""),
        ),
        _anchor(
            f"anchor-{name}",
            Segment.CARRIER,
            _one_a_family(topology.addresses_of(carrier.anchor)),
            f"Điểm mốc của {carrier.title}",
            f"Anchor of {carrier.title}",
            links=links,
        ),
    ]


def _shared_anchors(topology: Topology, links: tuple[str, ...] = ()) -> list[schema.Target]:
    names = {node.name for node in topology.nodes}
    anchors = []
    if EXCHANGE in names:
        # The address on the network of the carrier's first host: public, and present for every
        # carrier.
        side = next(end for end in topology.ends_of(EXCHANGE) if end.interface.startswith("x"))
        anchors.append(
            _anchor(
                "exchange",
                Segment.TRANSIT,
                _end_addresses(side),
                "Trạm trung chuyển trong nước",
                "Domestic exchange",
                links=links,
            )
        )
    anchors += [
        _anchor(
            name,
            Segment.TRANSIT,
            _one_a_family(topology.addresses_of(name)),
            f"Điểm mốc quốc tế ({place})",
            f"Foreign anchor ({place})",
            links=links,
            domestic=False,
        )
        for name, place in FOREIGN.items()
        if name in names
    ]
    return anchors


def _services(topology: Topology, links: tuple[str, ...] = ()) -> list[schema.Target]:
    return [
        schema.Target(
            name=server.names[0].partition(".")[0],
            role=schema.Role.SERVICE,
            segment=Segment.SERVICE,
            url=f"https://{server.names[0]}/",
            title_vi=server.text,
            title_en=server.title_en,
            expect_body=server.text,
            expect_addresses=PUBLIC,
            links=links,
        )
        for node in topology.nodes
        if node.role is NodeRole.PORTAL
        for server in node.servers
        if isinstance(server, PortalSpec)
    ]


def _of_any_carrier(target: schema.Target) -> schema.Target:
    """Return a target of a link's own carrier under the name that it has at every site."""
    titles = _OWN_TITLES.get(target.name.partition("-")[0])
    if titles is None:
        return target
    return msgspec.structs.replace(target, title_vi=titles[0], title_en=titles[1])


def site_of(topology: Topology, site: str) -> schema.Site:
    """Return a site with its links and the targets of all sites, as in the inventory."""
    lab_site = topology.site(site)
    place = topology.sites.index(lab_site)
    clerk = schema.Contact(
        name=CLERKS[place % len(CLERKS)],
        phone=f"024 0000 00{place + 1:02d}",
        email=f"mot-cua@{site}.{DOMAIN}",
        role="Cán bộ đầu mối",
    )
    return schema.Site(
        name=lab_site.name,
        title=lab_site.title,
        commune=lab_site.commune,
        contacts=(clerk,),
        links=links_of(topology, site),
        targets=tuple(target.name for target in _shared_targets(topology)),
    )


def _shared_targets(topology: Topology) -> tuple[schema.Target, ...]:
    links = _internet_links(topology, [each for site in topology.sites for each in site.uplinks])
    return (*_shared_anchors(topology, links), *_services(topology, links))


def inventory_of(topology: Topology) -> schema.Inventory:
    """
    Return the inventory of the whole city: every carrier and site, and every target.

    A target that stands for one line or one link has the same name at every site but a different
    address. It is listed here once, so that the collector knows what its echoes mean, and it is
    offered to no site.
    """
    own = {
        target.name: _of_any_carrier(target)
        for site in reversed(topology.sites)
        for target in targets_of(topology, site.name)
    }
    shared = _shared_targets(topology)
    for target in shared:
        own.pop(target.name, None)
    return schema.Inventory(
        carriers=carriers_of(topology),
        sites=tuple(site_of(topology, site.name) for site in topology.sites),
        targets=(*shared, *own.values()),
    )
