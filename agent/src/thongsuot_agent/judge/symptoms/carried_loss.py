"""
Carried loss: the packets that lookups and web requests lose, besides the echoes.

A fault of a link shows in its actual traffic. Echoes alone may be policed (RFC 1812, 4.3.2.8 lets
routers limit them), and echoes alone may be spared: users send TCP and UDP. So each lookup counts
as two queries, each successful web request as its segments, with the number of retransmissions from
the kernel (TCP_INFO). This has two uses: the loss that echoes show is confirmed or refuted in
proportion, and the same sequential test as for echoes (``loss``) finds a loss that they do not
show.
"""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.hysteresis import confirm
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.observations import rung_of
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.site_probes import ProbePoint
from thongsuot_agent.judge.symptoms.borrowed_resolver import is_borrowed_resolver
from thongsuot_agent.judge.symptoms.carried_location import (
    carrying,
    do_pages_alone_lose,
    is_lossy,
    locate_carried_loss,
)
from thongsuot_agent.judge.symptoms.carried_samples import (
    DEGRADED_RATIO,
    HEALTHY_RATIO,
    LOOKUP,
    REQUEST,
    CarriedPackets,
    evidence_nats,
    healthy_ratio,
    packets_of,
    sample_of,
)
from thongsuot_agent.judge.symptoms.large_losses import locate_large_losses
from thongsuot_agent.judge.symptoms.loss_location import OTHERS_CLEAN_NATS
from thongsuot_agent.judge.symptoms.near_flows import (
    LARGE_PACKETS_LOST,
    NEW_FLOWS_LOST,
    are_few_new_flows_lost,
    are_new_echoes_lost,
    is_new_flow_evidence_awaited,
    locate_new_flows_lost,
)
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_agent.judge.symptoms.own_queue import is_queue_possible
from thongsuot_agent.judge.symptoms.pages import is_felt
from thongsuot_agent.judge.symptoms.traffic import is_link_busy
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

ALARM_NATS = 10.0
CLEAR_NATS = 9.2
"""As for echoes: required evidence to report a loss, and to clear it."""
CARRIED_SHARE = 0.25
"""
In proportion to the echoes' loss ratio: only completed runs count, which are those with the least
loss. A policer does not affect them at all.
"""
CLEAR_HOPE = 0.2
"""Share of the evidence for health from which more lookups help to detect the end."""
COUNTED_AT_MOST = 600
"""Older samples are halved: a test is about the present."""
RECENT_S = 30.0
"""
A series without a loss for this time does not lose now, whatever it lost before: this is a dozen
lookups and some pages.
"""
MIN_LOSSY_RUNS, MIN_SPAN_S = 4, 10.0
"""
One page retransmits many segments after a single blip: this many runs, over this time, must have
losses.
"""
ONE_LOSS_NATS = 2.0
"""A single lost echo is chance; from two on, the line itself is suspected (``loss``)."""
FORGING_RESOLVER = Diagnosis(
    state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.RESOLVER_FORGED_ANSWER
)
LOSSY_RESOLVER = Diagnosis(
    state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.RESOLVER_SLOW
)


def count_run(
    at: LinkContext, point: ProbePoint, track: Track, finding: Finding, reachability: Reachability
) -> None:
    """
    Count a lookup or a request; not while a queue explains its losses, nor while the link is out.
    """
    sample = sample_of(track, finding, reachability)
    if sample is None or _is_explained(at) or rung_of(point, at.link.facts) is Segment.LAN:
        return
    track.carried_sent += sample.sent
    track.carried_lost += sample.lost
    if track.carried_sent > COUNTED_AT_MOST:
        track.carried_sent, track.carried_lost = track.carried_sent // 2, track.carried_lost // 2
    test = at.link.carried_test
    if track.kind == LOOKUP and at.link.loss_fault.fault is not None:
        _weigh_acquittal(at, sample)
    nats = evidence_nats(sample.sent, sample.lost, DEGRADED_RATIO, healthy_ratio(track.kind))
    if at.link.carried_fault.fault is not None:
        if test.cusum_down == 0.0:
            test.first_ns = at.now_ns
        test.cusum_down = max(0.0, test.cusum_down - nats)
        return
    if sample.lost and test.cusum_up == 0.0:
        test.first_ns, test.lossy_runs = at.now_ns, 0
    if sample.lost:
        test.lossy_runs, test.lost_ns = test.lossy_runs + 1, at.now_ns
    test.cusum_up = max(0.0, test.cusum_up + nats)
    is_asked = at.link.loss_test.cusum_up > 0.0 or at.link.loss_fault.fault is not None
    if test.cusum_up == 0.0 and not is_asked:
        restart_carried_test(at.link)


def _weigh_acquittal(at: LinkContext, sample: CarriedPackets) -> None:
    """
    Add a lookup's evidence about a reported loss: does it still have the loss ratio of the echoes?
    """
    test, echoes = at.link.carried_test, at.link.loss_test
    share = CARRIED_SHARE * max(echoes.ratio, echoes.raw_ratio)
    ratio = min(0.9, max(at.settings.loss_degraded_ratio, share))
    nats = evidence_nats(sample.sent, sample.lost, ratio, at.settings.loss_healthy_ratio)
    test.acquittal = max(0.0, test.acquittal - nats)


def count_gateway_echo(track: Track, reachability: Reachability) -> None:
    """Count an echo to the gateway: whether the LAN is clean during a test."""
    track.carried_sent += reachability in {Reachability.ANSWERED, Reachability.SILENT}
    track.carried_lost += reachability is Reachability.SILENT
    if track.carried_sent > COUNTED_AT_MOST:
        track.carried_sent, track.carried_lost = track.carried_sent // 2, track.carried_lost // 2


def restart_carried_test(link: LinkMemory) -> None:
    """Restart the test."""
    link.carried_test = CarriedTest()
    for track in link.tracks.values():
        track.carried_sent = track.carried_lost = 0


def judge_carried_loss(at: LinkContext) -> None:
    """Confirm a loss that echoes do not show, or its end."""
    link, test, slot = at.link, at.link.carried_test, at.link.carried_fault
    if slot.fault is not None:
        if test.cusum_down >= CLEAR_NATS:
            link.clear_ns = test.first_ns or at.now_ns
            link.carried_fault = FaultSlot()
            restart_carried_test(link)
        elif slot.fault == NEW_FLOWS_LOST:
            slot.fault = locate_new_flows_lost(at, slot.fault)
        return
    if test.cusum_up < ALARM_NATS or is_outage(link.silence.fault) or link.loss_fault.fault:
        return
    if link.resolver.fault is not None:
        # The silence or refusal of the name servers is reported: their losses until then belong to
        # it.
        return
    is_brief = at.now_ns - (test.first_ns or at.now_ns) < ns(MIN_SPAN_S)
    is_over = at.now_ns - (test.lost_ns or 0) > ns(RECENT_S)
    if is_brief or is_over or test.lossy_runs < MIN_LOSSY_RUNS:
        return
    is_policed = link.policed_until_ns > at.now_ns
    echoes_lost = max(link.loss_test.ratio, link.loss_test.raw_ratio)
    if not is_policed and echoes_lost >= at.settings.loss_degraded_ratio:
        # The echoes show it as well: they determine its rung.
        return
    fault = _lossy_part(at)
    if fault is None:
        return
    onset_ns = test.first_ns or at.now_ns
    confirm(slot, Suspicion(fault=fault, onset_ns=onset_ns, evidence=_evidence(at)), onset_ns)
    restart_carried_test(link)


def _lossy_part(at: LinkContext) -> Diagnosis | None:
    """
    Return the lossy part for lookups and segments; ``None`` if users do not notice it, or it is
    undecided.
    """
    fault = _lossy_resolver(at) or locate_carried_loss(at)
    if fault is None:
        return None
    since_ns = at.link.carried_test.first_ns or 0
    has_to_be_felt = fault.segment is Segment.TRANSIT or _is_of_ip6_alone(at)
    if has_to_be_felt and not is_felt(at, since_ns):
        return None
    is_resolver = fault == LOSSY_RESOLVER
    is_of_flows = are_new_flows_lost(at) or are_new_echoes_lost(at)
    if is_of_flows or (is_resolver and are_few_new_flows_lost(at)):
        return locate_new_flows_lost(at, at.link.carried_fault.fault)
    if fault.segment is not Segment.LAN and do_pages_alone_lose(at):
        large = locate_large_losses(at, since_ns)
        return fault if large == LARGE_PACKETS_LOST else large
    if is_resolver and is_new_flow_evidence_awaited(at, since_ns):
        return None
    return fault


def needs_samples(link: LinkMemory) -> bool:
    """Return whether more lookups would soon decide the test."""
    test = link.carried_test
    if link.carried_fault.fault is not None:
        return test.cusum_down > CLEAR_NATS * CLEAR_HOPE
    return test.cusum_up > 0.0


def _lossy_resolver(at: LinkContext) -> Diagnosis | None:
    """
    Return the fault if only the link's name servers lose queries.

    Or intermittently return impossible answers, or useless ones. Each lost query costs a user five
    seconds until the computer's retry.
    """
    servers: list[Track] = []
    others: list[Track] = []
    echoes = at.link.loss_test
    is_line = echoes.cusum_up > ONE_LOSS_NATS or echoes.raw_ratio > HEALTHY_RATIO
    if is_line or _is_any_service_failing(at) or is_borrowed_resolver(at):
        # The line may lose everything, or a full connection table everything new.
        return None
    for point, track in carrying(at, Segment.ACCESS):
        if not point.is_users_resolver:
            others.append(track)
        elif is_lossy(track):
            servers.append(track)
        elif track.carried_sent:
            # One of the servers answers well: users are served.
            return None
    lossy, clean = packets_of(servers), packets_of(others)
    nats = evidence_nats(lossy.sent, lossy.lost, DEGRADED_RATIO, healthy_ratio(LOOKUP))
    is_clean = evidence_nats(clean.sent, clean.lost, DEGRADED_RATIO, HEALTHY_RATIO) < 0.0
    if nats < ALARM_NATS / 2 or not is_clean:
        return None
    is_forging = any(track.reason is Reason.NAME_ANSWER_FORGED for track in servers)
    return FORGING_RESOLVER if is_forging else LOSSY_RESOLVER


def _is_any_service_failing(at: LinkContext) -> bool:
    """
    Return whether requests have failed since the start of the test, for a reason other than the
    name.
    """
    since_ns = at.link.carried_test.first_ns or at.now_ns
    return any(
        track.kind == REQUEST
        and (track.failed_ns or 0) >= since_ns
        and not (track.reason is not None and track.reason.value.startswith("name_"))
        for track in at.link.tracks.values()
    )


def _is_of_ip6_alone(at: LinkContext) -> bool:
    """
    Return whether IPv6 has loss that IPv4 does not have, for lookups and requests as well as for
    echoes.

    Resolvers use the next server and browsers use IPv4, so users may not notice it: pages decide.
    """
    tracks = [track for _, track in carrying(at, Segment.ACCESS)]
    ip4, ip6 = (
        packets_of(track for track in tracks if track.family is family)
        for family in (Family.IP4, Family.IP6)
    )
    ratio = max(DEGRADED_RATIO, ip6.lost / ip6.sent) if ip6.sent else DEGRADED_RATIO
    nats = evidence_nats(ip4.sent, ip4.lost, min(0.9, ratio), HEALTHY_RATIO)
    return ip6.lost > 0 and nats <= -OTHERS_CLEAN_NATS


def _is_explained(at: LinkContext) -> bool:
    link = at.link
    # Other faults, confirmed or pending, that lose lookups by themselves: a full or partial outage,
    # a queue, a name server that is dead or refuses, a duplicate address.
    slots = (link.silence, link.slow, link.resolver, link.facts_slot, link.large_packets)
    is_known = any(slot.fault is not None for slot in slots)
    is_flapping = link.flap_state.is_silent or link.flap_state.active
    is_queued = is_link_busy(at, at.now_ns) or is_queue_possible(at)
    return is_known or is_flapping or is_queued


def _evidence(at: LinkContext) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            kind=track.kind,
            target=track.target,
            family=track.family,
            segment=rung_of(point, at.link.facts),
            outcome=Outcome.OK,
            ok=track.carried_sent - track.carried_lost,
            failed=track.carried_lost,
        )
        for point, track in carrying(at, Segment.ACCESS)
        if track.carried_sent
    )
