"""Near flows: new flows to the box and the first router tell the site's faults from the line's."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import PROBES, TARGETS, anchor
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms import near_flows
from thongsuot_schema.catalogue import fresh_echo, icmp
from thongsuot_schema.inventory.model import Link, ProbeSchedule
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment

NS = 1_000_000_000
FULL_SIZE, SMALL = 1400.0, 44.0
LOST_LOOKUP = failed_finding(Reason.NAME_SERVER_TIMED_OUT)
STALLED_PAGE = failed_finding(Reason.TLS_TIMED_OUT)


@pytest.fixture
def at() -> LinkContext:
    """A link with a gateway and a first router to which new flows are opened."""
    link = Link(name="fixed", interface="fix0")
    targets = (*TARGETS, anchor("hop", Segment.ACCESS))
    probes = (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=300.0))
    site_probes = site_probes_from((link,), targets, probes)
    memory, link_memory = Memory(now_ns=200 * NS), LinkMemory(name="fixed")
    for target in ("hop", "core-fixed"):
        track = Track(kind="icmp", target=target, family=Family.IP4, answered_ns=150 * NS)
        link_memory.tracks[SeriesKey("icmp", target, Family.IP4)] = track
    return LinkContext(memory, link_memory, site_probes.links["fixed"], Settings())


def run(
    at: LinkContext,
    target: str,
    at_s: float,
    answered: float,
    *,
    size_bytes: float | None = None,
    family: Family = Family.IP4,
) -> None:
    """Let one run of new flows end."""
    values: dict[Metric, float] = {fresh_echo.ANSWERED: answered}
    if size_bytes is not None:
        values[fresh_echo.PACKET] = size_bytes
    series = Series(kind="fresh_echo", revision=1, link="fixed", target=target, family=family)
    finding = ok_finding(values) if answered else failed_finding(Reason.TIMED_OUT, values)
    result = Result(series=series, boottime_ns=round(at_s * NS), finding=finding)
    near_flows.note_new_flows(at.link, result)


def echo(at: LinkContext, target: str, at_s: float, *, answered: bool = True) -> None:
    """Let an echo over an open flow end that was sent at a moment at which new flows were asked."""
    present_ns, at.memory.now_ns = at.memory.now_ns, round(at_s * NS)
    at.link.new_flows.asked_ns = at.memory.now_ns
    finding = (
        ok_finding({icmp.RTT: 0.005, icmp.LOSS: 0.0})
        if answered
        else failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
    )
    track = at.link.tracks[SeriesKey("icmp", target, Family.IP4)]
    near_flows.note_beside(at, track, finding, at.memory.now_ns)
    at.memory.now_ns = present_ns


def lose_lookup(at: LinkContext, at_s: float) -> None:
    """Let a lookup that began at a moment stay unanswered."""
    track = Track(kind="dns", target="resolver", family=Family.IP4, recent=0b1_1111)
    at.link.tracks[SeriesKey("dns", "resolver", Family.IP4)] = track
    near_flows.note_beside(at, track, LOST_LOOKUP, round(at_s * NS))


def stall_page(at: LinkContext, at_s: float, family: Family = Family.IP4) -> None:
    """Let a page that was opened at a moment come to a halt."""
    track = Track(kind="http", target="motcua", family=family)
    near_flows.note_beside(at, track, STALLED_PAGE, round(at_s * NS))


def large_packets_of(at: LinkContext, onset_s: float = 100.0) -> Diagnosis:
    return near_flows.locate_large_packets_lost(at, Family.IP4, round(onset_s * NS))


def test_packets_of_full_size_that_do_not_reach_the_gateway_are_lost_in_the_lan(
    at: LinkContext,
) -> None:
    run(at, "gateway", 10.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 101.0, 1.0, size_bytes=SMALL)
    stall_page(at, 100.0)
    assert large_packets_of(at) == near_flows.LAN_LOSES_LARGE_PACKETS


def test_if_full_size_packets_pass_the_lan_while_pages_stall_the_loss_lies_beyond(
    at: LinkContext,
) -> None:
    run(at, "gateway", 101.0, 1.0, size_bytes=FULL_SIZE)
    stall_page(at, 100.0)
    assert large_packets_of(at) == near_flows.LARGE_PACKETS_LOST


def test_a_gateway_that_never_answered_a_large_echo_proves_nothing(at: LinkContext) -> None:
    run(at, "gateway", 10.0, 1.0, size_bytes=SMALL)
    run(at, "gateway", 101.0, 1.0, size_bytes=SMALL)
    stall_page(at, 100.0)
    assert large_packets_of(at) == near_flows.LARGE_PACKETS_LOST_SOMEWHERE


def test_runs_at_times_without_a_stalled_page_do_not_count(at: LinkContext) -> None:
    """The loss comes and goes: an earlier pass, or one in another family, proves nothing."""
    run(at, "gateway", 10.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 98.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 102.0, 1.0, size_bytes=FULL_SIZE, family=Family.IP6)
    stall_page(at, 100.0)
    assert large_packets_of(at) == near_flows.LARGE_PACKETS_LOST_SOMEWHERE


def test_a_gateway_that_loses_only_some_large_echoes_names_nobody(
    at: LinkContext,
) -> None:
    run(at, "gateway", 101.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 103.0, 1.0, size_bytes=SMALL)
    stall_page(at, 100.0)
    assert large_packets_of(at) == near_flows.LARGE_PACKETS_LOST_SOMEWHERE


@pytest.mark.parametrize(
    ("passed", "lost", "fault"),
    [
        (3, 4, near_flows.LAN_LOSES_LARGE_PACKETS),
        (6, 2, near_flows.LARGE_PACKETS_LOST_SOMEWHERE),
        (24, 1, near_flows.LARGE_PACKETS_LOST),
    ],
)
def test_intermittent_loss_of_large_echoes_is_judged_by_their_number(
    at: LinkContext, passed: int, lost: int, fault: Diagnosis
) -> None:
    for number in range(passed + lost):
        size_bytes = FULL_SIZE if number < passed else SMALL
        run(at, "gateway", 101.0 + number, 1.0, size_bytes=size_bytes)
    stall_page(at, 100.0)
    assert large_packets_of(at) == fault


def test_a_line_that_begins_in_the_device_has_no_lan_to_lose_anything_in(at: LinkContext) -> None:
    at.link.facts = LinkFacts(present=True, carrier=True, point_to_point=True)
    assert large_packets_of(at) == near_flows.LARGE_PACKETS_LOST


def test_new_flows_that_end_at_the_box_are_held_against_the_site(at: LinkContext) -> None:
    run(at, "hop", 10.0, 1.0)
    run(at, "hop", 100.2, 0.25)
    echo(at, "hop", 100.2)
    lose_lookup(at, 100.0)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.BOX_DROPS_FRESH_ECHOS


def test_new_flows_lost_together_with_an_open_one_are_lost_packets(
    at: LinkContext,
) -> None:
    """A line that loses everything for a second also loses the flows that begin in it."""
    run(at, "hop", 10.0, 1.0)
    echo(at, "hop", 100.2, answered=False)
    run(at, "hop", 100.2, 0.0)
    lose_lookup(at, 100.0)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.NEW_FLOWS_LOST
    assert not near_flows.are_new_echoes_lost(at)


def test_a_line_that_loses_open_flows_by_turns_as_well_has_no_full_table(at: LinkContext) -> None:
    """Loss of new flows counts only as far as it exceeds that of open ones."""
    run(at, "hop", 10.0, 1.0)
    for track in at.link.tracks.values():
        track.recent = 0b1_0100_1000
    for second in (100.0, 105.0):
        run(at, "hop", second, 0.75)
        echo(at, "hop", second)
        lose_lookup(at, second)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.NEW_FLOWS_LOST


def test_new_flows_that_reach_the_carriers_first_router_are_the_carriers(at: LinkContext) -> None:
    for second in (100.0, 104.0):
        run(at, "hop", second, 1.0)
        echo(at, "hop", second)
        lose_lookup(at, second)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.CARRIER_DROPS_FRESH_ECHOS


def test_a_few_new_flows_that_pass_are_chance_where_a_third_of_them_is_lost(
    at: LinkContext,
) -> None:
    """A lookup is two flows: half of the lookups fail where a flow is lost three times in ten."""
    run(at, "hop", 100.0, 1.0)
    echo(at, "hop", 100.0)
    lose_lookup(at, 100.0)
    at.link.tracks[SeriesKey("dns", "resolver", Family.IP4)].recent = 0b1_0101_0101
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.NEW_FLOWS_LOST


@pytest.mark.parametrize(
    ("target", "at_s", "learned"),
    [("gateway", 100.2, True), ("hop", 95.0, True), ("hop", 100.2, False)],
    ids=["only the LAN was passed", "no lookup was lost then", "it never answers new flows"],
)
def test_new_flows_that_cannot_locate_the_loss_name_nobody(
    at: LinkContext, target: str, at_s: float, learned: bool
) -> None:
    if learned:
        run(at, target, 10.0, 1.0)
    run(at, target, at_s, 0.0 if target == "hop" else 1.0)
    echo(at, "hop", at_s)
    lose_lookup(at, 100.0)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.NEW_FLOWS_LOST


def test_new_echoes_that_are_lost_beside_lookups_acquit_the_name_server(at: LinkContext) -> None:
    """Over a metered link no page is opened to prove it, so the flows themselves have to."""
    run(at, "core-fixed", 10.0, 1.0)
    run(at, "core-fixed", 100.2, 0.0)
    echo(at, "core-fixed", 100.2)
    lose_lookup(at, 100.0)
    assert near_flows.are_new_echoes_lost(at)


def test_a_line_that_is_known_to_lose_packets_loses_no_flows(at: LinkContext) -> None:
    run(at, "core-fixed", 10.0, 1.0)
    run(at, "core-fixed", 100.2, 0.0)
    echo(at, "core-fixed", 100.2)
    lose_lookup(at, 100.0)
    at.link.loss_fault = FaultSlot(fault=near_flows.LARGE_PACKETS_LOST)
    assert not near_flows.are_new_echoes_lost(at)


def test_an_anchor_that_is_silent_for_open_flows_too_acquits_no_name_server(
    at: LinkContext,
) -> None:
    run(at, "core-fixed", 10.0, 1.0)
    run(at, "core-fixed", 100.2, 0.0)
    echo(at, "core-fixed", 100.2, answered=False)
    lose_lookup(at, 100.0)
    assert not near_flows.are_new_echoes_lost(at)


def test_where_the_lan_loses_packets_no_flows_are_lost(at: LinkContext) -> None:
    run(at, "core-fixed", 10.0, 1.0)
    run(at, "gateway", 10.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "core-fixed", 100.2, 0.0)
    echo(at, "core-fixed", 100.2)
    run(at, "gateway", 150.0, 0.75, size_bytes=FULL_SIZE)
    lose_lookup(at, 100.0)
    assert not near_flows.are_new_echoes_lost(at)


def test_a_name_server_that_is_silent_while_new_echoes_pass_is_to_blame(at: LinkContext) -> None:
    run(at, "core-fixed", 100.2, 1.0)
    echo(at, "core-fixed", 100.2)
    lose_lookup(at, 100.0)
    assert not near_flows.are_new_echoes_lost(at)


def test_a_name_server_that_loses_some_questions_waits_for_new_flows_to_pass(
    at: LinkContext,
) -> None:
    """To a lookup, a name server that drops queries and a table that is full look alike."""
    assert not near_flows.is_new_flow_evidence_awaited(at, 100 * NS), "nobody ever answered one"
    run(at, "hop", 10.0, 1.0)
    assert near_flows.is_new_flow_evidence_awaited(at, 100 * NS)
    assert not near_flows.is_new_flow_evidence_awaited(at, 10 * NS), "waited long enough"
    for second in (100.0, 104.0):
        run(at, "hop", second, 1.0)
        echo(at, "hop", second)
        lose_lookup(at, second)
    assert not near_flows.is_new_flow_evidence_awaited(at, 100 * NS)


def test_a_located_table_stays_located_when_its_runs_are_gone(at: LinkContext) -> None:
    held = near_flows.BOX_DROPS_FRESH_ECHOS
    assert near_flows.locate_new_flows_lost(at, held) == held


def test_new_flows_are_opened_to_near_targets_every_two_seconds(
    at: LinkContext,
) -> None:
    asked = near_flows.near_probes(at)
    assert {probe.target for probe in asked} == {"gateway", "hop", "resolver", "core-fixed"}
    assert {probe.kind for probe in asked} == {"fresh_echo"}
    assert near_flows.near_probes(at) == ()
    at.memory.now_ns += 2 * NS
    assert near_flows.near_probes(at) == asked
    at.memory.now_ns += 2 * NS
    beside = near_flows.near_probes(at, with_open_flows=True)
    assert {probe.target for probe in beside if probe.kind == "icmp"} == {"hop", "core-fixed"}


def test_packets_over_another_carriers_line_are_not_counted(at: LinkContext) -> None:
    at.link.egress = structs.replace(at.link.egress, others={Family.IP4: "south"})
    run(at, "hop", 100.2, 1.0)
    assert at.link.new_flows.runs == []


def lose_few_lookups(at: LinkContext, *, sent: int = 60, lost: int = 6) -> None:
    """Let a lookup stay unanswered in second 100, as some of all before it."""
    lose_lookup(at, 100.0)
    track = at.link.tracks[SeriesKey("dns", "resolver", Family.IP4)]
    track.recent, track.carried_sent, track.carried_lost = 0b1_0000_0001, sent, lost


def run_beside_open_flows(at: LinkContext, answered: dict[float, float], count: int = 14) -> None:
    """Let runs to the first router end, one every two seconds; those not named are answered."""
    for number in range(count):
        second = 100.2 + 2 * number
        run(at, "hop", second, answered.get(number, 1.0))
        echo(at, "hop", second)


def test_a_box_that_drops_one_new_flow_in_ten_is_found_by_all_of_them(at: LinkContext) -> None:
    """Flows beside a lost lookup pass as often as others, so they alone would clear the box."""
    run(at, "hop", 10.0, 1.0)
    run_beside_open_flows(at, {3: 0.75, 7: 0.5, 11: 0.75})
    lose_few_lookups(at)
    assert near_flows.are_few_new_flows_lost(at)
    assert near_flows.locate_new_flows_lost(at, None) == near_flows.BOX_DROPS_FRESH_ECHOS


def test_a_name_server_that_loses_one_question_in_ten_is_named_when_all_flows_pass(
    at: LinkContext,
) -> None:
    run(at, "hop", 10.0, 1.0)
    run_beside_open_flows(at, {}, count=5)
    lose_few_lookups(at)
    assert not near_flows.are_few_new_flows_lost(at)
    assert near_flows.is_new_flow_evidence_awaited(at, 100 * NS), "too few have passed"
    for second in (120.0, 126.0, 132.0):
        lose_few_lookups(at)
        run(at, "hop", second, 1.0)
        echo(at, "hop", second)
        lose_lookup(at, second)
    run_beside_open_flows(at, {}, count=12)
    lose_few_lookups(at)
    assert not near_flows.is_new_flow_evidence_awaited(at, 100 * NS)


def test_flows_opened_before_a_lookup_was_lost_do_not_count(
    at: LinkContext,
) -> None:
    run(at, "hop", 10.0, 1.0)
    for second in (90.0, 92.0, 94.0):
        run(at, "hop", second, 0.5)
        echo(at, "hop", second)
    run_beside_open_flows(at, {}, count=1)
    lose_few_lookups(at)
    assert not near_flows.are_few_new_flows_lost(at)


def test_a_line_that_loses_as_many_open_flows_as_questions_is_not_a_full_table(
    at: LinkContext,
) -> None:
    run(at, "hop", 10.0, 1.0)
    for track in at.link.tracks.values():
        track.recent = 0b1_0100_0000
    run_beside_open_flows(at, {3: 0.75, 7: 0.5, 11: 0.75})
    lose_few_lookups(at)
    assert not near_flows.are_few_new_flows_lost(at)


def test_where_the_lan_loses_packets_few_flows_lost_are_no_table_either(at: LinkContext) -> None:
    run(at, "hop", 10.0, 1.0)
    run(at, "gateway", 10.0, 1.0, size_bytes=FULL_SIZE)
    run_beside_open_flows(at, {3: 0.75, 7: 0.5, 11: 0.75})
    run(at, "gateway", 110.0, 0.75, size_bytes=FULL_SIZE)
    lose_few_lookups(at)
    assert not near_flows.are_few_new_flows_lost(at)
