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

from collections.abc import Iterable
from math import log

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.new_flow_memory import NewFlowRun
from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_agent.judge.site_probes import FRESH_ECHO
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.tracks import ECHO, STALLS, share_silent_lately, silent_lately
from thongsuot_schema.catalogue import dns, fresh_echo
from thongsuot_schema.result import Family, Finding, Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FLOWS = 4
"""New flows of a run, as the probe opens them by default."""
RUNS_KEPT = 64
"""Two targets in two families, asked every two seconds for half a minute."""
ASK_EVERY_S, ASK_METERED_EVERY_S = 2.0, 10.0
"""6 kB each: a comparison of services takes some seconds, and pages cost more."""
BESIDE_NS = NS_PER_S
"""What began so close together met the same moment of the link."""
LAN_FRESH_S = 100.0
"""As long as a lookup that got no answer speaks (``new_flows``)."""
FULL_SIZE_LEAST_BYTES = 1000
"""Less than the packets that make pages stall, more than any small echo."""
LOCATED_NATS = 2.3
"""Odds of 10 : 1 for one side of the carrier's first router; new flows there are free to repeat."""
NEW_FLOWS_LOST_HEALTHY_RATIO = 0.02
NEW_FLOWS_LOST_RATIOS = (0.3, 0.95)
"""From a table that is full at times to one that takes nothing any more."""

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
    memory.runs = [*memory.runs[1 - RUNS_KEPT :], run]
    if ratio > 0.0:
        memory.answering.add(series.target)
    if is_full_size:
        memory.passing_full_size.add(series.target)


def note_beside(at: LinkContext, track: Track, finding: Finding, started_ns: int) -> None:
    """Note of the runs of new flows that a lookup, or a page, failed beside them."""
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


def near_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the new flows to open now, because something far stalls or stays unanswered."""
    memory = at.link.new_flows
    every_s = ASK_METERED_EVERY_S if at.probes.is_metered else ASK_EVERY_S
    if not at.probes.near_points or at.now_ns - memory.asked_ns < ns(every_s):
        return ()
    memory.asked_ns = at.now_ns
    facts = at.link.facts
    return tuple(
        ConfirmationProbe(kind=FRESH_ECHO, link=at.link.name, target=point.target, family=family)
        for point in at.probes.near_points.values()
        for family in point.families
        if facts is None or facts.usable(family)
    )


def locate_new_flows_lost(at: LinkContext, held: Diagnosis | None) -> Diagnosis:
    """
    Return whose table drops new flows: the site's box, if new echoes to the carrier's first router
    are lost as lookups are; the carrier's, if those pass. What was located stays so.
    """
    if held in {BOX_DROPS_FRESH_ECHOS, CARRIER_DROPS_FRESH_ECHOS}:
        assert held is not None, "it is one of the two"
        return held
    near = _new_flow_nats(at, frozenset({Segment.ACCESS}))
    if near >= LOCATED_NATS:
        return BOX_DROPS_FRESH_ECHOS
    return CARRIER_DROPS_FRESH_ECHOS if near <= -LOCATED_NATS else NEW_FLOWS_LOST


def are_new_echoes_lost(at: LinkContext) -> bool:
    """
    Return whether new echoes to the carrier's routers are lost as lookups are, and echoes over
    flows that are open are not: then no name server is to blame.

    Requests say it as well (``new_flows``), but over a metered link hardly one is ever made.
    """
    nats = _new_flow_nats(at, frozenset({Segment.ACCESS, Segment.CARRIER}))
    return nats >= LOCATED_NATS and not is_lan_losing(at)


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
    """Return the evidence that new flows to some rungs are lost, by runs beside lost lookups."""
    memory = at.link.new_flows
    sent = lost = 0.0
    for run in memory.runs:
        point = at.probes.near_points.get(run.target)
        is_witness = (
            point is not None
            and point.rung in rungs
            and run.target in memory.answering
            and run.is_beside_lost_lookup
            and _is_echo_answered(at, run)
        )
        if is_witness:
            sent, lost = sent + FLOWS, lost + FLOWS * (1.0 - run.answered_ratio)
    least, most = NEW_FLOWS_LOST_RATIOS
    ratio = min(most, max(least, share_silent_lately(_lookups(at))))
    healthy = NEW_FLOWS_LOST_HEALTHY_RATIO
    return lost * log(ratio / healthy) + (sent - lost) * log((1.0 - ratio) / (1.0 - healthy))


def _is_echo_answered(at: LinkContext, run: NewFlowRun) -> bool:
    """Return whether the schedule's own echoes, an old flow, are answered there, all of late."""
    track = at.link.tracks.get(SeriesKey(ECHO, run.target, run.family))
    return track is not None and track.answered_ns is not None and not silent_lately(track)[0]


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
    if passed and not lost:
        return LARGE_PACKETS_LOST
    gateways = {point.target for point in at.probes.near_points.values() if point.is_gateway}
    if lost and not passed and gateways & memory.passing_full_size:
        return LAN_LOSES_LARGE_PACKETS
    return LARGE_PACKETS_LOST_SOMEWHERE


def _lookups(at: LinkContext) -> Iterable[Track]:
    return (track for track in at.link.tracks.values() if track.kind == dns.KIND.name)
