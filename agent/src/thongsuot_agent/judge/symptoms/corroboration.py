"""
Corroboration: whether a link's actual traffic confirms what its echoes show.

Carriers police echoes, and users send none. So the loss of echoes is confirmed, or refuted, by
lookups and web requests in proportion.
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
"""Odds of 100 : 1 by lookups, if the whole traffic together does not confirm the loss."""
POLICED_S = 600.0
"""
After a policer was detected, echoes are no evidence of loss for this time; then they are probed
again.
"""


def confirms(at: LinkContext, segment: Segment, ratio: float, alarm_ns: int) -> bool | None:
    """
    Return whether the link's actual traffic has the loss of its echoes, from a rung on.

    Each protocol is a witness: lookups with loss confirm it alone, even if pages load well, of
    which only the device's own retransmissions are counted (2026-11: a line that was dead for a
    second of ten was cleared as a policer by hundreds of segments).

    ``None``: not enough traffic yet. ``ratio`` is the loss ratio of the echoes: lookups and
    segments must lose in proportion. If nothing else is measured as far out as the rung, or has no
    recent results, the echoes decide; but not for targets beyond the carrier, where they would be
    the only evidence: there a service has to fail.
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
    Return the number of currently unanswered lookups to servers that used to answer.

    If the gateway has loss as well, they count without a later answer: in a LAN that lost seven of
    ten packets in each direction no lookup was ever answered, and nothing was reported (2026-11).
    """
    return sum(
        min(track.silences, LOST_AT_ONCE)
        for track in at.link.tracks.values()
        if track.kind == LOOKUP and track.answered_ns is not None
    )


def refutes(at: LinkContext, segment: Segment, ratio: float) -> bool:
    """
    Return whether the link's actual traffic does not have the loss of its echoes, from a rung on.

    Lookups, whose losses all count, must lose far less than echoes; and the whole traffic must not
    confirm the loss: of a request only its retransmissions are counted, which prove one direction.
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
