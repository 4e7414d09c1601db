"""
Resolver: the link's configured name servers are silent, slow, or return wrong answers.

They are judged by comparison: the same name, resolved elsewhere at the same time. If a name is not
resolved over any link, it is not the name server's fault.
"""

from collections.abc import Sequence
from math import log

from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.evidence import gather_evidence
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import Observation, Observations
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.borrowed_resolver import is_borrowed_resolver
from thongsuot_agent.judge.symptoms.loss import loss_ratio
from thongsuot_agent.judge.symptoms.missing_names import is_missing_alone, is_missing_for_long
from thongsuot_agent.judge.symptoms.names_elsewhere import (
    SILENT_SYMPTOMS,
    fail_over_lines_of_others,
    is_server_gone,
    is_word_awaited,
    other_lookups,
    resolved_elsewhere,
)
from thongsuot_agent.judge.symptoms.near_flows import (
    are_new_echoes_lost,
    locate_new_flows_lost,
)
from thongsuot_agent.judge.symptoms.new_flows import (
    are_new_flows_lost,
    is_request_awaited,
)
from thongsuot_agent.judge.symptoms.own_queue import QUEUE_FRESH_S, explains_slow_lookups
from thongsuot_agent.judge.symptoms.traffic import is_link_busy
from thongsuot_agent.judge.tracks import ECHO, MISSING, is_slow
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

LOOKUP = "dns"
CAUSE_UNKNOWN = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.RESOLVER_CAUSE_UNKNOWN)
_LOSS_RATIO = 0.05
"""
Maximum loss ratio of lookups on a working link, including resolvers that are slow now and then.
"""
SILENT_FOR_GOOD = 4
"""Consecutive unanswered runs before a server counts as silent, and not as intermittently slow."""
_FORGED = MISSING | {Reason.NAME_ANSWER_FORGED}
_BROKEN = frozenset({Reason.NAME_SERVER_FAILED, Reason.NAME_SERVER_REFUSED})


def is_lookup_unexpected(at: LinkContext, observation: Observation) -> bool:
    """Return whether a lookup contradicts the confirmed state of the link's name servers."""
    track, believed = observation.track, at.link.resolver.fault
    if not observation.point.is_users_resolver:
        return False
    if track.failures:
        # A state that only time has changed since is probed again.
        return not track.known_failing or is_missing_for_long(at, track)
    return is_slow(track, at.settings) if believed is None else not is_slow(track, at.settings)


def is_resolver_measured(observations: Observations) -> bool:
    """Return whether a round has results about the link's name servers."""
    return any(observation.point.is_users_resolver for observation in observations.seen)


def detect_resolver_fault(at: LinkContext, observations: Observations) -> Suspicion | None:
    """Return the fault of a link's name servers, ``None`` if one of them works."""
    observed = [
        s for s in observations.seen if s.point.is_users_resolver and _has_way(at, observations, s)
    ]
    if not observed or is_borrowed_resolver(at):
        return None
    symptom = _symptom(at, observed)
    if symptom is None:
        return None
    onset_ns = min(_onset_ns(s, observations) for s in observed)
    is_silent = symptom in SILENT_SYMPTOMS and any(s.silent for s in observed)
    if is_silent and _came_too_late(at, observed):
        return None
    if is_silent and (are_new_flows_lost(at) or are_new_echoes_lost(at)):
        return Suspicion(
            fault=locate_new_flows_lost(at, at.link.resolver.fault),
            onset_ns=onset_ns,
            evidence=gather_evidence(at, observations),
        )
    segment = Segment.LAN if all(s.rung is Segment.LAN for s in observed) else Segment.CARRIER
    fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=symptom)
    runs = sum(s.track.slow_runs or s.track.failures for s in observed)
    return Suspicion(
        fault=CAUSE_UNKNOWN if symptom is Symptom.RESOLVER_CAUSE_UNKNOWN else fault,
        onset_ns=onset_ns,
        evidence=gather_evidence(at, observations),
        nats=runs * log(1.0 / _loss_ratio(at, observed)),
        # The site's own queue makes every server slow or silent: it has to end first. And if no new
        # flow passes, lookups are the first to fail.
        is_ripe=not is_link_busy(at, at.now_ns)
        and not (is_silent and is_request_awaited(at, onset_ns))
        and not (symptom in SILENT_SYMPTOMS and is_word_awaited(at, observed)),
    )


def _came_too_late(at: LinkContext, observed: Sequence[Observation]) -> bool:
    """
    Return whether echoes were answered after their time limit when a lookup was not answered.

    Then its answer came too late as well. The first echo that is prompt again proves the way, and
    until the next lookups all those before it looked like lost new flows (2026-12: when a line that
    had delayed everything by seconds was well again, its commune was told that its box refuses new
    connections).
    """
    silent_ns = max(s.track.silent_ns or 0 for s in observed if s.silent)
    late = {
        track.target
        for track in at.link.tracks.values()
        if track.late_ns
        and track.late_ns + ns(QUEUE_FRESH_S) >= silent_ns
        and (point := at.probes.point_of(track)) is not None
        and RANK[point.rung] > RANK[Segment.LAN]
    }
    return len(late) >= at.settings.quorum


def _loss_ratio(at: LinkContext, observed: Sequence[Observation]) -> float:
    """
    Return the probability that a lookup fails by mere loss: a run has two queries.

    By the confirmed loss, or by the echoes of this round if they show more: the name servers notice
    that a line loses a fifth before it is confirmed. Or by the servers' loss of earlier queries: a
    server that answers intermittently is silent for some consecutive ones now and then.
    """
    servers = {s.point.target for s in observed}
    echoes = [
        track.tally
        for track in at.link.tracks.values()
        if track.kind == ECHO and track.target not in servers and not track.known_unresponsive
    ]
    ratios = [loss_ratio(at.link)]
    lost, answered = sum(tally.failed for tally in echoes), sum(tally.ok for tally in echoes)
    if lost:
        ratios.append((lost + 0.5) / (lost + answered + 1.0))
    # Not of servers that refuse, whose answers count as lost for the client.
    silent = [s.track for s in observed if s.silent]
    questions = sum(track.carried_sent for track in silent)
    if questions:
        ratios.append(sum(track.carried_lost for track in silent) / questions)
    return min(0.95, max(_LOSS_RATIO, 2.0 * max(ratios)))


def _symptom(at: LinkContext, observed: Sequence[Observation]) -> Symptom | None:
    tracks = [s.track for s in observed]
    if _are_late(at, observed):
        is_way = at.link.slow.fault is not None or explains_slow_lookups(at, tracks)
        return None if is_way else Symptom.RESOLVER_SLOW
    if all(s.silent or _refuses(s.track) for s in observed):
        return _of_silent(at, observed)
    if all(t.failures and t.reason in _FORGED for t in tracks):
        is_forged = any(t.reason is Reason.NAME_ANSWER_FORGED for t in tracks)
        # The absence of a name may be true; an impossible address never is.
        proof = resolved_elsewhere(at, observed)
        if proof and not is_forged and not _are_missing_alone(at, observed):
            return None
        return Symptom.RESOLVER_FORGED_ANSWER if proof or (is_forged and proof is None) else None
    if all(s.track.failures and (s.silent or s.track.reason in _BROKEN) for s in observed):
        return Symptom.RESOLVER_SILENT if resolved_elsewhere(at, observed) else None
    return None


def _of_silent(at: LinkContext, observed: Sequence[Observation]) -> Symptom | None:
    """
    Return the fault if no name server of the link answers.

    If those of another carrier became silent at the same time, the party stays open: each carrier's
    own servers, the site's router that passes no query, or the names themselves.
    """
    proof = resolved_elsewhere(at, observed)
    if proof is not False:
        return Symptom.RESOLVER_SILENT
    if fail_over_lines_of_others(at, observed):
        return Symptom.RESOLVER_CAUSE_UNKNOWN
    is_own = all(is_server_gone(at.link, s.track) for s in observed)
    return Symptom.RESOLVER_SILENT if is_own else None


def _are_late(at: LinkContext, observed: Sequence[Observation]) -> bool:
    """
    Return whether servers answer slowly. A server that is silent beside slow ones exceeded its time
    limit; so did all of them if they were slow just before, until some consecutive runs are silent.
    """
    silent = [s.track for s in observed if s.silent]
    others = [s.track for s in observed if not s.silent]
    if others:
        return all(not track.failures and is_slow(track, at.settings) for track in others)
    return all(track.slow_runs and track.silences < SILENT_FOR_GOOD for track in silent)


def _refuses(track: Track) -> bool:
    """Return whether a server does not serve this link at all: that does not depend on the name."""
    return track.failures > 0 and track.reason is Reason.NAME_SERVER_REFUSED


def _has_way(at: LinkContext, observations: Observations, observation: Observation) -> bool:
    """
    Return whether the link works in the server's family, so that the server is at fault.

    By an answer in the round; or, if echoes are dropped and only web requests are left (which take
    longer than a round), by one since the server became silent.
    """
    rank = min(RANK[observation.rung], RANK[Segment.CARRIER])
    if observation.answered or any(
        RANK[s.rung] >= rank for s in observations.answered(observation.track.family)
    ):
        return True
    since_ns = observation.track.silent_since_ns
    return since_ns is not None and any(
        track.family is observation.track.family
        and (track.answered_ns or 0) > since_ns
        and (point := at.probes.point_of(track)) is not None
        and point.is_service
        for track in at.link.tracks.values()
    )


def _are_missing_alone(at: LinkContext, observed: Sequence[Observation]) -> bool:
    """Return whether others have resolved the same names for longer than they may be cached."""
    others = [other.track for other in other_lookups(at, observed)]
    return all(is_missing_alone(at, s.track, others) for s in observed)


def _onset_ns(observation: Observation, observations: Observations) -> int:
    track = observation.track
    return track.failed_since_ns or track.slow_since_ns or observations.since_ns
