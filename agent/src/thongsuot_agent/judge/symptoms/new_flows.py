"""
New flows: what is open goes on, and what begins now gets no answer.

A table of connections that is full lets old flows pass and drops the first packet of new ones
(conntrack in the site's box; CGN at the carrier). The echoes of the schedule are old flows and
answered, lookups and connects are new ones and are not: read apart, that accused the carrier's name
server, its way to the services or its line (2026-11: four of ten wrong messages). Whose table it
is, new flows to what stands between the two tell (``near_flows``).
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
"""So many services that time out, while lookups do, are not dead by themselves."""
LOOKUPS_LOST = 2
"""One lookup in a thousand is lost anyway, and is no witness that new flows are."""
LOOKUPS_IN_A_ROW = 2
"""So many lost in a row, and no page since: then it is not new flows that are lost by turns."""
FRESH_S = 100.0
"""A lookup is made every 30 s and a page every 60 s: so old a failure is one of now."""
OLD_FLOWS_CLEAN_RATIO = 0.06
"""Share of their latest runs that echoes, which are old flows, may lose."""
REQUEST_ROUNDS = 2
"""Rounds after which a request is made that tells a dead name server from lost new flows."""


def are_new_flows_lost(at: LinkContext) -> bool:
    """
    Return whether lookups and connects stay unanswered over a link whose echoes are answered.

    Both have to: a dead name server leaves the last known address to connect to, and a carrier that
    drops TCP answers lookups. A service that no independent link reaches either is no witness
    alone; two are, since lines may go through one box that the inventory does not name.
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
    Return since when name servers that fell silent have answered nothing; ``None`` where one has.
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
    Return whether a service was silent before a moment only, and has answered since.

    A portal that had been out was taken for new flows that were lost when a name server died a
    minute later (2026-12).
    """
    if since_ns is None:
        return False
    return (track.silent_ns or 0) < since_ns < (track.answered_ns or 0)


def is_request_awaited(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether a request has not said yet, since a moment, whether the link carries new flows.

    One that gets through proves little where some do; so all are waited for, but for a while only:
    until they are made, and as long as a run may take.
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
