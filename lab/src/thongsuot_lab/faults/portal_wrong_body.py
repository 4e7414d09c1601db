"""A portal answers with a page that is not its own."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "", text: str = "It works!") -> None:
    """Serve another text."""
    scope.behave(scope.portal_node(portal), text=text)
