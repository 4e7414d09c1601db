"""
Silence: no target answers beyond a rung. The ladder itself.

An answer from any rung proves that every rung below worked at that time. The broken rung is the one
after the highest that answered, if enough independent witnesses beyond it are silent, in a number
that mere loss does not explain. A rung without a probe point cannot be proved separately: without
an access anchor, silence beyond the gateway is ``access``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.direct_line import has_direct_line
from thongsuot_agent.judge.evidence import gather_evidence
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.observations import (
    FAST_KINDS,
    SERVICES_WITNESS,
    Observation,
    Observations,
    SilenceCandidate,
    gateway_echoes,
    gateway_lost_since,
    independent_witnesses,
    is_any_not_probed,
    is_gateway_lossy,
    last_proof_ns,
    loss_of_the_living,
    observe_latest,
)
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms import second_word
from thongsuot_agent.judge.symptoms.families import dead_family
from thongsuot_agent.judge.symptoms.loss import loss_ratio
from thongsuot_agent.judge.symptoms.own_queue import PAGE_S, QUEUE_S, may_hold_answers
from thongsuot_agent.judge.symptoms.partial import partial_outage
from thongsuot_agent.judge.symptoms.proxy import is_proxy_alive
from thongsuot_agent.judge.tracks import ECHO, has_spoken
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

GATEWAY_SILENT = Diagnosis(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.GATEWAY_SILENT)
EDGE_SILENT = Diagnosis(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.EDGE_SILENT)
PROXY_SILENT = Diagnosis(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.PROXY_SILENT)
GATEWAY_NO_UPLINK = Diagnosis(
    state=State.DOWN, segment=Segment.LAN, symptom=Symptom.GATEWAY_NO_UPLINK
)
ACCESS_SILENT = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
CARRIER_SILENT = Diagnosis(
    state=State.DOWN, segment=Segment.CARRIER, symptom=Symptom.CARRIER_SILENT
)
TRANSIT_SILENT = Diagnosis(
    state=State.DOWN, segment=Segment.TRANSIT, symptom=Symptom.TRANSIT_SILENT
)
SILENT_SOMEWHERE = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.NOT_YET_MEASURED)
"""No target answers, and it is not known yet whether the gateway works: no party is blamed."""

_AFTER: Mapping[Segment, Diagnosis] = {
    Segment.LAN: ACCESS_SILENT,
    Segment.ACCESS: CARRIER_SILENT,
    Segment.CARRIER: TRANSIT_SILENT,
}
"""The broken rung if this is the highest that answered."""
TWO_SILENT_RUNS = 2
LAN_WAIT_S = 60.0
"""A silence beyond a gateway with loss waits this long."""
LAN_DOUBT_S = 8.0
"""
A silence during which the gateway also lost an echo waits this long: another burst distinguishes a
cut line from a LAN that loses a third (2026-11: nine echoes of one burst, reported to a carrier).
"""
LIVING_CLEAN_RATIO = 0.06
"""
Maximum loss ratio of the latest runs of the answering targets beside a silent part: if a third of
all is lost, some of a dozen targets are always silent for a while.
"""
SAME_MOMENT_NS = 300_000_000
"""The probes of one burst are sent within this interval."""


def detect_silence(at: LinkContext, observations: Observations) -> Suspicion | None:
    """
    Return the worst silence of a link in a round; ``None`` if every target that can answer does.
    """
    quorum = at.settings.quorum
    top = observations.top()
    if top is None or RANK[top] <= RANK[Segment.LAN]:
        silent = observations.silent_beyond(Segment.LAN)
        # A single witness has to suffice; loss does not explain its silence for long.
        if len(independent_witnesses(silent)) < min(quorum, _available(at)):
            return None
        is_ripe = not is_any_not_probed(at, observations, Segment.DEVICE)
        is_ripe = is_ripe and (top is None or _is_proved_meanwhile(observations, silent))
        located = _locate_silence(at, observations, silent)
        return _suspicion(
            at,
            observations,
            SilenceCandidate(located, tuple(silent), is_ripe, Segment.LAN),
        )
    if top in _AFTER:
        silent = observations.silent_beyond(top)
        if len(independent_witnesses(silent)) >= quorum:
            return _suspicion(
                at,
                observations,
                SilenceCandidate(
                    _AFTER[top], tuple(silent), not is_any_not_probed(at, observations, top), top
                ),
            )
    candidate = dead_family(at, observations) or partial_outage(at, observations)
    if candidate is None or loss_of_the_living(observations, candidate.silent) > LIVING_CLEAN_RATIO:
        # Some are silent and some not, and the answering ones lose packets as well: that is loss.
        return None
    return _suspicion(at, observations, candidate)


def is_silence_over(at: LinkContext) -> bool:
    """
    Return whether a round without a silence may count towards its end.

    Confirmation probes may not be made, and an agent without the CPU measures nothing: if the
    silent targets have not been measured since, their silence has not ended; nor has one that was
    observed and is not confirmed yet.
    """
    slot = at.link.silence
    held, since_ns = slot.fault, slot.onset_ns
    if held is None:
        held, since_ns = slot.pending, slot.pending_onset_ns
    if held is None:
        return True
    still = detect_silence(at, observe_latest(at, since_ns))
    return still is None or still.fault != held


def is_refuted_by_late_answers(at: LinkContext) -> bool:
    """
    Return whether the probes on which an outage is based were answered after all, too late.

    Then it never was one: it ends at once, and produces no notification (2026-11: an upload that
    delayed every answer by two seconds from its first packet on).
    """
    slot = at.link.silence
    if not is_outage(slot.fault):
        return False
    late = {
        track.target
        for track in at.link.tracks.values()
        if track.late_ns >= slot.onset_ns
        and (track.silent_ns or 0) >= slot.onset_ns
        and (point := at.probes.point_of(track)) is not None
        and RANK[point.rung] > RANK[Segment.LAN]
    }
    return len(late) >= at.settings.quorum


def is_beyond_loss(at: LinkContext) -> bool:
    """
    Return whether more is silent now than mere loss explains, by the schedule's own runs.

    One unanswered run may be a blip, which affects all that are in flight at that moment; so only
    targets that were silent twice in a row count, and they must be a quorum of witnesses.
    """
    witnesses: set[str] = set()
    runs = 0
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        is_meant = (
            point is not None and point.kind in FAST_KINDS and RANK[point.rung] > RANK[Segment.LAN]
        )
        if is_meant and not track.known_unresponsive and track.silences >= TWO_SILENT_RUNS:
            witnesses.add(track.target)
            runs += track.silences
    nats = runs * log(1.0 / _loss_ratio(at))
    return len(witnesses) >= at.settings.quorum and nats >= at.settings.silence_nats


def _loss_ratio(at: LinkContext) -> float:
    return min(0.95, max(at.settings.loss_floor_ratio, loss_ratio(at.link)))


def _available(at: LinkContext) -> int:
    """
    Count a link's witnesses beyond the site, without those known to be unresponsive or impossible
    to measure (behind a proxy).
    """
    witnesses: set[str] = set()
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or track.known_unresponsive or RANK[point.rung] <= RANK[Segment.LAN]:
            continue
        if not has_spoken(track):
            continue
        is_mute = (track.failed_ns or 0) > (track.answered_ns or 0) and not track.silences
        if point.is_service and track.failures and is_mute:
            # Its failure proves nothing about the path (its name is not resolved): a witness
            # without evidence is not awaited. Case: the carrier drops ICMP, then the fibre is cut;
            # the name server is the only target left to become silent.
            continue
        witnesses.add(SERVICES_WITNESS if point.is_service else point.target)
    return max(1, len(witnesses))


def _locate_silence(
    at: LinkContext, observations: Observations, silent: Sequence[Observation]
) -> Diagnosis:
    """Return the broken rung if no target beyond the site answers."""
    does_proxy_live = is_proxy_alive(at, silent)
    if does_proxy_live is not None:
        return ACCESS_SILENT if does_proxy_live else PROXY_SILENT
    if observations.top() is not None:
        if _is_edge_silent(observations):
            return EDGE_SILENT
        return GATEWAY_NO_UPLINK if _is_refused_by_gateway(at, silent) else ACCESS_SILENT
    # The gateway's last result counts if it was not probed in the round itself.
    gateways = [s for s in observe_latest(at, observations.since_ns).seen if s.point.is_gateway]
    if any(s.silent and s.track.answered_ns is not None for s in gateways):
        return GATEWAY_SILENT
    return _by_neighbour(at, observations)


def _is_edge_silent(observations: Observations) -> bool:
    """
    Return whether the site's own last router, which used to answer, is silent in every family.

    The gateway works, and the line begins behind that router: whether the line works too is
    unknown, and the site must check first (2026-11: an office firewall without power, between a
    core switch and the line, was reported to the carrier).
    """
    edges = [observation for observation in observations.seen if observation.point.is_edge]
    return bool(edges) and all(edge.silent and edge.track.answered_ns is not None for edge in edges)


def _is_proved_meanwhile(observations: Observations, silent: Sequence[Observation]) -> bool:
    """
    Return whether the gateway worked while the targets beyond it were silent, and not only
    afterwards.

    By an answer to a probe as old as the latest unanswered one, or by answers alone since the round
    began (2026-11: a router that did not receive for 1.7 s answered first, and its carrier was
    notified of a dead line).
    """
    last_ns = max(observation.track.silent_ns or 0 for observation in silent)
    gateways = [
        observation
        for observation in observations.seen
        if observation.point.is_gateway and not observation.track.known_unresponsive
    ]
    if not any(observation.answered for observation in gateways):
        return True
    if any(observation.silent for observation in gateways):
        return False
    is_old = any(
        (observation.track.answered_ns or 0) <= last_ns + SAME_MOMENT_NS for observation in gateways
    )
    return is_old or not any(observation.track.tally.failed for observation in gateways)


def _is_refused_by_gateway(at: LinkContext, silent: Sequence[Observation]) -> bool:
    """
    Return whether the gateway itself reports that it has no route.

    Routers limit these reports, so some echoes just time out. If the probe does not show the
    sender: while the carrier's first hop is silent, only the gateway can have refused.
    """
    refused = [
        s for s in silent if s.point.kind == ECHO and s.track.reason is Reason.NETWORK_UNREACHABLE
    ]
    if len(refused) < at.settings.quorum:
        return False
    routers = {s.track.refused_by for s in refused}
    if "" in routers:
        return any(s.rung is Segment.ACCESS for s in silent)
    return at.link.facts is not None and routers <= set(at.link.facts.gateways)


def _by_neighbour(at: LinkContext, observations: Observations) -> Diagnosis:
    """Return the broken rung if the gateway never answers echoes: the link layer decides."""
    traffic, link_probes, held = at.link.traffic, at.probes, at.link.silence
    if at.link.facts is not None and at.link.facts.point_to_point:
        # A modem's raw IP, PPP: no link layer to probe, whatever gateway the inventory has (the
        # default one has a gateway for every link). The interface, which works, is the whole of the
        # site's side (2026-11: such a dead line was unknown for its whole duration).
        return ACCESS_SILENT
    if at.link.facts is not None and has_direct_line(at.link.facts, link_probes.link.site_networks):
        # The neighbour is the carrier's own router: it is silent with its line.
        return ACCESS_SILENT
    if not traffic.neighbour_proved:
        # Either there is no gateway to probe, or it was not probed yet.
        has_asked = traffic.read_ns is not None or not link_probes.has_host_probe
        has_gateway = any(point.is_gateway for point in link_probes.points.values())
        return SILENT_SOMEWHERE if has_gateway or not has_asked else ACCESS_SILENT
    onset_ns = held.onset_ns if is_outage(held.fault) else observations.since_ns
    asked_ns = traffic.neighbour_ns
    if asked_ns is None or asked_ns < onset_ns:
        return SILENT_SOMEWHERE
    if not traffic.neighbour:
        return GATEWAY_SILENT
    is_fresh = asked_ns >= onset_ns + ns(at.settings.neighbour_lag_s)
    return ACCESS_SILENT if is_fresh else SILENT_SOMEWHERE


def _suspicion(
    at: LinkContext, observations: Observations, candidate: SilenceCandidate
) -> Suspicion | None:
    """Return a silence with its onset, its evidence and its strength; ``None``: it says nothing."""
    silent, onset_ns = candidate.silent, _onset_ns(candidate.silent)
    if candidate.beyond is not None:
        # An answer is never silence (2026-12: pages came one by one out of a download's queue, and
        # a core that limits echoes was told as a dead way since before five of them).
        onset_ns = max(onset_ns, last_proof_ns(at, candidate.beyond, candidate.family))
    is_awaited = second_word.is_awaited(at, silent, observations.top(), onset_ns)
    if is_awaited and second_word.is_given_up(at, onset_ns):
        return None
    ratio = min(0.95, max(_loss_ratio(at), loss_of_the_living(observations, silent)))
    return Suspicion(
        fault=candidate.fault,
        onset_ns=onset_ns,
        evidence=gather_evidence(at, observations),
        nats=log(1.0 / ratio) * sum(s.track.silences for s in silent),
        is_sure=_speaks_enough(at, silent, observations.top()),
        is_ripe=candidate.is_ripe
        and not is_awaited
        and not may_hold_answers(at, onset_ns, _answers_within_s(candidate))
        and not _is_lan_lossy(at, candidate),
    )


def _answers_within_s(candidate: SilenceCandidate) -> float:
    """
    Return how long a queue can hold the answers that would refute a silence.

    Beyond the carrier, or in a part, only echoes may be policed: a page must have failed as well.
    """
    is_far = candidate.fault == TRANSIT_SILENT or candidate.fault.state is State.DEGRADED
    is_by_echoes = not any(observation.point.is_service for observation in candidate.silent)
    return PAGE_S if is_far and is_by_echoes else QUEUE_S


def _is_lan_lossy(at: LinkContext, candidate: SilenceCandidate) -> bool:
    """
    Return whether a silence beyond the site may be loss in its own LAN, for a limited time.

    A gateway that receives some echoes proves the path for those only. One that limits its answers
    loses as many, so after a minute the silence is confirmed, unless the LAN is known to lose
    packets.
    """
    waited_ns = at.now_ns - _onset_ns(candidate.silent)
    if candidate.fault.segment is Segment.LAN:
        return False
    if _is_lan_believed_lossy(at):
        return gateway_echoes(at)[0] > 0
    if waited_ns < ns(LAN_DOUBT_S) and gateway_lost_since(at, _onset_ns(candidate.silent)):
        return True
    return waited_ns < ns(LAN_WAIT_S) and is_gateway_lossy(at)


def _is_lan_believed_lossy(at: LinkContext) -> bool:
    """Return whether the LAN is confirmed to lose packets, or to flap."""
    link = at.link
    faults = (link.loss_fault.fault, link.flap_state.fault if link.flap_state.active else None)
    return any(fault is not None and fault.segment is Segment.LAN for fault in faults)


def _onset_ns(silent: Sequence[Observation]) -> int:
    """Return the start of the first silent run since any of these last answered."""
    last_ns = max((s.track.answered_ns or 0 for s in silent), default=0)
    starts = [s.track.silent_since_ns or 0 for s in silent]
    return min((ns for ns in starts if ns >= last_ns), default=max(starts))


def _speaks_enough(at: LinkContext, silent: Sequence[Observation], top: Segment | None) -> bool:
    """
    Return whether more than one protocol is silent, if more than one is measured.

    If a target beyond the site still answers, farther ones may drop only echoes, and then the other
    protocol is the only witness: what it lost at a single moment is chance (2026-11: a core that
    policed echoes, together with the one lookup in five hundred that 5G loses, was reported as a
    dead core; 2026-12: or with the lookups of both families, which a transfer had dropped at once).
    """
    there = {
        point.kind for point in at.probes.points.values() if RANK[point.rung] > RANK[Segment.LAN]
    }
    moments: Counter[str] = Counter()
    for observation in silent:
        # Those of a burst are sent at one moment.
        kind = observation.point.kind
        moments[kind] = max(moments[kind], 1, observation.track.silences)
    if at.link.round is not None:
        # Probed, and not answered within the usual time.
        moments.update({key.kind for key in at.link.round.awaited})
    others = sum(count for kind, count in moments.items() if kind != ECHO)
    is_chance = (
        ECHO in moments and others == 1 and top is not None and RANK[top] > RANK[Segment.LAN]
    )
    return len(moments) >= min(2, len(there)) and not is_chance
