"""Large packets vanish on the line and nobody says so: TCP connects, TLS stalls."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(act: Act, *, site: str, link: str = "fixed", largest_bytes: float = 1400) -> None:
    """Drop every packet of one line that is larger than this."""
    node, interface = act.line_of(act.uplink(site, link))
    for side in ("iifname", "oifname"):
        act.drop(node, "forward", f'{side} "{interface}" meta length > {largest_bytes:.0f}')
