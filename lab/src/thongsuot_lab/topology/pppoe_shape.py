"""The shape with a PPPoE session in the device, by an optical modem that only bridges."""

from dataclasses import replace

from thongsuot_lab.topology.attachments import PppoeEnd
from thongsuot_lab.topology.builder import wire_end
from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import Bridge, LabUplink, Node, NodeRole
from thongsuot_lab.topology.shape_parts import FIRST, SECOND, draw_device


def dialled_by_device(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw a fibre over which the device dials in, beside a 5G box of its own."""
    draft = drawing.draft
    device = draw_device(drawing, site, "wwan0")
    node = draft.nodes[device]
    draft.nodes[device] = replace(node, pppoe=(PppoeEnd(interface="ppp0", port="fix0"),))
    ont = draft.add(
        Node(
            name=f"{site}.ont",
            role=NodeRole.HOST,
            bridges=(Bridge(interface="bridge", ports=()),),
        )
    )
    cable = draft.wire(wire_end(f"{device}:fix0"), wire_end(f"{ont}:bridge"))
    operator = drawing.operators[FIRST]
    number = operator.lines
    own, theirs = (
        address.partition("/")[0]
        for address in (operator.next_line_addresses[0], f"{operator.next_line_gateway}/30")
    )
    line = drawing.line(f"{ont}:bridge", "fiber", FIRST, versions=(4,))
    access = draft.nodes[operator.carrier.access]
    draft.nodes[access.name] = replace(
        access,
        pppoe=(
            *access.pppoe,
            PppoeEnd(
                interface=f"ppps{number}",
                port=f"line{number}",
                is_server=True,
                local=theirs,
                peer=own,
                name=f"{FIRST}-bras",
            ),
        ),
    )
    fixed = LabUplink(
        name="fixed",
        interface="ppp0",
        medium="fiber",
        carrier=FIRST,
        cpe=ont,
        lan_wire=cable,
        access_wire=line,
        port="fix0",
    )
    return fixed, drawing.uplink(site, "mobile", "wwan0", "5g", SECOND)
