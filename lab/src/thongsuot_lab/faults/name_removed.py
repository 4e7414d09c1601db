"""A portal's name does not exist any more."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import NodeRole
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "") -> None:
    """Take the portal's names out of the zone."""
    addresses = act.topology.addresses_of(act.portal_node(portal))
    gone = [name for name, at in act.topology.names.items() if set(at) & set(addresses)]
    zones = [node.name for node in act.topology.nodes if node.role is NodeRole.ZONE]
    for zone in zones:
        act.behave(zone, gone=gone)
