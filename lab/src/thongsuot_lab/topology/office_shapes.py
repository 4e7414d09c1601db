"""Shapes with an office's own boxes between device and line: switches, firewalls, a proxy."""

from ipaddress import IPv4Interface

from thongsuot_lab.topology.builder import wire_end
from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import (
    EVERY_GROUP,
    PING_GROUPS,
    Bridge,
    LabUplink,
    Node,
    NodeRole,
    ProxySpec,
)
from thongsuot_lab.topology.shape_parts import FIRST, GOVERNMENT, SECOND, draw_device

PROXY_ADDRESS = "10.1.0.5"


def government_network(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw a third line that leaves by the office's own core switch and firewall."""
    draft = drawing.draft
    draw_device(drawing, site, "fix0", "wwan0", "gov0")
    switch = draft.add(
        Node(name=f"{site}.core", role=NodeRole.CPE, forwards=True, uplinks=("firewall",))
    )
    firewall = draft.add(
        Node(
            name=f"{site}.firewall",
            role=NodeRole.CPE,
            forwards=True,
            uplinks=("wan",),
            nat=("wan",),
            ip_lines=("route add 10.1.0.0/24 via 10.2.0.1 dev lan",),
        )
    )
    fixed = drawing.uplink(site, "fixed", "fix0", "fiber", FIRST)
    mobile = drawing.uplink(site, "mobile", "wwan0", "5g", SECOND)
    cable = draft.wire(
        wire_end(f"{site}.device:gov0", "10.1.0.10/24"), wire_end(f"{switch}:lan", "10.1.0.1/24")
    )
    draft.wire(
        wire_end(f"{switch}:firewall", "10.2.0.1/24"), wire_end(f"{firewall}:lan", "10.2.0.2/24")
    )
    government = LabUplink(
        name="government",
        interface="gov0",
        medium="leased",
        carrier=GOVERNMENT,
        cpe=firewall,
        lan_wire=cable,
        access_wire=drawing.line(f"{firewall}:wan", "fiber", GOVERNMENT, versions=(4,)),
        site_networks=("10.1.0.0/16", "10.2.0.0/16"),
    )
    return fixed, mobile, government


def behind_proxy(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw an office whose firewall passes only what its proxy requests."""
    draft = drawing.draft
    resolvers = drawing.operators[FIRST].resolver_addresses
    device = draft.add(
        Node(
            name=f"{site}.device",
            role=NodeRole.DEVICE,
            uplinks=("eth0",),
            sysctls={PING_GROUPS: EVERY_GROUP},
        )
    )
    firewall = draft.add(
        Node(
            name=f"{site}.firewall",
            role=NodeRole.CPE,
            forwards=True,
            uplinks=("wan",),
            nat=("wan",),
            bridges=(Bridge(interface="lan", ports=(), v4=(IPv4Interface("10.1.0.1/24"),)),),
            ip_lines=(
                f"rule add priority 100 from {PROXY_ADDRESS} lookup main",
                "rule add priority 101 iif lan prohibit",
            ),
        )
    )
    proxy = draft.host(
        f"{site}.proxy",
        servers=(ProxySpec(resolvers=tuple(a for a in resolvers if ":" not in a)),),
    )
    cable = draft.wire(wire_end(f"{device}:eth0", "10.1.0.10/24"), wire_end(f"{firewall}:lan"))
    draft.wire(wire_end(f"{proxy}:eth0", f"{PROXY_ADDRESS}/24"), wire_end(f"{firewall}:lan"))
    return (
        LabUplink(
            name="fixed",
            interface="eth0",
            medium="fiber",
            carrier=FIRST,
            cpe=firewall,
            lan_wire=cable,
            access_wire=drawing.line(f"{firewall}:wan", "fiber", FIRST, versions=(4,)),
            site_networks=("10.1.0.0/24",),
            proxy=f"http://{PROXY_ADDRESS}:3128",
        ),
    )
