"""The shape with a modem in the device: raw IP, no neighbour, two SIMs of two carriers."""

from dataclasses import replace
from ipaddress import ip_interface

from thongsuot_lab.topology.attachments import Modem, RadioTunnel, Sim
from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import Bridge, LabUplink, Node, NodeRole
from thongsuot_lab.topology.shape_parts import FIRST, SECOND, draw_device

PLMN = {FIRST: "45290", SECOND: "45291"}
"""Networks of the lab itself, of no carrier."""
RADIOS = {SECOND: "sim1", FIRST: "sim2"}
"""By the carrier of each SIM, the active one first."""


def modem_in_device(drawing: CityBuilder, site: str) -> tuple[LabUplink, ...]:
    """Draw a fibre, and a modem with a SIM of the other carrier and one of the fibre's."""
    draft = drawing.draft
    device = draw_device(drawing, site, "fix0")
    fixed = drawing.uplink(site, "fixed", "fix0", "fiber", FIRST)
    radio = draft.add(
        Node(
            name=f"{site}.modem",
            role=NodeRole.HOST,
            # A bridge with one port: it has no address.
            bridges=tuple(Bridge(interface=name, ports=()) for name in RADIOS.values()),
        )
    )
    lines = {carrier: _radio_line(drawing, radio, carrier) for carrier in RADIOS}
    modem = Modem(interface="wwan0", radio=radio, sims=tuple(sim for _, sim in lines.values()))
    draft.nodes[device] = replace(draft.nodes[device], modems=(modem,))
    access_wire, _ = lines[SECOND]
    mobile = LabUplink(
        name="mobile",
        interface="wwan0",
        medium="5g",
        carrier=SECOND,
        cpe=radio,
        lan_wire=access_wire,
        access_wire=access_wire,
    )
    return fixed, mobile


def _radio_line(drawing: CityBuilder, radio: str, carrier: str) -> tuple[str, Sim]:
    """Draw the path of a SIM's packets; return the wire and the SIM."""
    draft, operator = drawing.draft, drawing.operators[carrier]
    number, bridge = operator.lines, RADIOS[carrier]
    own = ip_interface(operator.next_line_addresses[0]).ip
    tunnel = RadioTunnel(
        interface=f"ggsn{number}",
        port=f"line{number}",
        local=operator.next_line_gateway,
        peer=str(own),
    )
    wire = drawing.line(f"{radio}:{bridge}", "5g", carrier, versions=(4,))
    access = draft.nodes[operator.carrier.access]
    draft.nodes[access.name] = replace(access, tunnels=(*access.tunnels, tunnel))
    # As with real modems: a network of a few addresses, whose router never sends anything.
    address = ip_interface(f"{own}/29")
    gateway = address.network.network_address + 3
    return wire, Sim(
        port=f"{bridge}1", plmn=PLMN[carrier], address=str(address), gateway=str(gateway)
    )
