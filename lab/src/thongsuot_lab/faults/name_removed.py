"""A portal's name does not exist any more."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import NodeRole
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Take the portal's names out of the zone."""
    addresses = scope.topology.addresses_of(scope.portal_node(portal))
    gone = [name for name, at in scope.topology.names.items() if set(at) & set(addresses)]
    zones = [node.name for node in scope.topology.nodes if node.role is NodeRole.ZONE]
    for zone in zones:
        scope.behave(zone, gone=gone)
