"""
Latency: round trips well above the link's own usual ones, or above any plausible value.

A fast answer from a rung proves every rung below fast. If the site's own traffic fills the link,
the queue is the site's; if the gateway itself is slow, likewise.
"""

from collections.abc import Iterator

from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import (
    Observation,
    Observations,
    independent_witnesses,
    rung_of,
)
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.own_queue import CAUSE_UNKNOWN, may_be_own_queue
from thongsuot_agent.judge.symptoms.pages import is_refuted_by_pages
from thongsuot_agent.judge.symptoms.traffic import is_link_busy, knows_rate_since, load_of_boxes
from thongsuot_agent.judge.tracks import ECHO, is_slow
from thongsuot_schema.catalogue import dns, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

_SYMPTOMS = {
    Segment.LAN: Symptom.LAN_CONGESTED,
    Segment.ACCESS: Symptom.ACCESS_SLOW,
    Segment.CARRIER: Symptom.CARRIER_SLOW,
    Segment.TRANSIT: Symptom.TRANSIT_SLOW,
}


def is_suspiciously_slow(at: LinkContext, observation: Observation) -> bool:
    """Return whether an echo took so long that the link should be examined."""
    track = observation.track
    if track.kind != ECHO or track.value_s is None:
        return False
    return is_slow(track, at.settings) or (
        observation.point.domestic and track.value_s > at.settings.slow_limit_s
    )


def is_latency_measured(at: LinkContext, observations: Observations) -> bool:
    """
    Return whether a round has anything to say about how long echoes take.

    An echo that was under way when the round began, and was answered in it, speaks: nobody is asked
    a second time beside it (2026-12: what had been asked a millisecond before each round, because
    of a loss, kept a 5G line slow for two minutes after its cell had faded, and its carrier heard
    of it).
    """
    return any(
        _back_ns(s.track) >= observations.since_ns and RANK[s.rung] > RANK[Segment.LAN]
        for s in _echoes(at)
    )


def detect_latency(at: LinkContext, observations: Observations) -> Suspicion | None:
    """Return the rung on which a link is slow in a round, ``None`` if it is not."""
    echoes = [
        observation for observation in _echoes(at) if _is_fresh(at, observation, observations)
    ]
    slow = [observation for observation in echoes if is_suspiciously_slow(at, observation)]
    if not slow:
        return None
    fast = [observation for observation in echoes if not is_suspiciously_slow(at, observation)]
    segment, blamed = _locate_latency(at, slow, fast)
    if segment is None or _is_refuted_by_lookups(at, observations, segment, blamed):
        return None
    onset_ns = min(
        observation.track.slow_since_ns or observations.since_ns for observation in blamed
    )
    if segment is Segment.TRANSIT and is_refuted_by_pages(at, onset_ns):
        return None
    evidence = _latency_evidence(at, echoes)
    if segment is not Segment.TRANSIT and is_link_busy(at, at.now_ns):
        segment = Segment.LAN
        evidence = (*load_of_boxes(at), *evidence)
    fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=_SYMPTOMS[segment])
    is_own: bool | None = False
    if segment in {Segment.ACCESS, Segment.CARRIER}:
        is_own = may_be_own_queue(at, blamed, onset_ns)
    if is_own:
        fault = CAUSE_UNKNOWN
    return Suspicion(
        fault=fault,
        onset_ns=onset_ns,
        evidence=evidence,
        # Until the counters of interface and router cover this time, the owner of the queue is
        # unknown.
        is_ripe=is_own is not None
        and knows_rate_since(at, onset_ns)
        and not _is_lower_rung_not_probed(at, observations, segment),
    )


def _is_refuted_by_lookups(
    at: LinkContext, observations: Observations, segment: Segment, slow: list[Observation]
) -> bool:
    """
    Return whether lookups were as fast as usual on the path on which echoes are slow.

    A fault of a link shows in its actual traffic; routers answer, and carriers forward, echoes with
    the lowest priority. In every slow family a name server beyond the rung must have answered in
    the round.
    """
    quick = {
        track.family
        for track in at.link.tracks.values()
        if track.kind == dns.KIND.name
        and (point := at.probes.point_of(track)) is not None
        and RANK[rung_of(point, at.link.facts)] >= max(RANK[segment], RANK[Segment.CARRIER])
        and track.usual_s is not None
        and track.value_s is not None
        and (track.value_ns or 0) >= observations.since_ns
        and track.value_s - track.usual_s < at.settings.slow_excess_s / 2
    }
    return (
        segment is not Segment.LAN and {observation.track.family for observation in slow} <= quick
    )


def _back_ns(track: Track) -> int:
    """Return when the latest round trip was over."""
    return (track.value_ns or 0) + round((track.value_s or 0.0) * NS_PER_S)


def _echoes(at: LinkContext) -> Iterator[Observation]:
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is not None and track.kind == ECHO and track.value_ns is not None:
            yield Observation(
                track, point, rung_of(point, at.link.facts), answered=True, silent=False
            )


def _is_fresh(at: LinkContext, observation: Observation, observations: Observations) -> bool:
    """
    Return whether a round trip counts in a round: it was in flight during it.

    The gateway's latest counts longer, because without it the next rung would be blamed.
    """
    back_s = at.probes.round_s + 1.0 if observation.point.is_gateway else 1.0
    return (observation.track.value_ns or 0) >= observations.since_ns - ns(back_s)


def _is_lower_rung_not_probed(
    at: LinkContext, observations: Observations, segment: Segment
) -> bool:
    """Return whether a lower rung with working probe points was not probed in the round."""
    heard = {
        s.rung for s in _echoes(at) if (s.track.value_ns or 0) >= observations.since_ns - ns(1.0)
    }
    return any(
        RANK[s.rung] < RANK[segment] and s.rung not in heard and not s.track.silences
        for s in _echoes(at)
    )


def _locate_latency(
    at: LinkContext, slow: list[Observation], fast: list[Observation]
) -> tuple[Segment | None, list[Observation]]:
    """Return the rung after the last fast one, with its observations."""
    quorum = at.settings.quorum
    proved = max((s.rung for s in fast), key=RANK.__getitem__, default=Segment.DEVICE)
    beyond = [s for s in slow if RANK[s.rung] > max(RANK[proved], RANK[Segment.LAN])]
    if RANK[proved] >= RANK[Segment.TRANSIT]:
        return _one_side(slow, fast, quorum)
    if RANK[proved] > RANK[Segment.LAN]:
        return (
            (LADDER[RANK[proved] + 1], beyond)
            if len(independent_witnesses(beyond)) >= quorum
            else (None, [])
        )
    available = len(
        independent_witnesses(s for s in (*slow, *fast) if RANK[s.rung] > RANK[Segment.LAN])
    )
    if not beyond or len(independent_witnesses(beyond)) < min(quorum, available):
        return None, []
    gateway_is_slow = any(s.rung is Segment.LAN for s in slow)
    return (Segment.LAN if gateway_is_slow else Segment.ACCESS), beyond


def _one_side(
    slow: list[Observation], fast: list[Observation], quorum: int
) -> tuple[Segment | None, list[Observation]]:
    """Return ``transit`` if all foreign targets and no domestic ones are slow, or vice versa."""
    for is_domestic in (False, True):
        side = [s for s in slow if s.rung is Segment.TRANSIT and s.point.domestic is is_domestic]
        is_whole = not any(
            s.rung is Segment.TRANSIT and s.point.domestic is is_domestic for s in fast
        )
        if is_whole and len(side) == len(slow) and len(independent_witnesses(side)) >= quorum:
            return Segment.TRANSIT, side
    return None, []


def _latency_evidence(at: LinkContext, echoes: list[Observation]) -> tuple[Evidence, ...]:
    ordered = sorted(echoes, key=lambda s: (RANK[s.rung], s.point.target, s.track.family))
    return tuple(
        Evidence(
            kind=ECHO,
            target=observation.point.target,
            family=observation.track.family,
            segment=observation.rung,
            outcome=Outcome.OK,
            ok=observation.track.tally.ok,
            failed=observation.track.tally.failed,
            metric=icmp.RTT.name,
            value=observation.track.value_s,
            limit=(observation.track.usual_s or 0.0) + at.settings.slow_excess_s,
        )
        for observation in ordered
    )
