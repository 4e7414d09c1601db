"""The shape with a VLAN for each line, on one cable between the device and a switch."""

from thongsuot_lab.topology.attachments import Vlan
from thongsuot_lab.topology.builder import wire_end
from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import EVERY_GROUP, PING_GROUPS, Bridge, LabUplink, Node, NodeRole
from thongsuot_lab.topology.shape_parts import FIRST, SECOND

VLANS = {"fixed": 10, "mobile": 20}
SWITCH_PORTS = {"fixed": "vlan101", "mobile": "vlan201"}
"""The ports of the switch to which the cables of the two boxes are connected."""


def vlan_for_each_line(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw two boxes with the same address, each on a VLAN of its own."""
    draft = drawing.draft
    device, switch = draft.add(_device(drawing, site)), draft.add(_switch(site))
    draft.wire(wire_end(f"{device}:eth0"), wire_end(f"{switch}:trunk"))
    uplinks = []
    for name, box, medium, carrier in (
        ("fixed", "ont", "fiber", FIRST),
        ("mobile", "cpe", "5g", SECOND),
    ):
        number = VLANS[name]
        node = draft.cpe(f"{site}.{box}", realm=carrier, lan_addresses=("192.168.1.1/24",))
        cable = draft.wire(wire_end(f"{switch}:vlan{number}"), wire_end(f"{node}:lan"))
        uplinks.append(
            LabUplink(
                name=name,
                interface=f"eth0.{number}",
                medium=medium,
                carrier=carrier,
                cpe=node,
                lan_wire=cable,
                access_wire=drawing.line(f"{node}:wan", medium, carrier, versions=(4,)),
            )
        )
    return tuple(uplinks)


def _device(drawing: CityBuilder, site: str) -> Node:
    own = {"fixed": "192.168.1.10", "mobile": "192.168.1.11"}
    return Node(
        name=f"{site}.device",
        role=NodeRole.DEVICE,
        vlans=tuple(
            Vlan(interface=f"eth0.{number}", port="eth0", number=number)
            for number in VLANS.values()
        ),
        ip_lines=tuple(
            line
            for metric, (name, number) in enumerate(VLANS.items(), start=1)
            for line in (
                f"addr add {own[name]}/24 dev eth0.{number}",
                f"route add default via 192.168.1.1 dev eth0.{number} metric {metric}00",
            )
        ),
        nameservers=(
            *drawing.operators[FIRST].resolver_addresses,
            *drawing.operators[SECOND].resolver_addresses,
        ),
        sysctls={
            PING_GROUPS: EVERY_GROUP,
            # The same network on both: each interface answers ARP only for its own address.
            "net.ipv4.conf.all.arp_ignore": "1",
            "net.ipv4.conf.all.arp_announce": "2",
        },
    )


def _switch(site: str) -> Node:
    return Node(
        name=f"{site}.switch",
        role=NodeRole.HOST,
        bridges=tuple(Bridge(interface=f"vlan{n}", ports=()) for n in VLANS.values()),
        vlans=tuple(
            Vlan(interface=f"trunk.{number}", port="trunk", number=number)
            for number in VLANS.values()
        ),
        ip_lines=tuple(f"link set trunk.{n} master vlan{n}" for n in VLANS.values()),
    )
