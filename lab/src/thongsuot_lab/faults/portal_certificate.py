"""A portal's certificate is wrong."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "", kind: str = "expired") -> None:
    """Show a certificate that is expired, expiring, wrong-name or unknown-issuer."""
    act.behave(act.portal(portal), certificate=kind)
