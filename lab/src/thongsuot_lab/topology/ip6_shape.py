"""
Shapes whose lines carry IPv6 only: a fibre on which the device has no IPv4 at all, behind the
carrier's DNS64 and NAT64, and a 5G box that gives it IPv4 with a translator of its own (464XLAT);
and a fibre whose box tunnels IPv4 to the carrier's translator (DS-Lite).
"""

from dataclasses import replace
from ipaddress import ip_interface

from thongsuot_lab.topology.attachments import Softwire, Translator
from thongsuot_lab.topology.builder import wire_end
from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import LabUplink, Node, NodeRole, ResolverSpec
from thongsuot_lab.topology.shape_parts import FIRST, SECOND, draw_device

IP4_ONLY = ("192.0.0.170", "192.0.0.171")
"""
Addresses of ``ipv4only.arpa``: IPv6 addresses synthesized for it reveal the prefix (RFC 7050).
"""
CLAT_ADDRESS = "192.0.0.1/32"
"""RFC 7335: a customer's end of any translation."""


def ip6_only_lines(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw an IPv6-only line, and one whose box translates IPv4."""
    drawing.draft.names["ipv4only.arpa"] = IP4_ONLY
    draw_device(drawing, site, "fix0", "wwan0")
    return _fibre(drawing, site), _radio(drawing, site)


def translator_node(carrier: str) -> str:
    """Return the name of a carrier's NAT64."""
    return f"{carrier}.nat64"


def _nat64(drawing: CityBuilder, carrier: str) -> str:
    """Add a carrier's NAT64, and DNS64 to its name server; returns the prefix."""
    operator, draft = drawing.operators[carrier], drawing.draft
    addresses = operator.addresses
    prefix, name = addresses.nat64_prefix, translator_node(carrier)
    draft.add(
        Node(
            name=name,
            role=NodeRole.ROUTER,
            forwards=True,
            realm=carrier,
            nat=("core",),
            translators=(Translator(interface="nat64", v4=addresses.nat64_pool, prefix=prefix),),
        )
    )
    subnet = addresses.public(4)
    draft.wire(
        wire_end(f"{operator.carrier.core}:nat64", *subnet.at(1)),
        wire_end(f"{name}:core", *subnet.at(2)),
    )
    resolver = draft.nodes[operator.carrier.resolver]
    draft.nodes[resolver.name] = replace(
        resolver, servers=(ResolverSpec(upstream=drawing.zone_addresses, dns64=prefix),)
    )
    return prefix


def _fibre(drawing: CityBuilder, site: str) -> LabUplink:
    operator = drawing.operators[FIRST]
    _nat64(drawing, FIRST)
    inside, number = operator.addresses.lan_v6, operator.lines
    box = drawing.draft.cpe(f"{site}.ont", realm=FIRST, lan_addresses=(inside(number, 1),))
    cable = drawing.draft.wire(
        wire_end(f"{site}.device:fix0", inside(number, 0x10)), wire_end(f"{box}:lan")
    )
    return LabUplink(
        name="fixed",
        interface="fix0",
        medium="fiber",
        carrier=FIRST,
        cpe=box,
        lan_wire=cable,
        access_wire=drawing.line(f"{box}:wan", "fiber", FIRST, versions=(6,)),
    )


def _radio(drawing: CityBuilder, site: str) -> LabUplink:
    operator, draft = drawing.operators[SECOND], drawing.draft
    prefix = _nat64(drawing, SECOND)
    inside, number = operator.addresses.lan_v6, operator.lines
    lan6 = inside(number, 1)
    box = draft.cpe(f"{site}.cpe", realm=SECOND, lan_addresses=("192.168.8.1/24", lan6))
    # From the network that the carrier routes here, beside the hosts of the LAN.
    own_prefix = f"{ip_interface(lan6).network.network_address + (0x464 << 32)}/96"
    draft.nodes[box] = replace(
        draft.nodes[box],
        translators=(
            Translator(
                interface="clat",
                v4=CLAT_ADDRESS,
                prefix=prefix,
                own_prefix=own_prefix,
                own_network="192.168.8.0/24",
            ),
        ),
    )
    cable = draft.wire(
        wire_end(f"{site}.device:wwan0", "192.168.8.10/24", inside(number, 0x10)),
        wire_end(f"{box}:lan"),
    )
    return LabUplink(
        name="mobile",
        interface="wwan0",
        medium="5g",
        carrier=SECOND,
        cpe=box,
        lan_wire=cable,
        access_wire=drawing.line(f"{box}:wan", "5g", SECOND, versions=(6,)),
    )


def dual_stack_lite(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw an IPv6-only line whose box sends the LAN's IPv4 over a softwire to the carrier."""
    operator, draft = drawing.operators[FIRST], drawing.draft
    draw_device(drawing, site, "fix0", carriers=(FIRST,))
    inside, number = operator.addresses.lan_v6, operator.lines
    own = _plain(operator.next_line_addresses[1])
    subnet = operator.addresses.public(5)
    far = _plain(subnet.at(2)[1])
    aftr = draft.add(
        Node(
            name=aftr_node(FIRST),
            role=NodeRole.ROUTER,
            forwards=True,
            realm=FIRST,
            nat=("core",),
            softwires=(
                Softwire(
                    interface="softwire",
                    v4="192.0.0.1/29",
                    local=far,
                    remote=own,
                    routes=("192.168.1.0/24",),
                ),
            ),
        )
    )
    draft.wire(
        wire_end(f"{operator.carrier.core}:aftr", *subnet.at(1)),
        wire_end(f"{aftr}:core", *subnet.at(2)),
    )
    box = draft.cpe(f"{site}.ont", realm=FIRST, lan_addresses=("192.168.1.1/24", inside(number, 1)))
    softwire = Softwire(
        interface="softwire", v4="192.0.0.2/29", local=own, remote=far, routes=("default",)
    )
    draft.nodes[box] = replace(draft.nodes[box], softwires=(softwire,))
    cable = draft.wire(
        wire_end(f"{site}.device:fix0", "192.168.1.10/24", inside(number, 0x10)),
        wire_end(f"{box}:lan"),
    )
    return (
        LabUplink(
            name="fixed",
            interface="fix0",
            medium="fiber",
            carrier=FIRST,
            cpe=box,
            lan_wire=cable,
            access_wire=drawing.line(f"{box}:wan", "fiber", FIRST, versions=(6,)),
        ),
    )


def aftr_node(carrier: str) -> str:
    """Return the name of a carrier's end of its softwires (AFTR)."""
    return f"{carrier}.aftr"


def _plain(address: str) -> str:
    return address.partition("/")[0]
