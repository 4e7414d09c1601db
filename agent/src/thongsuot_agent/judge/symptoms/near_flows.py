"""
Near flows: new flows that end at the site's router or at the carrier's first router, as evidence
about others.

Two faults look alike from far away and differ from nearby. Full-size packets may be lost in the
site's LAN or on the line: a full-size echo to the gateway passes only the LAN. New flows may be
dropped by the connection table of the site's router or by the carrier's: a new echo to the
carrier's first router passes only the site's; one to an anchor of the carrier distinguishes both
from a dead name server. Only measurements made during a failure count, because either fault may be
intermittent. A target that has never answered proves nothing, and then no party is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import log

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.new_flow_memory import NewFlowRun, OpenEcho
from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_agent.judge.site_probes import FRESH_ECHO
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.tracks import (
    ECHO,
    STALLS,
    share_silent_lately,
    silent_spells_lately,
)
from thongsuot_schema.catalogue import dns, fresh_echo
from thongsuot_schema.result import Family, Finding, Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FLOWS = 4
"""New flows of a run, as in the probe's default settings."""
RUNS_KEPT = 128
"""Four targets in two families, probed every two seconds for half a minute."""
ASK_EVERY_S, ASK_METERED_EVERY_S = 2.0, 10.0
"""6 kB each: a comparison of services takes some seconds, and pages cost more."""
BESIDE_NS = NS_PER_S
"""Runs that began this close together saw the same state of the link."""
OPEN_ECHO_KEPT_NS = 8 * NS_PER_S
"""A run of new flows is over well before that."""
LAN_FRESH_S = 100.0
"""As long as an unanswered lookup counts (``new_flows``)."""
FULL_SIZE_LEAST_BYTES = 1000
"""Less than the packets that make pages stall, more than any small echo."""
LOCATED_NATS = 4.6
"""
Odds of 100 : 1 for one side of the carrier's first router; new flows there cost little.
"""
NEW_FLOWS_LOST_HEALTHY_RATIO = 0.02
LEAST_LOST_RATIO, FEW_LOST_HEALTHY_RATIO = 0.03, 0.005
"""
The loss ratios of a table that drops few flows, and of one that drops none: many runs distinguish
them.
"""
FULL_SIZE_LOST_HEALTHY_RATIO, FULL_SIZE_LOST_RATIO = 0.02, 0.3
"""
Share of runs in which neither of two full-size packets passes: a LAN that loses half of them in one
direction has a quarter of such runs.
"""
NEW_FLOWS_LOST_RATIOS = (0.3, 0.95)
"""From a table that is full at times to one that accepts no new flow."""
LOOKUP_FLOWS = 2
"""A lookup sends two queries, and counts as unanswered if either is lost."""
LOCATE_FOR_S = 120.0
"""Time limit for the evidence of new flows about a name server that loses some queries."""

NEW_FLOWS_LOST = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.NEW_CONNECTIONS_FAIL)
BOX_DROPS_FRESH_ECHOS = Diagnosis(
    state=State.DEGRADED, segment=Segment.LAN, symptom=Symptom.LAN_NEW_CONNECTIONS_FAIL
)
CARRIER_DROPS_FRESH_ECHOS = Diagnosis(
    state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.CARRIER_NEW_CONNECTIONS_FAIL
)
LARGE_PACKETS_LOST = Diagnosis(
    state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.LARGE_PACKETS_LOST
)
LAN_LOSES_LARGE_PACKETS = Diagnosis(
    state=State.DEGRADED, segment=Segment.LAN, symptom=Symptom.LAN_LARGE_PACKETS_LOST
)
LARGE_PACKETS_LOST_SOMEWHERE = Diagnosis(
    state=State.UNKNOWN, segment=None, symptom=Symptom.LARGE_PACKETS_CAUSE_UNKNOWN
)

LOCATED_LARGE_PACKETS = frozenset({LARGE_PACKETS_LOST, LAN_LOSES_LARGE_PACKETS})


def note_new_flows(link: LinkMemory, result: Result) -> None:
    """Record one run of new flows."""
    finding, series = result.finding, result.series
    ratio = finding.values.get(fresh_echo.ANSWERED.name)
    if ratio is None or result.boottime_ns < link.valid_from_ns or link.egress.others:
        return
    memory = link.new_flows
    size_bytes = finding.values.get(fresh_echo.PACKET.name)
    is_full_size = None if size_bytes is None else size_bytes >= FULL_SIZE_LEAST_BYTES
    run = NewFlowRun(
        target=series.target,
        family=series.family,
        at_ns=result.boottime_ns,
        answered_ratio=ratio,
        is_full_size=is_full_size,
    )
    for echo in memory.open_echoes:
        _set_beside(run, echo)
    memory.runs = [*memory.runs[1 - RUNS_KEPT :], run]
    if ratio > 0.0:
        memory.answering.add(series.target)
    if is_full_size:
        memory.passing_full_size.add(series.target)


def note_beside(at: LinkContext, track: Track, finding: Finding, started_ns: int) -> None:
    """
    Record with the runs of new flows that a lookup, or a page, failed at the same time, and the
    result of an echo to the same target over an established flow. Call it before the track has the
    run.
    """
    if track.kind == ECHO:
        _note_open_echo(at, track, finding, started_ns)
        return
    is_lost_lookup = (
        track.kind == dns.KIND.name and reachability_of(track.kind, finding) is Reachability.SILENT
    )
    is_stalled_page = track.kind == REQUEST and finding.reason in STALLS
    if not is_lost_lookup and not is_stalled_page:
        return
    for run in at.link.new_flows.runs:
        since_start_ns = run.at_ns - started_ns
        if is_lost_lookup and abs(since_start_ns) <= BESIDE_NS:
            run.is_beside_lost_lookup = True
        elif is_stalled_page and run.family is track.family and since_start_ns >= -BESIDE_NS:
            run.is_beside_stalled_page = True


def _note_open_echo(at: LinkContext, track: Track, finding: Finding, started_ns: int) -> None:
    """Record an echo sent while new flows are probed; those end before or after it."""
    memory = at.link.new_flows
    reachability = reachability_of(track.kind, finding)
    is_known = reachability is not Reachability.UNMEASURED
    is_beside = at.now_ns - memory.asked_ns <= OPEN_ECHO_KEPT_NS
    if not is_known or not is_beside or track.silences or track.target not in memory.answering:
        # After a lost echo the next one uses a new flow.
        return
    echo = OpenEcho(
        target=track.target,
        family=track.family,
        at_ns=started_ns,
        is_lost=reachability is Reachability.SILENT,
    )
    kept = (e for e in memory.open_echoes if at.now_ns - e.at_ns <= OPEN_ECHO_KEPT_NS)
    memory.open_echoes = [*kept, echo]
    for run in memory.runs:
        _set_beside(run, echo)


def _set_beside(run: NewFlowRun, echo: OpenEcho) -> None:
    is_same_way = run.target == echo.target and run.family is echo.family
    if is_same_way and abs(run.at_ns - echo.at_ns) <= BESIDE_NS:
        run.is_beside_lost_open_echo |= echo.is_lost
        run.is_beside_open_echo |= not echo.is_lost


def near_probes(at: LinkContext, *, with_open_flows: bool = False) -> tuple[ConfirmationProbe, ...]:
    """
    Return the new flows to open now, because a distant target stalls or does not answer.

    ``with_open_flows``: each is accompanied by an echo over an established flow, if no burst sends
    one anyway: if both are lost, packets are lost, and not flows.
    """
    memory = at.link.new_flows
    every_s = ASK_METERED_EVERY_S if at.probes.is_metered else ASK_EVERY_S
    if not at.probes.near_points or at.now_ns - memory.asked_ns < ns(every_s):
        return ()
    memory.asked_ns = at.now_ns
    facts = at.link.facts
    kinds = (FRESH_ECHO, ECHO) if with_open_flows else (FRESH_ECHO,)
    return tuple(
        ConfirmationProbe(kind=kind, link=at.link.name, target=point.target, family=family)
        for point in at.probes.near_points.values()
        for family in point.families
        if facts is None or facts.usable(family)
        for kind in kinds
        if kind == FRESH_ECHO or SeriesKey(ECHO, point.target, family) in at.link.tracks
    )


def locate_new_flows_lost(at: LinkContext, held: Diagnosis | None) -> Diagnosis:
    """
    Locate the table that drops new flows: the site's router, if new echoes to the carrier's first
    router are lost like lookups; the carrier, if they pass. A location stays until the other one is
    equally certain.
    """
    box = frozenset({Segment.ACCESS})
    beside, throughout = _new_flow_nats(at, box), _new_flow_nats_throughout(at, box)
    if max(beside, throughout) >= LOCATED_NATS:
        return BOX_DROPS_FRESH_ECHOS
    if max(beside, throughout) <= -LOCATED_NATS:
        return CARRIER_DROPS_FRESH_ECHOS
    is_located = held in {BOX_DROPS_FRESH_ECHOS, CARRIER_DROPS_FRESH_ECHOS}
    return held if held is not None and is_located else NEW_FLOWS_LOST


def are_new_echoes_lost(at: LinkContext) -> bool:
    """
    Return whether new echoes to the carrier's routers are lost like lookups, and echoes over
    established flows are not: then no name server is to blame.

    Requests are evidence as well (``new_flows``), but over a metered link there are hardly any. A
    link with known packet loss also loses packets of new flows (2026-11: a line that lost a fifth
    was reported to the commune as a full table of its router).
    """
    if at.link.loss_fault.fault is not None:
        return False
    nats = _new_flow_nats(at, frozenset({Segment.ACCESS, Segment.CARRIER}))
    return nats >= LOCATED_NATS and not is_lan_losing(at)


def are_few_new_flows_lost(at: LinkContext) -> bool:
    """
    Return whether new flows to the carrier's routers have the small loss ratio of lookups, and
    established ones lose none: if a table drops ten of a hundred, hardly one is opened beside a
    lost lookup. Only for a line whose echoes have no loss.
    """
    nats = _new_flow_nats_throughout(at, frozenset({Segment.ACCESS, Segment.CARRIER}))
    return nats >= LOCATED_NATS and not is_lan_losing(at)


def is_new_flow_evidence_awaited(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether it is still open, since a time, whether new flows to the carrier's routers pass
    while lookups do not; targets that never answered one are not awaited.

    Until then, a name server that intermittently loses queries may be a table that is
    intermittently full (2026-11: such a table of the site's router was reported to the carrier as a
    slow name server).
    """
    memory = at.link.new_flows
    rungs = frozenset({Segment.ACCESS, Segment.CARRIER})
    is_any = any(
        (point := at.probes.near_points.get(target)) is not None and point.rung in rungs
        for target in memory.answering
    )
    if not is_any or at.now_ns - since_ns >= ns(LOCATE_FOR_S):
        return False
    nats = max(_new_flow_nats(at, rungs), _new_flow_nats_throughout(at, rungs))
    return nats > -LOCATED_NATS


def is_lan_losing(at: LinkContext) -> bool:
    """
    Return whether new flows to the gateway, which pass no table, were lost recently.

    Then packets are lost in the site, and not flows.
    """
    return any(
        run.answered_ratio < 1.0
        and at.now_ns - run.at_ns <= ns(LAN_FRESH_S)
        and run.target in at.link.new_flows.answering
        for run in at.link.new_flows.runs
        if (point := at.probes.near_points.get(run.target)) is not None and point.is_gateway
    )


def _new_flow_nats(at: LinkContext, rungs: frozenset[Segment]) -> float:
    """
    Return the evidence that new flows to some rungs are lost, by runs beside lost lookups.

    Compared with the loss of established flows: at the same time, and recently in general.
    """
    runs = [run for run in _witnesses(at, rungs) if run.is_beside_lost_lookup]
    least, most = NEW_FLOWS_LOST_RATIOS
    ratio = min(most, max(least, _lookup_flows_lost_lately(at)))
    healthy = min(ratio, max(NEW_FLOWS_LOST_HEALTHY_RATIO, _open_flows_lost_ratio(at)))
    return _nats_of(runs, ratio, healthy)


def _new_flow_nats_throughout(at: LinkContext, rungs: frozenset[Segment]) -> float:
    """
    Return the evidence that new flows to some rungs are lost, by all runs since the first lost
    lookup.

    A table may drop some flows at any time. Then flows beside a lost lookup are not lost more often
    than others, and that test shows no loss (2026-12: a router that dropped three of a hundred,
    then ten, was reported to the carrier as a slow name server). Here they are compared with the
    loss ratio of lookups over the same time.
    """
    first_ns = min(
        (run.at_ns for run in at.link.new_flows.runs if run.is_beside_lost_lookup), default=None
    )
    if first_ns is None:
        return 0.0
    most = NEW_FLOWS_LOST_RATIOS[1]
    ratio = min(most, max(LEAST_LOST_RATIO, _lookup_flows_lost_ratio(at)))
    healthy = max(FEW_LOST_HEALTHY_RATIO, _open_flows_lost_ratio(at))
    if healthy >= ratio:
        # Established flows lose as much: the two cannot be distinguished.
        return 0.0
    runs = [run for run in _witnesses(at, rungs) if run.at_ns >= first_ns]
    return _nats_of(runs, ratio, healthy)


def _witnesses(at: LinkContext, rungs: frozenset[Segment]) -> Iterator[NewFlowRun]:
    """Yield the runs to some rungs beside which an established flow was answered, and none lost."""
    memory = at.link.new_flows
    for run in memory.runs:
        point = at.probes.near_points.get(run.target)
        is_witness = (
            point is not None
            and point.rung in rungs
            and run.target in memory.answering
            and run.is_beside_open_echo
            and not run.is_beside_lost_open_echo
        )
        if is_witness:
            yield run


def _nats_of(runs: Sequence[NewFlowRun], ratio: float, healthy: float) -> float:
    """Return the evidence of runs for one loss ratio of flows against another."""
    sent = FLOWS * len(runs)
    lost = FLOWS * sum(1.0 - run.answered_ratio for run in runs)
    return lost * log(ratio / healthy) + (sent - lost) * log((1.0 - ratio) / (1.0 - healthy))


def _lookup_flows_lost_lately(at: LinkContext) -> float:
    """Return the loss ratio of flows in the latest lookups: two each, either one fails it."""
    answered_ratio: float = (1.0 - share_silent_lately(_lookups(at))) ** (1.0 / LOOKUP_FLOWS)
    return 1.0 - answered_ratio


def _lookup_flows_lost_ratio(at: LinkContext) -> float:
    """Return the loss ratio of lookups: by the latest if it is plain, otherwise by the test."""
    lately = _lookup_flows_lost_lately(at)
    sent = sum(track.carried_sent for track in _lookups(at))
    lost = sum(track.carried_lost for track in _lookups(at))
    return lost / sent if lost and lately < NEW_FLOWS_LOST_RATIOS[0] else lately


def _open_flows_lost_ratio(at: LinkContext) -> float:
    """Return the loss ratio of established echoes beyond the site: of the latest, or lately."""
    counts = [
        silent_spells_lately(track)
        for track in at.link.tracks.values()
        if track.kind == ECHO
        and not track.known_unresponsive
        and (point := at.probes.point_of(track)) is not None
        and not point.is_gateway
    ]
    lost, runs = sum(count for count, _ in counts), sum(total for _, total in counts)
    beyond = {name for name, point in at.probes.near_points.items() if not point.is_gateway}
    return max(lost / runs if runs else 0.0, at.link.new_flows.open_lost_ratio(beyond))


def locate_large_packets_lost(at: LinkContext, family: Family, onset_ns: int) -> Diagnosis:
    """
    Return where full-size packets are lost in a family: in the LAN, if full-size echoes to the
    gateway are lost while pages stall; beyond it, if they pass.
    """
    if at.link.facts is not None and at.link.facts.point_to_point:
        # A modem's raw IP, PPP: the line begins at the device.
        return LARGE_PACKETS_LOST
    memory = at.link.new_flows
    passed = lost = 0
    for run in memory.runs:
        point = at.probes.near_points.get(run.target)
        is_witness = (
            point is not None
            and point.is_gateway
            and run.family is family
            and run.is_beside_stalled_page
            and run.at_ns >= onset_ns - BESIDE_NS
            and run.is_full_size is not None
        )
        if is_witness:
            passed, lost = passed + (run.is_full_size is True), lost + (run.is_full_size is False)
    gateways = {point.target for point in at.probes.near_points.values() if point.is_gateway}
    nats = full_size_nats(passed, lost)
    if (passed and not lost) or nats <= -LOCATED_NATS:
        return LARGE_PACKETS_LOST
    is_lost = (lost > 0 and not passed) or nats >= LOCATED_NATS
    if is_lost and gateways & memory.passing_full_size:
        return LAN_LOSES_LARGE_PACKETS
    return LARGE_PACKETS_LOST_SOMEWHERE


def full_size_nats(passed: int, lost: int) -> float:
    """Return the evidence of runs to the gateway that its LAN loses full-size packets."""
    ratio, healthy = FULL_SIZE_LOST_RATIO, FULL_SIZE_LOST_HEALTHY_RATIO
    return lost * log(ratio / healthy) + passed * log((1.0 - ratio) / (1.0 - healthy))


def _lookups(at: LinkContext) -> Iterable[Track]:
    return (track for track in at.link.tracks.values() if track.kind == dns.KIND.name)
