"""
Corroboration: whether what a link carries bears out what its echoes show.

Carriers police echoes, and users send none. So the loss that echoes show is confirmed, or refuted,
by lookups and web requests in proportion.
"""

from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.symptoms.carried_location import (
    CONFIRMED_NATS,
    DECIDE_ANYWAY_S,
    REFUTED_NATS,
    carrying,
)
from thongsuot_agent.judge.symptoms.carried_loss import CARRIED_SHARE
from thongsuot_agent.judge.symptoms.carried_samples import (
    LOOKUP,
    LOST_AT_ONCE,
    QUESTIONS,
    evidence_nats,
    packets_of,
)
from thongsuot_schema.segment import Segment

LOOKUPS_ALONE_NATS = 4.6
"""Odds of 100 : 1 by lookups, where all that is carried together does not bear the loss out."""
POLICED_S = 600.0
"""So long echoes say nothing of loss once a policer is found; then they are asked again."""


def confirms(at: LinkContext, segment: Segment, ratio: float, alarm_ns: int) -> bool | None:
    """
    Return whether what the link carries loses what its echoes lose, from a rung on.

    Each protocol is a witness: lookups that lose alone confirm it, however well pages come through,
    of which only what the device sends again is counted (2026-11: a line that was dead for a second
    of ten was acquitted by hundreds of segments as a policer).

    ``None``: not enough was carried yet. ``ratio`` is the share of echoes lost: lookups and
    segments must lose in proportion. Where nothing else is measured as far out as the rung, or
    nothing of it was heard for long, the echoes are believed; but not of what lies beyond the
    carrier, where they are all of it: there a service has to fail.
    """
    tracks = [track for _, track in carrying(at, segment)]
    carried = packets_of(tracks)
    is_long = at.now_ns - alarm_ns >= ns(DECIDE_ANYWAY_S)
    if not tracks or (not carried.sent and is_long):
        return segment is not Segment.TRANSIT or any(track.failures for track in tracks)
    degraded = min(0.9, max(at.settings.loss_degraded_ratio, CARRIED_SHARE * ratio))
    nats = evidence_nats(carried.sent, carried.lost, degraded, at.settings.loss_healthy_ratio)
    lookups = packets_of(track for track in tracks if track.kind == LOOKUP)
    silences = _silent_lookups(at) if segment is Segment.LAN else 0
    lookup_nats = evidence_nats(
        lookups.sent + QUESTIONS * silences,
        lookups.lost + silences,
        degraded,
        at.settings.loss_healthy_ratio,
    )
    if nats >= CONFIRMED_NATS or lookup_nats >= LOOKUPS_ALONE_NATS:
        return True
    return False if nats <= REFUTED_NATS or is_long else None


def _silent_lookups(at: LinkContext) -> int:
    """
    Return how many lookups stay unanswered now, of servers that used to answer.

    Where the gateway loses as well they need not be answered again to count: of a LAN that lost
    seven of ten packets each way none ever was, and nothing was said of it (2026-11).
    """
    return sum(
        min(track.silences, LOST_AT_ONCE)
        for track in at.link.tracks.values()
        if track.kind == LOOKUP and track.answered_ns is not None
    )


def refutes(at: LinkContext, segment: Segment, ratio: float) -> bool:
    """
    Return whether what the link carries does not lose what its echoes lose, from a rung on.

    Lookups, whose losses all count, have to lose far less than echoes; and all that is carried must
    not bear the loss out: of a request only what it sends again is counted, which proves one
    direction.
    """
    least, healthy = at.settings.loss_degraded_ratio, at.settings.loss_healthy_ratio
    tracks = [track for _, track in carrying(at, segment)]
    carried = packets_of(tracks)
    lookups = packets_of(track for track in tracks if track.kind == LOOKUP)
    of_echoes = min(0.9, max(least, ratio))
    of_carried = min(0.9, max(least, CARRIED_SHARE * ratio))
    return (
        evidence_nats(lookups.sent, lookups.lost, of_echoes, healthy) <= REFUTED_NATS
        and evidence_nats(carried.sent, carried.lost, of_carried, healthy) < 0.0
    )
