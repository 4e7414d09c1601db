"""
Corroboration: whether a link's actual traffic confirms what its echoes show.

Carriers police echoes, and users send none. So the loss of echoes is confirmed, or refuted, by
lookups and web requests in proportion: traffic that loses a few packets in a hundred, as a transfer
of the site's own makes it, does not confirm that echoes lose forty.
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
    CarriedPackets,
    evidence_nats,
    packets_of,
)
from thongsuot_schema.segment import Segment

LOOKUPS_SHARE, LOOKUPS_AT_MOST = 0.5, 0.25
"""
In proportion to the echoes' loss ratio: each lookup is answered as an echo is, and each loss
counts, so they lose nine tenths of it up to 20 %; then less, and never more than three in eight,
because only a few in a row count. Half of it is demanded, and at most a quarter of them.
"""
FAR_LESS = 0.2
"""
Share of the demanded loss that refutes it: what the traffic loses then has another cause. As the
healthy loss ratio is to the degraded one.
"""
PLAIN_RATIO, PLAIN_NATS = 0.15, 3.0
"""
So many lost echoes are more often limited than lost, and lookups show a real loss of this size
within seconds: odds of 20 : 1 are required. One lost lookup of four is chance where an upload of
the site drops 3 %.
"""
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
    segments must lose in proportion, each by what they can show (2026-12: a carrier limited echoes,
    of which 40 % were lost, and was told of a loss because an upload of the site dropped 3 % of
    everything). If nothing else is measured as far out as the rung, or has no
    recent results, the echoes decide; but not for targets beyond the carrier, where they would be
    the only evidence: there a service has to fail.
    """
    tracks = [track for _, track in carrying(at, segment)]
    carried = packets_of(tracks)
    is_long = at.now_ns - alarm_ns >= ns(DECIDE_ANYWAY_S)
    if not tracks or (not carried.sent and is_long):
        return segment is not Segment.TRANSIT or any(track.failures for track in tracks)
    lookups = packets_of(track for track in tracks if track.kind == LOOKUP)
    requests = packets_of(track for track in tracks if track.kind != LOOKUP)
    silences = _silent_lookups(at) if segment is Segment.LAN else 0
    demanded = min(LOOKUPS_AT_MOST, LOOKUPS_SHARE * ratio)
    nats = _nats(at, lookups, demanded) + _nats(at, requests, CARRIED_SHARE * ratio)
    unanswered = CarriedPackets(QUESTIONS * silences, silences)
    lookup_nats = _nats(at, lookups, demanded) + _nats(at, unanswered, demanded)
    is_plain = ratio >= PLAIN_RATIO
    enough = PLAIN_NATS if is_plain else CONFIRMED_NATS
    enough_alone = PLAIN_NATS if is_plain else LOOKUPS_ALONE_NATS
    if nats >= enough or lookup_nats >= enough_alone:
        return True
    return False if nats <= REFUTED_NATS or is_long else None


def _nats(at: LinkContext, packets: CarriedPackets, demanded: float) -> float:
    """Return the evidence that packets have a demanded loss ratio, and not far less."""
    degraded = min(0.9, max(at.settings.loss_degraded_ratio, demanded))
    far_less = max(at.settings.loss_healthy_ratio, FAR_LESS * degraded)
    return evidence_nats(packets.sent, packets.lost, degraded, far_less)


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
    tracks = [track for _, track in carrying(at, segment)]
    lookups = packets_of(track for track in tracks if track.kind == LOOKUP)
    return (
        _nats(at, lookups, ratio) <= REFUTED_NATS
        and _nats(at, packets_of(tracks), CARRIED_SHARE * ratio) < 0.0
    )
