"""Families: one of IPv4 and IPv6 is dead while the other reaches what both should."""

from collections.abc import Sequence

from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.plan import RANK
from thongsuot_agent.judge.sight import Found, Seen, Sight, unheard, witnesses
from thongsuot_agent.judge.stand import Stand
from thongsuot_schema.result import Family
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

APART_NS = 500_000_000
"""Longer than a burst takes to be sent and answered."""

_PAIRS = (
    (Family.IP4, Family.IP6, Symptom.IP4_DEAD),
    (Family.IP6, Family.IP4, Symptom.IP6_DEAD),
)


def dead_family(at: Stand, sight: Sight) -> Found | None:
    """
    Return the family that stops on a lower rung than the other.

    The rung after the last that answers in the family is broken. The interface and the cable work,
    since the other family uses them; the site is at fault only if the family's own gateway fell
    silent.
    """
    for family, other, symptom in _PAIRS:
        top = sight.top(family) or Segment.LAN
        other_top = sight.top(other)
        if other_top is None or RANK[top] >= min(RANK[other_top], RANK[Segment.TRANSIT]):
            continue
        silent = sight.silent_beyond(top, family)
        if len(witnesses(silent)) < at.settings.quorum:
            continue
        segment = _gateway_segment(sight, family) if RANK[top] <= RANK[Segment.LAN] else None
        if segment is None:
            segment = LADDER[max(RANK[top], RANK[Segment.LAN]) + 1]
        fault = Fault(state=State.DEGRADED, segment=segment, symptom=symptom)
        is_whole = not unheard(at, sight, top, family)
        return Found(fault, tuple(silent), is_whole and _outlives(sight, other, silent))
    return None


def _outlives(sight: Sight, other: Family, silent: Sequence[Seen]) -> bool:
    """
    Return whether the other family answered what was asked well after the silence began.

    A link that is cut between the answers of the one and of the other looks the same at first.
    """
    since_ns = min(seen.track.silent_since_ns or sight.since_ns for seen in silent)
    last_ns = max(
        seen.track.answered_ns or 0
        for seen in sight.answered(other)
        if RANK[seen.rung] > RANK[Segment.LAN]
    )
    return last_ns - since_ns >= APART_NS


def _gateway_segment(sight: Sight, family: Family) -> Segment | None:
    """Return ``lan`` if the family's own gateway used to answer and does not now."""
    for seen in sight.seen:
        if seen.post.is_gateway and seen.track.family is family and seen.silent:
            return Segment.LAN if seen.track.answered_ns is not None else None
    return None
