"""
New flows: established flows continue, and new ones get no answer.

A full connection table lets old flows pass and drops the first packet of new ones (conntrack in the
site's router; CGN at the carrier). The echoes of the schedule are old flows and answered, lookups
and connects are new ones and are not: seen separately, this blamed the carrier's name server, its
path to the services or its line (2026-11: four of ten wrong notifications). New flows to the
routers in between determine whose table it is (``near_flows``).
"""

from thongsuot_agent.judge.comparison import answers_elsewhere
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import rung_of
from thongsuot_agent.judge.rounds import can_be_probed
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.near_flows import is_lan_losing
from thongsuot_agent.judge.tracks import ECHO, silent_lately
from thongsuot_schema.catalogue import dns
from thongsuot_schema.segment import Segment

SERVICES_UNREACHED = 2
"""This many services that time out together with lookups are not all dead."""
LOOKUPS_LOST = 2
"""One lookup in a thousand is lost anyway, and is no evidence of lost new flows."""
LOOKUPS_IN_A_ROW = 2
"""
If this many consecutive lookups are lost, with no page since, the cause is not an intermittent loss
of new flows.
"""
FRESH_S = 100.0
"""There is a lookup every 30 s and a page every 60 s: a failure of this age is still current."""
OLD_FLOWS_CLEAN_RATIO = 0.06
"""Maximum loss ratio of the latest runs of echoes, which are old flows."""
REQUEST_ROUNDS = 2
"""
Rounds after which a request is made that distinguishes a dead name server from lost new flows.
"""


def are_new_flows_lost(at: LinkContext) -> bool:
    """
    Return whether lookups and connects are unanswered over a link whose echoes are answered.

    Both are required: with a dead name server the last known address still accepts connections, and
    with a carrier that drops TCP lookups are answered. A service that no independent link reaches
    either is no evidence alone; two are, because lines may share a device that is not in the
    inventory.
    """
    connects = is_echoing = False
    since_lookups_ns = _silent_row_of_lookups_ns(at)
    lookups = 0
    unreached: set[str] = set()
    lost = runs = 0
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or RANK[rung_of(point, at.link.facts)] <= RANK[Segment.LAN]:
            continue
        if track.kind == ECHO and not track.known_unresponsive:
            count, total = silent_lately(track)
            lost, runs = lost + count, runs + total
            is_echoing = is_echoing or not track.silences
        elif track.kind == dns.KIND.name:
            lookups += silent_lately(track)[0] if _fell_silent_lately(at, track) else 0
        elif (
            point.is_service
            and _fell_silent_lately(at, track)
            and not _is_over(track, since_lookups_ns)
        ):
            since_ns = (track.silent_ns or at.now_ns) - ns(FRESH_S)
            connects = connects or answers_elsewhere(at, track.target, since_ns) is not False
            unreached.add(track.target)
    is_clean = is_echoing and lost <= OLD_FLOWS_CLEAN_RATIO * runs and not is_lan_losing(at)
    return (
        lookups >= LOOKUPS_LOST and (connects or len(unreached) >= SERVICES_UNREACHED) and is_clean
    )


def _silent_row_of_lookups_ns(at: LinkContext) -> int | None:
    """
    Return since when silent name servers have answered nothing; ``None`` if one has.
    """
    lookups = [
        track
        for track in at.link.tracks.values()
        if track.kind == dns.KIND.name and _fell_silent_lately(at, track)
    ]
    if not lookups or any(track.silences < LOOKUPS_IN_A_ROW for track in lookups):
        return None
    return min(track.silent_since_ns or at.now_ns for track in lookups)


def _is_over(track: Track, since_ns: int | None) -> bool:
    """
    Return whether a service was silent only before a time, and has answered after that silence.

    A portal that had been out counted as lost new flows when a name server died a minute later
    (2026-12); and also where it had been well again before, until all its pages had been requested
    once more: then a dead name server was named after 16 s, and not after five. What is true of the
    flows now is shown by the requests that are awaited.
    """
    if since_ns is None:
        return False
    silent_ns = track.silent_ns or 0
    return silent_ns < since_ns and silent_ns < (track.answered_ns or 0)


def is_request_awaited(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether it is still open, since a time, whether a request over the link succeeds.

    A single success proves little if some flows pass; so all requests are awaited, but only for a
    limited time: until they are made, and as long as a run may take.
    """
    asked_s = REQUEST_ROUNDS * at.settings.resolver.every_s
    if at.now_ns - since_ns >= ns(asked_s + at.settings.service_wait_s):
        return False
    return any(
        max(track.worked_ns or 0, track.failed_ns or 0) < since_ns
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_service
        and can_be_probed(at.link, point, track.family)
    )


def _fell_silent_lately(at: LinkContext, track: Track) -> bool:
    is_fresh = at.now_ns - (track.silent_ns or 0) <= ns(FRESH_S)
    return track.silent_ns is not None and is_fresh
