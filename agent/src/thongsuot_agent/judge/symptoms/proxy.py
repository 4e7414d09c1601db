"""
Proxy: whether the office's proxy, the last box of the site before the line, lives.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.observations import Observation
from thongsuot_schema.reason import Reason


def is_proxy_alive(at: LinkContext, silent: Sequence[Observation]) -> bool | None:
    """
    Return what a silence of portals behind a proxy says of the proxy; ``None``: nothing.

    One that says that it reaches none of them lives, and the line begins behind it. One that is
    silent itself while the link's gateway answers is dead; with a gateway that is silent as well,
    or says nothing, it may be the way to it.
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
