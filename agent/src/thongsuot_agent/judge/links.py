"""Links: the effect of an event on one: facts, suspicion, the end of a round, missing results."""

import msgspec

from thongsuot_agent.judge import egress, rounds
from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, LinkFacts
from thongsuot_agent.judge.evidence import gather_evidence
from thongsuot_agent.judge.hysteresis import advance, confirm
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.observations import FAST_KINDS, Observation, Observations, observe_round
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.recovery import are_pages_back, first_answer_ns, return_ns, unless_over
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms import (
    carried_loss,
    carried_probes,
    echo_limit,
    equipment,
    flapping,
    interface,
    latency,
    loss,
    near_flows,
    resolver,
    second_word,
    silence,
)
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State


def update_interface_facts(at: LinkContext, event: LinkEvent) -> None:
    """Apply the kernel's state of an interface."""
    link = at.link
    facts = event.facts
    link.was_point_to_point = facts.point_to_point or (
        link.was_point_to_point and not facts.present
    )
    if link.was_point_to_point:
        # pppd removes its interface with the session: its last known kind is kept.
        facts = msgspec.structs.replace(facts, point_to_point=True)
    before, link.facts, link.facts_ns = link.facts, facts, event.boottime_ns
    interface.note_port(link, before, facts)
    if before is None or _usable(before) != _usable(facts):
        # Ignore runs in flight: packets sent without carrier are lost regardless of the line.
        link.valid_from_ns = event.boottime_ns
    fault = interface.diagnosis_at_once(link, facts, at.now_ns)
    if fault is not None:
        _fail_by_facts(at, fault, event.boottime_ns)
    else:
        _check_facts(at)


def is_dead(link: LinkMemory) -> bool:
    """Return whether the interface itself cannot send."""
    fault = link.facts_slot.fault
    return fault is not None and fault.state is State.DOWN


def is_disturbed(link: LinkMemory, track: Track, settings: Settings) -> bool:
    """
    Return whether a link is known, or about to be known, to be slower than it should be.

    Packet loss also makes requests slow, by retransmissions; an echo is either lost or not. But
    while echoes are lost, others may be queued, and their times are not usual ones.
    """
    if link.slow.fault is not None or link.slow.is_pending:
        return True
    if track.kind == ECHO:
        is_losing = link.loss_test.cusum_up > 0.0 or link.loss_fault.fault is not None
        return is_losing and track.learned >= settings.learn_runs
    is_lossy = link.loss_fault.fault is not None or link.carried_fault.fault is not None
    return is_lossy or link.flap_state.active


def request_burst_if_unexpected(
    at: LinkContext, observation: Observation, reachability: Reachability
) -> None:
    """Request a burst if a run contradicts the confirmed state."""
    link = at.link
    if RANK[observation.rung] > RANK[Segment.LAN]:
        link.consecutive_timeouts = (
            link.consecutive_timeouts + 1
            if reachability is Reachability.SILENT and observation.counts
            else 0
        )
    if link.round is not None and link.round.is_burst:
        return
    if not link.known or _is_unexpected(at, observation, reachability):
        link.burst_ns = at.now_ns if link.burst_ns is None else min(link.burst_ns, at.now_ns)


def is_round_due(at: LinkContext) -> bool:
    """Return whether a round can be closed or a burst is due."""
    return rounds.is_round_complete(at) or (
        at.link.burst_ns is not None and at.link.burst_ns <= at.now_ns
    )


def advance_rounds(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Close a complete round, open a due burst; returns the probes to run now."""
    link = at.link
    if is_dead(link):
        return equipment.session_probes(at)
    if link.egress.others:
        return egress.probes_for_proof(at)
    if silence.is_refuted_by_late_answers(at):
        link.silence = FaultSlot()
        link.clear_ns = at.now_ns
        flapping.forget_outage(link.flap_state)
    if rounds.is_round_complete(at):
        close_round(at)
    loss.judge_loss(at)
    carried_loss.judge_carried_loss(at)
    confirmations = (
        *loss.dense_probes(at),
        *echo_limit.pace_probes(at),
        *carried_probes.recovery_probes(at),
        *carried_probes.locating_probes(at),
    )
    if link.known and not link.new_flows.asked_ns:
        # The behaviour of new flows while there is no fault is the baseline for them.
        confirmations = (*confirmations, *near_flows.near_probes(at))
    if link.burst_ns is not None and link.burst_ns <= at.now_ns:
        return tuple(dict.fromkeys((*rounds.open_burst(at), *confirmations)))
    return confirmations


def close_round(at: LinkContext) -> None:
    """Judge a round, concern by concern; an outage hides the others."""
    link = at.link
    assert link.round is not None, "only an open round can be closed"
    observed = observe_round(at, link.round.opened_ns)
    if not observed.seen:
        # No target was measured (no CPU, or no proof of the carrier): pending changes request
        # another round, or they would never be decided (2026-11: a cable that had been plugged in
        # again remained "unplugged").
        wanted_ns = link.burst_ns
        rounds.schedule_next_round(at)
        link.burst_ns = link.burst_ns if wanted_ns is None else wanted_ns
        return
    suspicion = unless_over(link.silence, silence.detect_silence(at, observed))
    was_out = is_outage(link.silence.fault)
    second_word.note_refuted(at, observed)
    if suspicion is not None or silence.is_silence_over(at):
        _advance(at, link.silence, suspicion, observed)
        _track_flapping(at, suspicion, observed)
    if is_outage(link.silence.fault):
        if not was_out:
            egress.forgive_unanswered(link, link.silence.onset_ns)
        _reset_degraded(link)
    elif suspicion is None or not is_outage(suspicion.fault):
        if latency.is_latency_measured(at, observed):
            _advance(at, link.slow, latency.detect_latency(at, observed), observed)
        if resolver.is_resolver_measured(observed):
            _advance(at, link.resolver, resolver.detect_resolver_fault(at, observed), observed)
    was_burst = link.round.is_burst
    if not link.silence.is_pending:
        _become_known(at, observed)
        _note_known_unresponsive(at, observed)
    if was_burst and all(s.fault is None and not s.is_pending for s in rounds.round_slots(link)):
        _note_inconclusive_burst(at)
    rounds.schedule_next_round(at)


def apply_elapsed_time(at: LinkContext) -> None:
    """Judge what depends on time alone: grace, the end of flapping, missing measurements."""
    _check_facts(at)
    link = at.link
    was_flapping = link.flap_state.active
    flapping.expire_flapping(link.flap_state, at.now_ns, at.settings)
    if was_flapping and not link.flap_state.active:
        link.clear_ns = link.flap_state.silent_ns
    limit_ns = ns(at.settings.stale_runs * at.probes.shortest_s + at.settings.stale_s)
    if not link.known or link.heard_ns is None or is_dead(link) or egress.is_held(link):
        return
    if at.now_ns - link.heard_ns > limit_ns:
        link.known = False
        reset_rounds(link)


def _is_unexpected(at: LinkContext, observation: Observation, reachability: Reachability) -> bool:
    """Return whether a run contradicts the confirmed state and is not being examined already."""
    track, link = observation.track, at.link
    is_out = is_outage(link.silence.fault)
    if link.silence.is_pending:
        return False
    if reachability is Reachability.SILENT:
        return not is_out and not track.known_unresponsive and not _in_burst_backoff(at)
    if reachability is Reachability.ANSWERED and is_out:
        return RANK[observation.rung] > RANK[Segment.LAN]
    if track.kind == resolver.LOOKUP:
        return (
            not is_out
            and not link.resolver.is_pending
            and resolver.is_lookup_unexpected(at, observation)
        )
    if is_out or link.slow.is_pending or link.slow.fault is not None:
        return False
    return latency.is_suspiciously_slow(at, observation) and track.value_ns == track.answered_ns


def _in_burst_backoff(at: LinkContext) -> bool:
    """Return whether recent bursts were inconclusive: one more lost run justifies no other."""
    link = at.link
    if (
        not link.inconclusive_bursts
        or link.consecutive_timeouts >= at.settings.consecutive_timeouts
    ):
        return False
    if silence.is_beyond_loss(at):
        return False
    rest_s = min(at.settings.burst_backoff_s / 2, 2.0**link.inconclusive_bursts)
    return at.now_ns - link.inconclusive_ns < ns(rest_s)


def _note_inconclusive_burst(at: LinkContext) -> None:
    """Remember a burst after which no fault is confirmed and none pending."""
    link = at.link
    if at.now_ns - link.inconclusive_ns > ns(at.settings.burst_backoff_s):
        link.inconclusive_bursts = 0
    link.inconclusive_bursts = min(link.inconclusive_bursts + 1, 16)
    link.inconclusive_ns = at.now_ns


def _check_facts(at: LinkContext) -> None:
    """Judge the facts after their grace time; improvements at once."""
    link = at.link
    if link.facts is None:
        return
    at_once = interface.diagnosis_at_once(link, link.facts, at.now_ns)
    if at_once is not None:
        if at_once != link.facts_slot.fault:
            _fail_by_facts(at, at_once, at.now_ns)
        return
    fault, held = interface.diagnosis_after_grace(link, link.facts), link.facts_slot.fault
    if fault is None:
        if held is not None:
            _recover_by_facts(at)
        link.had_ipv4 = link.had_ipv4 or link.facts.usable(Family.IP4)
    elif fault != held and at.now_ns - link.facts_ns >= ns(_grace_s(at)):
        if fault.state is State.DOWN:
            _fail_by_facts(at, fault, link.facts_ns)
        else:
            _recover_by_facts(at)
            confirm(link.facts_slot, Suspicion(fault=fault, onset_ns=link.facts_ns), link.facts_ns)


def _grace_s(at: LinkContext) -> float:
    """Return the time allowed to configure an interface; longest if it never was configured."""
    is_new = at.link.heard_ns is None and not at.link.had_ipv4
    return at.settings.boot_grace_s if is_new else at.settings.facts_grace_s


def _fail_by_facts(at: LinkContext, fault: Diagnosis, onset_ns: int) -> None:
    link = at.link
    if link.facts_slot.fault != fault:
        confirm(link.facts_slot, Suspicion(fault=fault, onset_ns=onset_ns), onset_ns)
    flapping.note_outage(link.flap_state, fault, onset_ns, at.now_ns, at.settings)
    reset_rounds(link)
    link.known = True


def _recover_by_facts(at: LinkContext) -> None:
    """Let an interface that can send keep its former state until rounds show that it works."""
    link = at.link
    fault = link.facts_slot.fault
    if fault is not None and fault.state is State.DOWN:
        link.silence = FaultSlot(fault=fault, onset_ns=link.facts_slot.onset_ns)
        egress.forgive_unanswered(link, link.silence.onset_ns)
        # Until now the interface itself determined the state of the link: that time is not unknown.
        link.heard_ns = max(link.heard_ns or 0, link.facts_ns)
        link.burst_ns = at.now_ns
    elif fault is not None:
        link.clear_ns = link.facts_ns
    link.facts_slot = FaultSlot()


def _advance(
    at: LinkContext, slot: FaultSlot, suspicion: Suspicion | None, observed: Observations
) -> None:
    is_silence = slot is at.link.silence
    clear_ns = return_ns(observed, slot, at.now_ns) if is_silence else observed.since_ns
    weight = 2 if is_silence and are_pages_back(observed) else 1
    has_changed = advance(slot, suspicion, at.now_ns, at.settings, clear_ns, clear_weight=weight)
    if has_changed and suspicion is None:
        _mark_clear(at, slot.onset_ns, observed)
        if slot is at.link.slow:
            # Packets dropped by its queue prove nothing about the time after it.
            loss.restart_loss_test(at.link)
        elif slot is at.link.resolver:
            # Nor do queries left unanswered by a dead server, or a full connection table.
            carried_loss.restart_carried_test(at.link)
    if slot.is_pending and slot.rounds == 1:
        slot.round_ns = observed.since_ns


def _become_known(at: LinkContext, observed: Observations) -> None:
    """Allow a verdict once there is any evidence: a fault, or an answer from beyond the site."""
    link = at.link
    if not link.known and (link.silence.fault is not None or _is_proved_beyond_site(observed)):
        link.known = True
        issued = at.memory.issued.get(SubjectKey(link.name, ""))
        since_ns = 0 if issued is None else issued.decided_ns
        _mark_clear(at, first_answer_ns(observed, since_ns, at.now_ns), observed)


def _is_proved_beyond_site(observed: Observations) -> bool:
    """Return whether any target beyond the site answered: a gateway alone proves no line."""
    return any(RANK[observation.rung] > RANK[Segment.LAN] for observation in observed.answered())


def _mark_clear(at: LinkContext, onset_ns: int, observed: Observations) -> None:
    at.link.clear_ns = onset_ns
    at.link.clear_evidence = gather_evidence(at, observed)


def _note_known_unresponsive(at: LinkContext, observed: Observations) -> None:
    """Remember targets that do not answer, or fail, while others equally far away answer."""
    link = at.link
    if any(slot.is_pending for slot in rounds.round_slots(link)) or _is_any_silent_not_probed(
        at, observed
    ):
        return
    top = observed.top()
    for observation in observed.seen:
        is_passed = top is not None and RANK[observation.rung] <= RANK[top]
        if observation.silent and is_passed and link.silence.fault is None:
            observation.track.known_unresponsive = True
        if observation.track.failures:
            observation.track.known_failing = True


def _is_any_silent_not_probed(at: LinkContext, observed: Observations) -> bool:
    """
    Return whether a target that did not answer its last probe was not measured in this round.

    It may still be silent, and together with the others that is a fault, not an exception.
    """
    heard = {observation.point.key(observation.track.family) for observation in observed.seen}
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if (
            point is None
            or point.kind not in FAST_KINDS
            or track.known_unresponsive
            or not track.silences
        ):
            continue
        is_asked = rounds.can_be_probed(at.link, point, track.family)
        if is_asked and point.key(track.family) not in heard:
            return True
    return False


def _track_flapping(at: LinkContext, suspicion: Suspicion | None, observed: Observations) -> None:
    link = at.link
    if suspicion is not None and is_outage(suspicion.fault):
        # A round in which the link goes down or comes up is mixed: a confirmed silence counts.
        believed = link.silence.fault if is_outage(link.silence.fault) else link.flap_state.fault
        # If only one protocol changes its results, a policer may be the reason; a fault shows in
        # the link's actual traffic.
        is_strong = suspicion.nats is not None and suspicion.nats >= at.settings.silence_nats
        if is_strong and suspicion.is_ripe and suspicion.is_sure:
            fault = believed or suspicion.fault
            flapping.note_outage(link.flap_state, fault, suspicion.onset_ns, at.now_ns, at.settings)
    elif observed.answered():
        flapping.note_return(link.flap_state, at.now_ns)


def _reset_degraded(link: LinkMemory) -> None:
    """Drop the degradations of a link that is out: they must be observed again after it."""
    link.slow = FaultSlot()
    link.resolver = FaultSlot()
    link.large_packets = FaultSlot()
    link.blocked_services = FaultSlot()
    link.loss_fault = FaultSlot()
    link.carried_fault = FaultSlot()
    loss.restart_loss_test(link)
    carried_loss.restart_carried_test(link)


def reset_rounds(link: LinkMemory) -> None:
    """Drop the results of rounds, and open rounds."""
    link.round = None
    link.burst_ns = None
    link.silence = FaultSlot()
    _reset_degraded(link)


def _usable(link_facts: LinkFacts) -> tuple[bool, bool]:
    return link_facts.usable(Family.IP4), link_facts.usable(Family.IP6)
