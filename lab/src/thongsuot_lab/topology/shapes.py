"""
Shapes: how the lines and the boxes of a service point are connected, each as a site of a city.

Most offices have one port for the device, not two. The equipment behind it (two routers, a router
with two lines, an office's own routers) decides which line a packet leaves by, and so who is at
fault when it does not arrive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.builder import wire_end
from thongsuot_lab.topology.city import COMMUNES, CityBuilder, begin_city
from thongsuot_lab.topology.ip6_shape import dual_stack_lite, ip6_only_lines
from thongsuot_lab.topology.model import (
    EVERY_GROUP,
    PING_GROUPS,
    TWO_BOXES,
    Bridge,
    LabSite,
    LabUplink,
    Node,
    NodeRole,
    Topology,
)
from thongsuot_lab.topology.modem_shape import modem_in_device
from thongsuot_lab.topology.office_shapes import behind_proxy, government_network
from thongsuot_lab.topology.pppoe_shape import dialled_by_device
from thongsuot_lab.topology.shape_parts import (
    CARRIERS,
    FIRST,
    PRIVATE_CARRIERS,
    SECOND,
    draw_device,
)
from thongsuot_lab.topology.vlan_shape import vlan_for_each_line

PORTALS = 2
TRANSLATED = "m"
IP4_PORTALS = 2
"""
With shape m there are two portals without IPv6: a single dead one would look like a dead
translator.
"""

_TABLES = {"wan1": 101, "wan2": 102}
"""Routing table numbers of a router with one table for each of its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape; ``draw`` adds its nodes and wires to a city and returns the device's links."""

    name: str
    title: str
    draw: Callable[[CityBuilder, str], tuple[LabUplink, ...]]


def shaped_city(names: Sequence[str]) -> Topology:
    """
    Return a city with one site of each shape, called ``shape-NAME``.

    Raises:
        TopologyError: there is no such shape.
    """
    unknown = [name for name in names if name not in SHAPES]
    if unknown:
        raise TopologyError(f"no shape {', '.join(unknown)}; known: {', '.join(SHAPES)}")
    has_translators = TRANSLATED in names
    drawing = begin_city(
        CARRIERS,
        PORTALS + (IP4_PORTALS if has_translators else 0),
        private=PRIVATE_CARRIERS,
        ip4_portals=IP4_PORTALS if has_translators else 0,
    )
    for number, name in enumerate(names):
        site = f"shape-{name}"
        commune, commune_title = COMMUNES[number % len(COMMUNES)]
        uplinks = SHAPES[name].draw(drawing, site)
        drawing.draft.sites.append(
            LabSite(
                name=site,
                title=SHAPES[name].title,
                commune=commune,
                commune_title=commune_title,
                device=f"{site}.device",
                client=None,
                uplinks=uplinks,
                shape=name,
            )
        )
    return drawing.draft.build()


def _two_boxes(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    draw_device(drawing, site, "fix0", "wwan0")
    return (
        drawing.uplink(site, "fixed", "fix0", "fiber", FIRST),
        drawing.uplink(site, "mobile", "wwan0", "5g", SECOND),
    )


def _one_fibre(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    draw_device(drawing, site, "fix0", carriers=(FIRST,))
    return (drawing.uplink(site, "fixed", "fix0", "fiber", FIRST),)


def _one_5g(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    draw_device(drawing, site, "wwan0", carriers=(SECOND,))
    return (drawing.uplink(site, "mobile", "wwan0", "5g", SECOND),)


def _router_with_two_lines(
    drawing: CityBuilder, site: str, *device_addresses: str, ip_lines: tuple[str, ...] = ()
) -> LabUplink:
    """Draw a device behind a router that prefers its first line; return the link over that line."""
    draft = drawing.draft
    router = draft.add(
        Node(
            name=f"{site}.router",
            role=NodeRole.CPE,
            forwards=True,
            uplinks=("wan1", "wan2"),
            nat=("wan1", "wan2"),
            bridges=(Bridge(interface="lan", ports=(), v4=(IPv4Interface("192.168.1.1/24"),)),),
            ip_lines=ip_lines,
        )
    )
    cable = draft.wire(
        wire_end(f"{site}.device:eth0", *device_addresses), wire_end(f"{router}:lan")
    )
    # IPv4 only, like the NAT of such routers.
    first = drawing.line(f"{router}:wan1", "fiber", FIRST, versions=(4,))
    return LabUplink(
        name="fixed",
        interface="eth0",
        medium="fiber",
        carrier=FIRST,
        cpe=router,
        lan_wire=cable,
        access_wire=first,
    )


def _one_port_behind_two_lines(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    draw_device(drawing, site, "eth0", carriers=(FIRST,))
    uplink = _router_with_two_lines(drawing, site, "192.168.1.10/24")
    drawing.line(f"{uplink.cpe}:wan2", "5g", SECOND, versions=(4,))
    return (uplink,)


def _pinned(drawing: CityBuilder, site: str, selectors: tuple[str, str]) -> tuple[LabUplink, ...]:
    """Draw a router that sends packets matching a selector over that line and no other."""
    gateways = {
        interface: drawing.operators[carrier].next_line_gateway
        for interface, carrier in (("wan1", FIRST), ("wan2", SECOND))
    }
    ip_lines: list[str] = []
    for (interface, table), selector in zip(_TABLES.items(), selectors, strict=True):
        ip_lines += [
            f"rule add priority {table} iif lan {selector} lookup {table}",
            f"route add default via {gateways[interface]} dev {interface} table {table}",
            f"route add unreachable default metric 9999 table {table}",
        ]
    draw_device(drawing, site, "eth0")
    fixed = _router_with_two_lines(
        drawing, site, "192.168.1.10/24", "192.168.1.11/24", ip_lines=tuple(ip_lines)
    )
    second = drawing.line(f"{fixed.cpe}:wan2", "5g", SECOND, versions=(4,))
    mobile = replace(fixed, name="mobile", medium="5g", carrier=SECOND, access_wire=second)
    return fixed, mobile


def _by_source(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    fixed, mobile = _pinned(drawing, site, ("from 192.168.1.10", "from 192.168.1.11"))
    return (
        replace(fixed, sources=("192.168.1.10",)),
        replace(mobile, sources=("192.168.1.11",)),
    )


def _by_type_of_service(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    fixed, mobile = _pinned(drawing, site, ("tos 0x04", "tos 0x08"))
    return replace(fixed, tos=0x04), replace(mobile, tos=0x08)


def _two_routers(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    draft = drawing.draft
    draw_device(drawing, site, "eth0")
    draft.add(
        Node(
            name=f"{site}.switch",
            role=NodeRole.HOST,
            bridges=(Bridge(interface="lan", ports=()),),
        )
    )
    boxes = (("fixed", "ont", "fiber", FIRST), ("mobile", "cpe", "5g", SECOND))
    prefixes = [
        (drawing.operators[carrier], drawing.operators[carrier].lines) for *_, carrier in boxes
    ]
    own = [operator.addresses.lan_v6(line, 0x10) for operator, line in prefixes]
    draft.wire(
        wire_end(f"{site}.device:eth0", "192.168.1.10/24", *own), wire_end(f"{site}.switch:lan")
    )
    uplinks = []
    for number, (name, box, medium, carrier) in enumerate(boxes, start=1):
        operator, line = prefixes[number - 1]
        inside = (f"192.168.1.{number}/24", operator.addresses.lan_v6(line, 1))
        node = draft.cpe(f"{site}.{box}", realm=carrier, lan_addresses=inside)
        cable = draft.wire(wire_end(f"{site}.switch:lan"), wire_end(f"{node}:lan"))
        uplinks.append(
            LabUplink(
                name=name,
                interface="eth0",
                medium=medium,
                carrier=carrier,
                cpe=node,
                lan_wire=cable,
                access_wire=drawing.line(f"{node}:wan", medium, carrier),
                gateways=tuple(address.partition("/")[0] for address in inside),
                sources=(own[number - 1].partition("/")[0],),
            )
        )
    return tuple(uplinks)


def _on_the_router(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw a device that is the router itself: both lines end at it."""
    device = drawing.draft.add(
        Node(
            name=f"{site}.device",
            role=NodeRole.DEVICE,
            forwards=True,
            uplinks=("wan1", "wan2"),
            nat=("wan1", "wan2"),
            bridges=(Bridge(interface="lan", ports=(), v4=(IPv4Interface("192.168.1.1/24"),)),),
            nameservers=(
                *drawing.operators[FIRST].resolver_addresses,
                *drawing.operators[SECOND].resolver_addresses,
            ),
            sysctls={PING_GROUPS: EVERY_GROUP},
        )
    )
    uplinks = []
    for interface, name, medium, carrier in (
        ("wan1", "fixed", "fiber", FIRST),
        ("wan2", "mobile", "5g", SECOND),
    ):
        # A box that only bridges: the device has the line's addresses.
        box = drawing.draft.add(
            Node(
                name=f"{site}.{name}",
                role=NodeRole.HOST,
                bridges=(Bridge(interface="bridge", ports=()),),
            )
        )
        own = drawing.operators[carrier].next_line_addresses
        cable = drawing.draft.wire(
            wire_end(f"{device}:{interface}", *own), wire_end(f"{box}:bridge")
        )
        uplinks.append(
            LabUplink(
                name=name,
                interface=interface,
                medium=medium,
                carrier=carrier,
                cpe=box,
                lan_wire=cable,
                access_wire=drawing.line(f"{box}:bridge", medium, carrier),
            )
        )
    return tuple(uplinks)


HOME_PORT, ELSEWHERE_PORT = "panel2", "panel3"
"""
Where the device of ``moved`` is plugged in: the ports of its panel to the boxes of the two places.
"""


def _carried_device(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw a device that can be plugged in at two places, whose boxes have the same address."""
    draft = drawing.draft
    device = draw_device(drawing, site, "eth0", carriers=(FIRST,))
    panel = draft.add(
        Node(
            name=f"{site}.panel",
            role=NodeRole.HOST,
            bridges=(Bridge(interface="panel", ports=()),),
            ip_lines=(f"link set {ELSEWHERE_PORT} down",),
        )
    )
    cable = draft.wire(wire_end(f"{device}:eth0", "192.168.1.10/24"), wire_end(f"{panel}:panel"))
    lines = {}
    for name, carrier in (("home", FIRST), ("elsewhere", SECOND)):
        box = draft.cpe(f"{site}.{name}", realm=carrier, lan_addresses=("192.168.1.1/24",))
        draft.wire(wire_end(f"{panel}:panel"), wire_end(f"{box}:lan"))
        lines[name] = drawing.line(f"{box}:wan", "fiber", carrier, versions=(4,))
    return (
        LabUplink(
            name="fixed",
            interface="eth0",
            medium="fiber",
            carrier=FIRST,
            cpe=f"{site}.home",
            lan_wire=cable,
            access_wire=lines["home"],
        ),
    )


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name=TWO_BOXES, title="Hai cổng, hai thiết bị", draw=_two_boxes),
        Shape(
            name="b",
            title="Một cổng, bộ định tuyến hai đường",
            draw=_one_port_behind_two_lines,
        ),
        Shape(name="c", title="Một cổng, hai bộ định tuyến", draw=_two_routers),
        Shape(name="d", title="Bộ định tuyến chọn đường theo địa chỉ nguồn", draw=_by_source),
        Shape(name="d-tos", title="Bộ định tuyến chọn đường theo TOS", draw=_by_type_of_service),
        Shape(name="e", title="Một cổng, mỗi đường một VLAN", draw=vlan_for_each_line),
        Shape(name="f", title="Modem 5G trong thiết bị, hai SIM", draw=modem_in_device),
        Shape(name="g", title="Thiết bị tự quay số PPPoE", draw=dialled_by_device),
        Shape(name="h", title="Thêm mạng TSLCD sau tường lửa", draw=government_network),
        Shape(name="i", title="Điểm lưu động, một mạng 5G", draw=_one_5g),
        Shape(name="j", title="Chỉ một đường cáp quang", draw=_one_fibre),
        Shape(name="k", title="Thiết bị đo là bộ định tuyến", draw=_on_the_router),
        Shape(name="l", title="Sau máy chủ proxy của cơ quan", draw=behind_proxy),
        Shape(name=TRANSLATED, title="Đường chỉ có IPv6, NAT64 và 464XLAT", draw=ip6_only_lines),
        Shape(name="m-ds", title="Đường chỉ có IPv6, DS-Lite", draw=dual_stack_lite),
        Shape(name="moved", title="Thiết bị đo bị mang đi nơi khác", draw=_carried_device),
    )
}
