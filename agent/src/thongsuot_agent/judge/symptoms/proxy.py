"""
Proxy: whether the office's proxy, the site's last device before the line, works.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.observations import Observation
from thongsuot_schema.reason import Reason


def is_proxy_alive(at: LinkContext, silent: Sequence[Observation]) -> bool | None:
    """
    Return what a silence of portals behind a proxy proves about the proxy; ``None``: nothing.

    A proxy that reports that it reaches none of them works, and the fault is behind it. A proxy
    that is silent itself while the link's gateway answers is dead; if the gateway is silent as
    well, or gives no evidence, the path to the proxy may be at fault.
    """
    if not at.probes.link.proxy:
        return None
    reasons = {observation.track.reason for observation in silent if observation.point.is_service}
    if Reason.PROXY_CANNOT_REACH in reasons:
        return True
    if Reason.PROXY_SILENT not in reasons:
        return None
    is_gateway_alive = any(
        track.answered_ns is not None and not track.silences
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None and point.is_gateway
    )
    return False if is_gateway_alive else None
