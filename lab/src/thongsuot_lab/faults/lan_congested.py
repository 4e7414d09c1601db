"""Somebody at the site downloads something large: the site's own traffic fills the line."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str, source: str = "client", portal: str = "") -> None:
    """
    Run a download at the site until the fault is undone.

    ``source`` is the downloading host: ``client``, beside the device, or ``device`` itself, over
    its preferred uplink; only in the second case do the device's own counters see the load.
    """
    where = scope.topology.site(site)
    sources = {"client": where.client, "device": where.device}
    if source not in sources:
        raise TopologyError(f"a source is {' or '.join(sources)}, not {source!r}")
    node = sources[source]
    if node is None:
        raise TopologyError(f"site {site!r} has no client that could download")
    scope.download(node, scope.topology.addresses_of(scope.portal_node(portal))[0])
