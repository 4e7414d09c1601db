"""Carried probes: lookups and pages requested by a test of the link's actual traffic."""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.symptoms.carried_location import carrying
from thongsuot_agent.judge.symptoms.carried_loss import needs_samples
from thongsuot_agent.judge.symptoms.carried_samples import LOOKUP, REQUEST
from thongsuot_agent.judge.symptoms.near_flows import NEW_FLOWS_LOST, near_probes
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_schema.segment import Segment

ASK_EVERY_S = 2.0
"""Four queries a second over both families of two servers: below the servers' rate limits."""
HOPEFUL_EVERY_S, DOUBTFUL_EVERY_S = 15.0, 120.0
"""
Intervals of pages while a loss is confirmed: 8 kB each, so a day of it costs a metered link 35 MB.
"""
LOSSY_RUNS = 2
"""Runs with a loss before new flows are probed: one lookup in a thousand is lost anyway."""
FAR_EVERY_S, FAR_S = 5.0, 90.0
"""
The interval and duration of pages while echoes are lost beyond the carrier and no page has shown it
yet.
"""


def lookups_to_make(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the lookups to make now, for a test of loss."""
    link, test = at.link, at.link.carried_test
    every_s = ASK_EVERY_S * (3 if at.probes.is_metered else 1)
    is_wanted = needs_samples(link) or link.loss_test.cusum_up > 0.0
    if not is_wanted or not link.loss_test.is_dense_probing:
        return ()
    if at.now_ns - test.asked_ns < ns(every_s):
        return ()
    test.asked_ns = at.now_ns
    lookups = tuple(
        ConfirmationProbe(kind=LOOKUP, link=link.name, target=track.target, family=track.family)
        for point, track in carrying(at, Segment.ACCESS)
        if track.kind == LOOKUP and track.answered_ns is not None and point is not None
    )
    # Intermittently lost lookups may be lost new flows; new flows in parallel decide.
    is_near_wanted = are_new_flows_lost(at) or test.lossy_runs >= LOSSY_RUNS
    return (*lookups, *near_probes(at, with_open_flows=True)) if is_near_wanted else lookups


def locating_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the lookups and new flows to make now, to locate the table that drops new flows."""
    link = at.link
    if NEW_FLOWS_LOST not in {link.resolver.fault, link.carried_fault.fault}:
        return ()
    near = near_probes(at, with_open_flows=True)
    lookups = (
        ConfirmationProbe(kind=LOOKUP, link=link.name, target=track.target, family=track.family)
        for _, track in carrying(at, Segment.ACCESS)
        if track.kind == LOOKUP
    )
    return (*lookups, *near) if near else ()


def recovery_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """
    Return the pages to open now, to detect the end of a loss of actual traffic or of large packets,
    or whether a loss beyond the carrier affects users.

    By the kind of probe that showed the loss: lookups cannot clear a link that lost only TCP, and
    with one page an hour over a metered link the fault would stay for hours after its end.
    """
    link, test = at.link, at.link.carried_test
    far_alarm_ns = link.loss_test.far_alarm_ns
    is_far_loss_open = far_alarm_ns is not None and link.loss_fault.fault is None
    accused = link.carried_fault.fault or link.large_packets.fault
    if is_outage(link.silence.fault) or not (accused or is_far_loss_open):
        return ()
    every_s = HOPEFUL_EVERY_S if needs_samples(link) else DOUBTFUL_EVERY_S
    if far_alarm_ns is not None and at.now_ns - far_alarm_ns <= ns(FAR_S):
        every_s = FAR_EVERY_S * (3 if at.probes.is_metered else 1)
    if at.now_ns - test.pages_ns < ns(every_s):
        return ()
    test.pages_ns = at.now_ns
    return tuple(
        ConfirmationProbe(kind=REQUEST, link=link.name, target=track.target, family=track.family)
        for _, track in carrying(at, Segment.ACCESS)
        if track.kind == REQUEST
    )
