"""A portal's certificate is wrong."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "", kind: str = "expired") -> None:
    """Show a certificate that is expired, expiring, wrong-name or unknown-issuer."""
    scope.behave(scope.portal_node(portal), certificate=kind)
