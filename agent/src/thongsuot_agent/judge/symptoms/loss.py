"""
Loss: a share of the echoes is unanswered while the link works.

A sequential probability ratio test (Wald 1945) of a healthy loss ratio against a degraded one,
restarted whenever the evidence for the worse one is used up (CUSUM, Page 1954). An unanswered run
counts when its series is answered again, and all unanswered ones in between count as one: a dead
target or an outage is not a loss ratio, nor is a blip that affects several series at once. The sums
belong to the link; the responsible party follows from the ratios of the rungs (``locate_loss``).
"""

from math import log

import msgspec

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.hysteresis import confirm
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.reachability import Reachability, late_rtt_s
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_agent.judge.symptoms.blips import is_blipping, note_blip
from thongsuot_agent.judge.symptoms.carried_loss import (
    CLEAR_NATS,
    count_gateway_echo,
    needs_samples,
    restart_carried_test,
)
from thongsuot_agent.judge.symptoms.carried_probes import lookups_to_make
from thongsuot_agent.judge.symptoms.carried_samples import evidence_nats
from thongsuot_agent.judge.symptoms.corroboration import POLICED_S, confirms, refutes
from thongsuot_agent.judge.symptoms.echo_limit import begin_pace_test, count_paced_echo
from thongsuot_agent.judge.symptoms.families import dead_family_of
from thongsuot_agent.judge.symptoms.flapping import is_of_outage
from thongsuot_agent.judge.symptoms.loss_location import (
    echoes_counted,
    is_losing_since,
    is_of_ip6_alone,
    locate_loss,
)
from thongsuot_agent.judge.symptoms.own_queue import (
    CAUSE_UNKNOWN,
    METERED_FACTOR,
    is_filled_by_site,
    is_of_queue,
    is_queue_gone,
    is_queue_possible,
    may_be_of_queue,
)
from thongsuot_agent.judge.symptoms.pages import is_felt, is_felt_far_out
from thongsuot_agent.judge.symptoms.traffic import is_link_busy
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.result import Finding, Result
from thongsuot_schema.segment import Segment

LOSS_NAME = icmp.LOSS.name
RATIO_WINDOW_ECHOES = 50
"""Echoes over which the current ratio is averaged."""
RAW_WINDOW_ECHOES = 200
"""The same for all echoes and bursts: long, so that a cut line does not look like a policer."""
ALIVE_S = 30.0
"""A series that answered within this time has loss; otherwise it is silent."""
PLAIN_RATIO = 0.15
"""A burst of 28 lost echoes, as from a cut line, moves the raw ratio to 0.13."""
RECENT_S, OVER_S = 30.0, 90.0
"""
A loss that was not observed for half a minute is not reported; after a minute and a half it has
ended: three times longer than the pauses of an intermittent fault.
"""
CLEAR_HOPE = 0.2
"""Share of the evidence for health from which dense probing helps to detect a loss's end."""
NEAR_RUNGS_FACTOR = 3.0
"""Gateway and access are probed more often: proving a clean rung takes hundreds of echoes."""


def count_echo_run(
    at: LinkContext, point: ProbePoint, track: Track, result: Result, reachability: Reachability
) -> None:
    """
    Count an echo. Call it before the track records the run.

    An answer counts, and so does the loss that it ends; an unanswered echo with a later answered
    one counts at once. Nothing is counted while the link's own traffic fills it, nor for excluded
    hosts.
    """
    started_ns = result.boottime_ns
    _note_raw(at, point, track, reachability)
    count_paced_echo(at, point, track, started_ns, reachability)
    if point.is_gateway:
        count_gateway_echo(track, reachability)
    is_policed = at.link.policed_until_ns > started_ns
    if track.noisy_until_ns > started_ns or is_policed or is_link_busy(at, started_ns):
        return
    if track.family is dead_family_of(at.link):
        # A dead family is known and reported as such; it is not a share of the link's packets.
        return
    if late_rtt_s(result.finding) is not None:
        # The previous echo was answered late, so it is not lost; this one is still open.
        track.silent_since_ns, track.silences = None, 0
        return
    lost_ns = None
    if reachability is Reachability.ANSWERED:
        lost_ns = _lost_ns(track, result.finding, started_ns)
        _count(at, point, track, started_ns, is_loss=False)
    elif reachability is Reachability.SILENT and (track.answered_ns or 0) > started_ns:
        lost_ns = started_ns
    if lost_ns is not None and not is_of_outage(at.link.flap_state, lost_ns):
        if not point.is_gateway:
            note_blip(at, track, lost_ns)
        at.link.loss_test.losses += 1
        at.link.loss_test.queued_losses += is_queue_possible(at)
        _count(at, point, track, lost_ns, is_loss=True)


def _note_raw(at: LinkContext, point: ProbePoint, track: Track, reachability: Reachability) -> None:
    """Count every echo of targets that answer at times; one that drops them all is not lossy."""
    if reachability not in {Reachability.ANSWERED, Reachability.SILENT}:
        return
    loss, is_lost = at.link.loss_test, reachability is Reachability.SILENT
    is_alive = at.now_ns - (track.answered_ns or 0) <= ns(ALIVE_S)
    if is_alive or point.is_gateway:
        track.raw_sent += 1
        track.raw_lost += is_lost
    if is_alive and at.link.silence.fault is None:
        loss.raw_ratio += (is_lost - loss.raw_ratio) / RAW_WINDOW_ECHOES
        loss.raw_ns = at.now_ns


def judge_loss(at: LinkContext) -> None:
    """Decide when one of the two sums reaches its threshold."""
    link, loss = at.link, at.link.loss_test
    if link.loss_fault.fault is not None:
        _judge_held(at)
    elif is_outage(link.silence.fault):
        return
    elif is_filled_by_site(at):
        restart_loss_test(link)
    elif loss.cusum_up >= at.settings.loss_alarm_nats or is_blipping(at):
        if _is_losing_for(at, RECENT_S):
            _locate_and_confirm(at)
        elif not _is_losing_for(at, OVER_S):
            restart_loss_test(link)


def _judge_held(at: LinkContext) -> None:
    link, loss = at.link, at.link.loss_test
    if loss.cusum_down >= at.settings.loss_clear_nats:
        _clear(at, loss.first_ns if loss.first_ns is not None else at.now_ns)
    elif link.carried_test.acquittal >= CLEAR_NATS:
        if loss_ratio(link) >= at.settings.loss_degraded_ratio:
            # Only echoes are still lost: because of a policer, then or by now.
            _hold_for_policed(at)
        _clear(at, at.now_ns)
    elif _is_over_with_queue(at):
        _clear(at, at.now_ns)
    elif link.loss_fault.fault == CAUSE_UNKNOWN:
        _name_what_stays(at)


def _is_losing_for(at: LinkContext, within_s: float) -> bool:
    """
    Return whether the link lost echoes recently.

    The location of a loss may stay open for two minutes, and when it was decided the loss was long
    over (2026-11: a router lost most packets for half a minute, and its carrier was notified a
    minute and three quarters after the end).
    """
    patience = METERED_FACTOR if at.probes.is_metered else 1
    return is_losing_since(at, at.now_ns - ns(within_s * patience))


def _clear(at: LinkContext, since_ns: int) -> None:
    """Clear a loss that ended at a time."""
    at.link.clear_ns = since_ns
    at.link.loss_fault = FaultSlot()
    restart_loss_test(at.link)
    # The losses of lookups meanwhile belong to this fault: if they were kept, the carrier would be
    # blamed for the loss of a LAN a minute and a half after its end.
    restart_carried_test(at.link)


def _hold_for_policed(at: LinkContext) -> None:
    """Count no echoes for a while: they are dropped without any other loss."""
    link, loss = at.link, at.link.loss_test
    link.policed_until_ns = at.now_ns + ns(POLICED_S)
    begin_pace_test(at)
    # The test counts a burst as one loss; the value of silences is a separate matter.
    loss.ratio = max(loss.ratio, loss.raw_ratio)


def _locate_and_confirm(at: LinkContext) -> None:
    """
    Confirm the loss that echoes show, once its location is known and the link's actual traffic has
    it.

    Carriers police echoes, and users send none: a second protocol must lose in proportion.
    """
    link, loss = at.link, at.link.loss_test
    if link.slow.fault is not None and link.slow.fault.segment is None:
        # A queue without a known owner also drops: then the loss has no owner either.
        return
    has_blips = is_blipping(at)
    onset_ns = min(loss.first_ns or at.now_ns, loss.blips_ns[0] if has_blips else at.now_ns)
    location = locate_loss(at, onset_ns, blip_ratio=loss.raw_ratio if has_blips else 0.0)
    if location.is_one_host:
        restart_loss_test(link)
    if location.suspicion is None or location.suspicion.fault.segment is None:
        return
    loss.alarm_ns = loss.alarm_ns or at.now_ns
    segment, ratio = location.suspicion.fault.segment, _proven_ratio(link)
    if may_be_of_queue(at, segment) and not refutes(at, segment, ratio):
        _believe(at, msgspec.structs.replace(location.suspicion, fault=CAUSE_UNKNOWN), onset_ns)
        return
    has_to_be_felt = segment is Segment.TRANSIT or is_of_ip6_alone(at)
    if has_to_be_felt and not is_felt_far_out(at, location.suspicion, onset_ns):
        loss.far_alarm_ns = loss.far_alarm_ns or at.now_ns
        return
    is_carried = confirms(at, segment, ratio, loss.alarm_ns)
    if segment is Segment.TRANSIT and is_felt(at, onset_ns):
        # Pages have shown it: failed ones lose packets that are not counted.
        is_carried = True
    if is_carried is None:
        return
    if is_carried:
        _believe(at, location.suspicion, onset_ns)
    else:
        _hold_for_policed(at)
        restart_loss_test(link)


def _believe(at: LinkContext, suspicion: Suspicion, onset_ns: int) -> None:
    """Confirm a loss, and restart the count: the loss ratio from now on."""
    at.link.loss_test.is_of_queue = is_of_queue(at, suspicion.fault)
    confirm(at.link.loss_fault, suspicion, onset_ns)
    at.link.loss_fault.first_ns = at.now_ns
    restart_loss_test(at.link)
    restart_carried_test(at.link)


def _is_over_with_queue(at: LinkContext) -> bool:
    link = at.link
    is_gone = link.loss_test.is_of_queue and is_queue_gone(at, link.loss_fault.first_ns, OVER_S)
    return is_gone and not _is_losing_for(at, OVER_S)


def _name_what_stays(at: LinkContext) -> None:
    """Attribute what was assigned to a queue, outlasts it, and was since lost without one."""
    slot, loss = at.link.loss_fault, at.link.loss_test
    if at.now_ns - slot.first_ns < ns(at.settings.pause_s) or not _is_losing_for(at, RECENT_S):
        return
    nats = evidence_nats(
        echoes_counted(at.link).sent,
        loss.losses - loss.queued_losses,
        at.settings.loss_degraded_ratio,
        at.settings.loss_healthy_ratio,
    )
    if nats < at.settings.loss_alarm_nats:
        return
    location = locate_loss(at, slot.onset_ns)
    if location.suspicion is None or location.suspicion.fault.segment is None:
        return
    segment = location.suspicion.fault.segment
    if segment is Segment.TRANSIT and not is_felt(at, slot.first_ns):
        return
    if confirms(at, segment, _proven_ratio(at.link), slot.first_ns):
        _believe(at, location.suspicion, slot.onset_ns)


def loss_ratio(link: LinkMemory) -> float:
    """Return the loss ratio of a link's echoes, as far as it is known now."""
    echoes = echoes_counted(link)
    return max(_recent_ratio(link), echoes.lost / echoes.sent if echoes.sent else 0.0)


def _proven_ratio(link: LinkMemory) -> float:
    """Return what is proven of it: the lost echo with which a count begins is no ratio of one."""
    return max(_recent_ratio(link), echoes_counted(link).at_least())


def _recent_ratio(link: LinkMemory) -> float:
    raw_ratio = link.loss_test.raw_ratio
    # A cut line moves the raw ratio before its outage is confirmed: only plain losses count.
    is_new = (link.heard_ns or 0) - link.loss_test.raw_ns <= ns(ALIVE_S)
    return max(link.loss_test.ratio, raw_ratio if raw_ratio >= PLAIN_RATIO and is_new else 0.0)


def restart_loss_test(link: LinkMemory) -> None:
    """Restart the test."""
    loss = link.loss_test
    loss.cusum_up = loss.cusum_down = 0.0
    loss.first_ns = loss.alarm_ns = loss.far_alarm_ns = None
    loss.losses = loss.queued_losses = 0
    _count_anew(link)


def _count_anew(link: LinkMemory) -> None:
    for track in link.tracks.values():
        track.sent = track.lost = track.raw_sent = track.raw_lost = 0


def dense_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """
    Return the echoes to make now because the test needs more samples.

    Dense probing uses a credit that grows slowly, which limits the traffic of a link that is
    neither healthy nor degraded.
    """
    link, loss, settings = at.link, at.link.loss_test, at.settings
    patience = METERED_FACTOR if at.probes.is_metered else 1
    _earn_probe_credit(at, settings.dense_probing_share / patience)
    hope = settings.loss_clear_nats * CLEAR_HOPE
    is_open = loss.cusum_down > hope if link.loss_fault.fault else loss.cusum_up > 0.0
    is_dense = is_open or needs_samples(link)
    loss.is_dense_probing = is_dense and not is_outage(link.silence.fault)
    every_s = settings.dense_probing_every_s * patience
    if not loss.is_dense_probing or loss.credit_s < every_s:
        return ()
    lookups = lookups_to_make(at)
    wants_all = is_open and at.now_ns - loss.asked_ns >= ns(every_s)
    wants_near = at.now_ns - loss.near_asked_ns >= ns(every_s / NEAR_RUNGS_FACTOR)
    if wants_all:
        loss.asked_ns = at.now_ns
        loss.credit_s -= every_s
    if not wants_near:
        return lookups
    loss.near_asked_ns = at.now_ns
    echoes = tuple(
        ConfirmationProbe(kind=ECHO, link=link.name, target=track.target, family=track.family)
        for track in link.tracks.values()
        if _can_tell(track)
        and (point := at.probes.point_of(track)) is not None
        and (wants_all or RANK[point.rung] <= RANK[Segment.ACCESS if is_open else Segment.LAN])
    )
    return (*lookups, *echoes)


def _earn_probe_credit(at: LinkContext, share_of_time: float) -> None:
    loss = at.link.loss_test
    if loss.credit_ns is None:
        loss.credit_s = at.settings.dense_probing_s
    else:
        earned_s = (at.now_ns - loss.credit_ns) / NS_PER_S * share_of_time
        loss.credit_s = min(at.settings.dense_probing_s, loss.credit_s + earned_s)
    loss.credit_ns = at.now_ns


def _can_tell(track: Track) -> bool:
    return track.kind == ECHO and track.answered_ns is not None and not track.known_unresponsive


def _lost_ns(track: Track, finding: Finding, started_ns: int) -> int | None:
    """Return when the echo was lost whose loss this answer ends, ``None`` if there was none."""
    if 0.0 < finding.values.get(LOSS_NAME, 0.0) < 1.0:
        return started_ns
    return track.silent_since_ns if track.silences else None


def _count(at: LinkContext, point: ProbePoint, track: Track, run_ns: int, *, is_loss: bool) -> None:
    """
    Count one echo, unless it is within the dead time after a loss.

    As in a Geiger counter, nothing is counted for a short time after an event: a blip of the line
    that takes several echoes is one loss, and the loss ratio is not distorted.
    """
    loss, dead_ns = at.link.loss_test, ns(at.settings.loss_blip_s)
    if at.now_ns < loss.dead_until_ns:
        return
    if is_loss:
        if loss.blip_ns is not None and abs(run_ns - loss.blip_ns) < dead_ns:
            return
        loss.blip_ns, loss.dead_until_ns = run_ns, at.now_ns + dead_ns
        if not point.is_gateway and loss.cusum_up == 0.0 and at.link.loss_fault.fault is None:
            # Clean and lossy targets are compared over the same time: hours without any loss made a
            # LAN look clean that lost as much as everything else (2026-11, on packets).
            _count_anew(at.link)
        track.lost += 1
    track.sent += 1
    if not point.is_gateway:
        _weigh(at, run_ns, is_loss=is_loss)


def _weigh(at: LinkContext, run_ns: int, *, is_loss: bool) -> None:
    link, loss, settings = at.link, at.link.loss_test, at.settings
    healthy, degraded = settings.loss_healthy_ratio, settings.loss_degraded_ratio
    loss.ratio += (is_loss - loss.ratio) / RATIO_WINDOW_ECHOES
    if link.loss_fault.fault is None and loss.cusum_up == 0.0:
        if not is_loss:
            return
        loss.first_ns = run_ns
    nats = log(degraded / healthy) if is_loss else log((1.0 - degraded) / (1.0 - healthy))
    if link.loss_fault.fault is not None:
        if loss.cusum_down == 0.0:
            loss.first_ns = run_ns
        loss.cusum_down = max(0.0, loss.cusum_down - nats)
        return
    loss.cusum_up = max(0.0, loss.cusum_up + nats)
    if loss.cusum_up == 0.0:
        restart_loss_test(link)
