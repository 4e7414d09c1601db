"""
Near flows: what new flows that end at the site's box or at the carrier's first router tell of
others.

Two faults look alike from far and are told apart from near. Packets of full size may be lost in the
site's LAN or on the line: an echo of full size to the gateway passes the LAN alone. New flows may
be dropped by the table of the site's box or by the carrier's: a new echo to the carrier's first
router passes the box alone; one to an anchor of the carrier's tells both from a dead name server.
Only what was measured while something failed speaks, since either may
come and go. A target that has never answered says nothing, and then nobody is named.
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
"""New flows of a run, as the probe opens them by default."""
RUNS_KEPT = 128
"""Four targets in two families, asked every two seconds for half a minute."""
ASK_EVERY_S, ASK_METERED_EVERY_S = 2.0, 10.0
"""6 kB each: a comparison of services takes some seconds, and pages cost more."""
BESIDE_NS = NS_PER_S
"""What began so close together met the same moment of the link."""
OPEN_ECHO_KEPT_NS = 8 * NS_PER_S
"""A run of new flows is over long before."""
LAN_FRESH_S = 100.0
"""As long as a lookup that got no answer speaks (``new_flows``)."""
FULL_SIZE_LEAST_BYTES = 1000
"""Less than the packets that make pages stall, more than any small echo."""
LOCATED_NATS = 4.6
"""
Odds of 100 : 1 for one side of the carrier's first router; new flows there are free to repeat.
"""
NEW_FLOWS_LOST_HEALTHY_RATIO = 0.02
LEAST_LOST_RATIO, FEW_LOST_HEALTHY_RATIO = 0.03, 0.005
"""
Of a table that drops few flows, and of one that drops none: over many runs these are told apart.
"""
FULL_SIZE_LOST_HEALTHY_RATIO, FULL_SIZE_LOST_RATIO = 0.02, 0.3
"""
Runs in which no packet of full size passes, of two: a LAN that loses half of those one way has a
quarter of them.
"""
NEW_FLOWS_LOST_RATIOS = (0.3, 0.95)
"""From a table that is full at times to one that takes nothing any more."""
LOOKUP_FLOWS = 2
"""A lookup asks two questions, and stays unanswered if either is lost."""
LOCATE_FOR_S = 120.0
"""So long it is waited for what new flows say of a name server that loses some questions."""

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
    """Take one run of new flows."""
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
    Note of the runs of new flows that a lookup, or a page, failed beside them, and how an echo to
    the same target fared over a flow that was open. To be called before the track has the run.
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
    """Note an echo that was sent while new flows are being asked; those end before or after it."""
    memory = at.link.new_flows
    reachability = reachability_of(track.kind, finding)
    is_known = reachability is not Reachability.UNMEASURED
    is_beside = at.now_ns - memory.asked_ns <= OPEN_ECHO_KEPT_NS
    if not is_known or not is_beside or track.silences or track.target not in memory.answering:
        # After one that was lost the next is over a new flow.
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
    Return the new flows to open now, because something far stalls or stays unanswered.

    ``with_open_flows``: beside each a flow that is open is asked the same, where no burst asks it
    anyway: what both lose is packets, and no flows.
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
    Return whose table drops new flows: the site's box, if new echoes to the carrier's first router
    are lost as lookups are; the carrier's, if those pass. What was located stays so until the
    other is as sure.
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
    Return whether new echoes to the carrier's routers are lost as lookups are, and echoes over
    flows that are open are not: then no name server is to blame.

    Requests say it as well (``new_flows``), but over a metered link hardly one is ever made. A link
    that is known to lose packets loses them of new flows, too (2026-11: a line that lost a fifth
    was told to the commune as a full table of its box).
    """
    if at.link.loss_fault.fault is not None:
        return False
    nats = _new_flow_nats(at, frozenset({Segment.ACCESS, Segment.CARRIER}))
    return nats >= LOCATED_NATS and not is_lan_losing(at)


def are_few_new_flows_lost(at: LinkContext) -> bool:
    """
    Return whether new flows to the carrier's routers lose as few of all as lookups do, and open
    ones lose none: of a hundred that a table drops ten of hardly one is opened beside a lost
    lookup. Only of a line whose echoes lose nothing.
    """
    nats = _new_flow_nats_throughout(at, frozenset({Segment.ACCESS, Segment.CARRIER}))
    return nats >= LOCATED_NATS and not is_lan_losing(at)


def is_new_flow_evidence_awaited(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether new flows to the carrier's routers have not said yet, since a moment, whether
    they pass while lookups do not; nobody is waited for who never answered one.

    Before they have, a name server that loses questions by turns may be a table that is full by
    turns (2026-11: one of the site's box was told to the carrier as a slow name server).
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
    Return whether new flows to the gateway, which pass no table, were lost lately.

    Then it is packets that are lost in the site, and not flows.
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

    Against what flows that are open lose: at the same moment, and in general of late.
    """
    runs = [run for run in _witnesses(at, rungs) if run.is_beside_lost_lookup]
    least, most = NEW_FLOWS_LOST_RATIOS
    ratio = min(most, max(least, _lookup_flows_lost_lately(at)))
    healthy = min(ratio, max(NEW_FLOWS_LOST_HEALTHY_RATIO, _open_flows_lost_ratio(at)))
    return _nats_of(runs, ratio, healthy)


def _new_flow_nats_throughout(at: LinkContext, rungs: frozenset[Segment]) -> float:
    """
    Return the evidence that new flows to some rungs are lost, by all runs since a lookup first was.

    A table may drop some flows at any moment. Then those beside a lost lookup are lost no more
    often than others, and passed as well as with none dropped (2026-12: a box that dropped three
    of a hundred, then ten, was told to the carrier as a slow name server). They are held against
    the share that lookups lose over the same time.
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
        # Open flows lose as much: nothing tells the two apart.
        return 0.0
    runs = [run for run in _witnesses(at, rungs) if run.at_ns >= first_ns]
    return _nats_of(runs, ratio, healthy)


def _witnesses(at: LinkContext, rungs: frozenset[Segment]) -> Iterator[NewFlowRun]:
    """Yield the runs to some rungs beside which an open flow was answered, and none lost."""
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
    """Return the evidence of runs for one share of flows lost against another."""
    sent = FLOWS * len(runs)
    lost = FLOWS * sum(1.0 - run.answered_ratio for run in runs)
    return lost * log(ratio / healthy) + (sent - lost) * log((1.0 - ratio) / (1.0 - healthy))


def _lookup_flows_lost_lately(at: LinkContext) -> float:
    """Return the share of their flows that the latest lookups lost: two each, either fails it."""
    answered_ratio: float = (1.0 - share_silent_lately(_lookups(at))) ** (1.0 / LOOKUP_FLOWS)
    return 1.0 - answered_ratio


def _lookup_flows_lost_ratio(at: LinkContext) -> float:
    """Return the share that lookups lose: by the latest where it is plain, else by the test."""
    lately = _lookup_flows_lost_lately(at)
    sent = sum(track.carried_sent for track in _lookups(at))
    lost = sum(track.carried_lost for track in _lookups(at))
    return lost / sent if lost and lately < NEW_FLOWS_LOST_RATIOS[0] else lately


def _open_flows_lost_ratio(at: LinkContext) -> float:
    """Return the share of their latest runs that open echoes beyond the site have lost."""
    counts = [
        silent_spells_lately(track)
        for track in at.link.tracks.values()
        if track.kind == ECHO
        and not track.known_unresponsive
        and (point := at.probes.point_of(track)) is not None
        and not point.is_gateway
    ]
    lost, runs = sum(count for count, _ in counts), sum(total for _, total in counts)
    return lost / runs if runs else 0.0


def locate_large_packets_lost(at: LinkContext, family: Family, onset_ns: int) -> Diagnosis:
    """
    Return where packets of full size are lost in a family: in the LAN, if echoes of that size to
    the gateway are lost while pages stall; beyond it, if they pass.
    """
    if at.link.facts is not None and at.link.facts.point_to_point:
        # A modem's raw IP, PPP: the line begins in the device.
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
    """Return the evidence of runs to the gateway that its LAN loses packets of full size."""
    ratio, healthy = FULL_SIZE_LOST_RATIO, FULL_SIZE_LOST_HEALTHY_RATIO
    return lost * log(ratio / healthy) + passed * log((1.0 - ratio) / (1.0 - healthy))


def _lookups(at: LinkContext) -> Iterable[Track]:
    return (track for track in at.link.tracks.values() if track.kind == dns.KIND.name)
