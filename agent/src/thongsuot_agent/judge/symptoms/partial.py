"""Partial silence: the path works, but not to all destinations."""

from collections.abc import Sequence

from thongsuot_agent.judge.comparison import answers_elsewhere
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.observations import (
    Observation,
    Observations,
    SilenceCandidate,
    independent_witnesses,
    is_any_not_probed,
)
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FOREIGN_SILENT = Diagnosis(
    state=State.DEGRADED, segment=Segment.TRANSIT, symptom=Symptom.INTERNATIONAL_TRANSIT_SILENT
)
DOMESTIC_SILENT = Diagnosis(
    state=State.DEGRADED, segment=Segment.TRANSIT, symptom=Symptom.TRANSIT_SILENT
)
PARTIAL_OUTAGE = Diagnosis(
    state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.CARRIER_PARTIAL_OUTAGE
)
SHARE = 0.6
"""
The silent targets must be at least this share of the answering ones: more than a third of all.
"""


def partial_outage(at: LinkContext, observations: Observations) -> SilenceCandidate | None:
    """
    Return which part of the Internet is silent over a link that reaches the rest.

    All foreign anchors, or all domestic ones beyond the carrier: the paths there are down, even if
    every link of the site shows it. A mixture: some paths inside the carrier are down, but only if
    no independent link finds the same targets silent; a target that no link reaches is dead itself.
    """
    silent = _wholly_silent(at, observations)
    if len(independent_witnesses(silent)) < at.settings.quorum:
        return None
    beyond = [s for s in silent if RANK[s.rung] >= RANK[Segment.TRANSIT]]
    live = [s for s in observations.answered() if RANK[s.rung] >= RANK[Segment.TRANSIT]]
    for is_domestic, fault in ((False, FOREIGN_SILENT), (True, DOMESTIC_SILENT)):
        side = [s for s in beyond if s.point.domestic is is_domestic]
        is_whole = not any(s.point.domestic is is_domestic for s in live)
        is_alone = all(s.point.domestic is is_domestic for s in beyond)
        if (
            is_whole
            and is_alone
            and live
            and len(independent_witnesses(side)) >= at.settings.quorum
        ):
            return SilenceCandidate(
                fault, tuple(side), not is_any_not_probed(at, observations, Segment.CARRIER)
            )
    blamed = [s for s in silent if _is_ours(at, s)]
    lowest = min((RANK[s.rung] for s in blamed), default=0)
    answering = {s.witness for s in observations.answered() if RANK[s.rung] >= lowest}
    # Two anchors may die at once, of other carriers or by themselves; a third of all will not.
    if len(independent_witnesses(blamed)) < max(at.settings.quorum, SHARE * len(answering)):
        return None
    return SilenceCandidate(PARTIAL_OUTAGE, tuple(blamed))


def _wholly_silent(at: LinkContext, observations: Observations) -> list[Observation]:
    """
    Return the silent observations beyond the access, of targets without any answer.

    A kind of probe that no target at that distance answers is filtered on the path (carriers drop
    ICMP): its silence is not a destination's. A target that has never answered, while all services
    are reached, may answer nobody (2026-12: an agent called its line a partial outage for its first
    half minute, because the exchange answers no echoes).
    """
    answered = observations.answered()
    targets = {s.point.target for s in answered}
    silent = [
        s
        for s in observations.silent_beyond(Segment.ACCESS)
        if s.point.target not in targets
        and any(a.point.kind == s.point.kind and RANK[a.rung] >= RANK[s.rung] for a in answered)
    ]
    unheard = [s for s in silent if s.track.answered_ns is None]
    if not unheard or not _are_services_reached(at, unheard):
        return silent
    return [s for s in silent if s.track.answered_ns is not None]


def _are_services_reached(at: LinkContext, silent: Sequence[Observation]) -> bool:
    """Return whether every service has answered over the link since a silence began."""
    since_ns = min(s.track.silent_since_ns or 0 for s in silent)
    answered = {t.target for t in at.link.tracks.values() if (t.answered_ns or 0) >= since_ns}
    services = {point.target for point in at.probes.points.values() if point.is_service}
    return bool(services) and services <= answered


def _is_ours(at: LinkContext, observation: Observation) -> bool:
    """
    Return whether a silence belongs to this link: no other working link that shares nothing with it
    finds the target silent too.
    """
    since_ns = observation.track.silent_since_ns or 0
    return answers_elsewhere(at, observation.point.target, since_ns) is not False
