"""Families: one of IPv4 and IPv6 is dead while the other reaches the common targets."""

from collections.abc import Sequence

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.observations import (
    Observation,
    Observations,
    SilenceCandidate,
    independent_witnesses,
    is_any_not_probed,
)
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.result import Family
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FAMILIES_APART_NS = 500_000_000
"""Longer than sending and answering a burst takes."""

_PAIRS = (
    (Family.IP4, Family.IP6, Symptom.IPV4_DOWN),
    (Family.IP6, Family.IP4, Symptom.IPV6_DOWN),
)
_DOWN = {symptom: family for family, _, symptom in _PAIRS}


def dead_family_of(link: LinkMemory) -> Family | None:
    """Return the address family of a link that is confirmed down while the other works."""
    fault = link.silence.fault
    return None if fault is None else _DOWN.get(fault.symptom)


def dead_family(at: LinkContext, observations: Observations) -> SilenceCandidate | None:
    """
    Return the family that stops on a lower rung than the other.

    The rung after the last one that answers in the family is broken. Interface and cable work,
    because the other family uses them; the site is responsible only if the family's own gateway
    stopped answering.
    """
    for family, other, symptom in _PAIRS:
        top = observations.top(family) or Segment.LAN
        other_top = _top_as_asked(observations, other, observations.silent_beyond(top, family))
        if other_top is None or RANK[top] >= min(RANK[other_top], RANK[Segment.TRANSIT]):
            continue
        silent = observations.silent_beyond(top, family)
        if len(independent_witnesses(silent)) < at.settings.quorum:
            continue
        segment = _gateway_segment(observations, family) if RANK[top] <= RANK[Segment.LAN] else None
        if segment is None:
            segment = LADDER[max(RANK[top], RANK[Segment.LAN]) + 1]
        fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=symptom)
        is_whole = not is_any_not_probed(at, observations, top, family)
        is_ripe = is_whole and _outlives(observations, other, silent)
        return SilenceCandidate(fault, tuple(silent), is_ripe, top, family)
    return None


def _top_as_asked(
    observations: Observations, other: Family, silent: Sequence[Observation]
) -> Segment | None:
    """
    Return the highest rung on which the other family answers the probes that fail in this one.

    Comparing a page over IPv6 with echoes over IPv4 compares protocols, not families: a carrier
    that dropped echoes of both was reported with its IPv4 down (2026-11).
    """
    kinds = {observation.point.kind for observation in silent}
    answered = (s.rung for s in observations.answered(other) if s.point.kind in kinds)
    return max(answered, key=RANK.__getitem__, default=None)


def _outlives(observations: Observations, other: Family, silent: Sequence[Observation]) -> bool:
    """
    Return whether the other family answered probes sent well after the silence began.

    A link that is cut between the answers of the two families looks the same at first.
    """
    since_ns = min(
        observation.track.silent_since_ns or observations.since_ns for observation in silent
    )
    last_ns = max(
        observation.track.answered_ns or 0
        for observation in observations.answered(other)
        if RANK[observation.rung] > RANK[Segment.LAN]
    )
    return last_ns - since_ns >= FAMILIES_APART_NS


def _gateway_segment(observations: Observations, family: Family) -> Segment | None:
    """Return ``lan`` if the family's own gateway used to answer and does not now."""
    for observation in observations.seen:
        if (
            observation.point.is_gateway
            and observation.track.family is family
            and observation.silent
        ):
            return Segment.LAN if observation.track.answered_ns is not None else None
    return None
