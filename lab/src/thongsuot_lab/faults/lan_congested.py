"""Somebody at the site downloads something large: its own traffic fills the line."""

from thongsuot_lab.act import Act
from thongsuot_lab.errors import TopologyError
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(act: Act, *, site: str, portal: str = "") -> None:
    """Let the site's client download without end."""
    client = act.topology.site(site).client
    if client is None:
        raise TopologyError(f"site {site!r} has no client that could download")
    act.download(client, act.topology.addresses_of(act.portal(portal))[0])
