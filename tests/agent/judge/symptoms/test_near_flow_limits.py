"""Near flows: how close together, how fresh and how large what speaks of new flows has to be."""

from dataclasses import replace
from math import log

import pytest
from msgspec import structs

from tests.agent.judge.symptoms.test_near_flows import (
    FULL_SIZE,
    LOST_LOOKUP,
    NS,
    SMALL,
    at,
    echo,
    large_packets_of,
    lose_lookup,
    run,
    stall_page,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.new_flow_memory import NewFlowRun
from thongsuot_agent.judge.symptoms import near_flows
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment

__all__ = ["at"]


def test_the_latest_hundred_and_twenty_eight_runs_are_kept(at: LinkContext) -> None:
    for second in range(130):
        run(at, "hop", second, 1.0)
    runs = at.link.new_flows.runs
    assert [runs[0].at_ns, runs[-1].at_ns, len(runs)] == [2 * NS, 129 * NS, 128]


def test_runs_from_before_the_interface_could_send_or_without_a_ratio_are_ignored(
    at: LinkContext,
) -> None:
    at.link.valid_from_ns = 50 * NS
    run(at, "hop", 49.9, 1.0)
    assert at.link.new_flows.runs == []
    run(at, "hop", 50.0, 1.0)
    assert len(at.link.new_flows.runs) == 1
    series = Series(kind="fresh_echo", revision=1, link="fixed", target="hop", family=Family.IP4)
    without = failed_finding(Reason.TIMED_OUT)
    near_flows.note_new_flows(at.link, Result(series=series, boottime_ns=60 * NS, finding=without))
    assert len(at.link.new_flows.runs) == 1


@pytest.mark.parametrize(
    ("size_bytes", "is_full_size"), [(None, None), (999.0, False), (1000.0, True)]
)
def test_a_packet_of_a_thousand_bytes_is_one_of_full_size(
    at: LinkContext, size_bytes: float | None, is_full_size: bool | None
) -> None:
    run(at, "gateway", 10.0, 0.5, size_bytes=size_bytes)
    assert at.link.new_flows.runs[0].is_full_size is is_full_size
    assert at.link.new_flows.passing_full_size == ({"gateway"} if is_full_size else set())
    assert at.link.new_flows.answering == {"gateway"}


@pytest.mark.parametrize(
    ("at_s", "is_beside"),
    [(99.0, True), (101.0, True), (98.999, False), (101.001, False)],
)
def test_a_run_within_a_second_of_a_lost_lookup_is_beside_it(
    at: LinkContext, at_s: float, is_beside: bool
) -> None:
    run(at, "hop", at_s, 1.0)
    lose_lookup(at, 100.0)
    assert at.link.new_flows.runs[0].is_beside_lost_lookup is is_beside


@pytest.mark.parametrize(
    ("at_s", "family", "is_beside"),
    [
        (99.0, Family.IP4, True),
        (98.999, Family.IP4, False),
        (130.0, Family.IP4, True),
        (100.0, Family.IP6, False),
    ],
)
def test_a_run_from_a_second_before_a_stalled_page_on_is_beside_it_in_its_family(
    at: LinkContext, at_s: float, family: Family, is_beside: bool
) -> None:
    run(at, "hop", at_s, 1.0, family=family)
    stall_page(at, 100.0)
    (only,) = at.link.new_flows.runs
    assert only.is_beside_stalled_page is is_beside
    assert not only.is_beside_lost_lookup


def test_answered_lookups_and_refused_pages_mark_no_run(
    at: LinkContext,
) -> None:
    run(at, "hop", 100.0, 1.0)
    answered = ok_finding({})
    refused = failed_finding(Reason.STATUS_UNEXPECTED)
    for kind, finding in (("dns", answered), ("http", refused), ("http", LOST_LOOKUP)):
        track = Track(kind=kind, target="resolver", family=Family.IP4)
        near_flows.note_beside(at, track, finding, 100 * NS)
    (only,) = at.link.new_flows.runs
    assert not only.is_beside_lost_lookup
    assert not only.is_beside_stalled_page


@pytest.mark.parametrize(
    ("target", "at_s", "marks"),
    [
        ("hop", 99.0, (True, False)),
        ("hop", 101.0, (True, False)),
        ("hop", 98.999, (False, False)),
        ("core-fixed", 100.0, (False, False)),
    ],
)
def test_an_open_echo_marks_runs_to_the_same_target_within_a_second(
    at: LinkContext, target: str, at_s: float, marks: tuple[bool, bool]
) -> None:
    at.link.new_flows.answering = {"hop", "core-fixed"}
    run(at, "hop", 100.0, 1.0)
    echo(at, target, at_s)
    run(at, "hop", 100.0, 1.0)
    for beside in at.link.new_flows.runs:
        assert (beside.is_beside_open_echo, beside.is_beside_lost_open_echo) == marks


def test_an_open_echo_of_another_family_marks_no_run(at: LinkContext) -> None:
    run(at, "hop", 100.0, 1.0, family=Family.IP6)
    echo(at, "hop", 100.0)
    assert not at.link.new_flows.runs[0].is_beside_open_echo


def test_an_echo_counts_as_open_only_while_new_flows_are_asked_of_who_answers_them(
    at: LinkContext,
) -> None:
    memory = at.link.new_flows
    track = at.link.tracks[SeriesKey("icmp", "hop", Family.IP4)]
    answered = ok_finding({icmp.RTT: 0.005, icmp.LOSS: 0.0})

    def kept(asked_s: float = 200.0) -> int:
        memory.open_echoes, memory.asked_ns = [], round(asked_s * NS)
        near_flows.note_beside(at, track, answered, 200 * NS)
        return len(memory.open_echoes)

    assert kept() == 0, "it has never answered a new flow"
    memory.answering = {"hop"}
    assert kept() == 1
    assert kept(asked_s=192.0) == 1
    assert kept(asked_s=191.999) == 0
    track.silences = 1
    assert kept() == 0, "the next after a lost one is a new flow itself"


def test_open_echoes_are_kept_for_eight_seconds(at: LinkContext) -> None:
    at.link.new_flows.answering = {"hop"}
    for second in (100.0, 108.0):
        echo(at, "hop", second)
    assert [kept.at_ns for kept in at.link.new_flows.open_echoes] == [100 * NS, 108 * NS]
    echo(at, "hop", 108.001)
    assert len(at.link.new_flows.open_echoes) == 2


@pytest.mark.parametrize(("metered", "every_s"), [(False, 2), (True, 10)])
def test_new_flows_are_asked_every_two_seconds_and_metered_every_ten(
    at: LinkContext, *, metered: bool, every_s: int
) -> None:
    link = structs.replace(at.probes.link, allowance_bytes=10**9 if metered else None)
    at = LinkContext(at.memory, at.link, replace(at.probes, link=link), at.settings)
    assert near_flows.near_probes(at)
    at.memory.now_ns += every_s * NS - 1
    assert near_flows.near_probes(at) == ()
    at.memory.now_ns += 1
    assert near_flows.near_probes(at)


def test_new_flows_are_asked_in_families_that_the_link_has(at: LinkContext) -> None:
    assert {probe.family for probe in near_flows.near_probes(at)} == {Family.IP4, Family.IP6}
    at.memory.now_ns += 2 * NS
    at.link.facts = LinkFacts(present=True, carrier=True, has_address4=True, has_route4=True)
    assert {probe.family for probe in near_flows.near_probes(at)} == {Family.IP4}


@pytest.mark.parametrize(
    ("answered", "age_s", "learned", "loses"),
    [
        (0.75, 100.0, True, True),
        (0.75, 100.001, True, False),
        (1.0, 0.0, True, False),
        (0.0, 0.0, False, False),
    ],
    ids=["lately", "too long ago", "nothing lost", "never answers"],
)
def test_a_lan_loses_while_new_flows_to_its_gateway_were_lost_lately(
    at: LinkContext, answered: float, age_s: float, learned: bool, loses: bool
) -> None:
    if learned:
        run(at, "gateway", 10.0, 1.0)
        run(at, "hop", 199.0, 0.0)
    run(at, "gateway", 200.0 - age_s, answered)
    assert near_flows.is_lan_losing(at) is loses


def test_answers_of_new_flows_are_awaited_for_two_minutes(at: LinkContext) -> None:
    run(at, "core-fixed", 10.0, 1.0)
    assert near_flows.is_new_flow_evidence_awaited(at, 80 * NS + 1)
    assert not near_flows.is_new_flow_evidence_awaited(at, 80 * NS)
    at.link.new_flows.answering = {"gateway"}
    assert not near_flows.is_new_flow_evidence_awaited(at, 199 * NS), "it is before any table"


def test_large_packets_lost_before_the_pages_stalled_do_not_count(
    at: LinkContext,
) -> None:
    run(at, "gateway", 10.0, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 99.0, 1.0, size_bytes=SMALL)
    run(at, "hop", 99.5, 1.0, size_bytes=FULL_SIZE)
    run(at, "gateway", 99.5, 1.0)
    stall_page(at, 100.0)
    assert large_packets_of(at, 100.0) == near_flows.LAN_LOSES_LARGE_PACKETS
    assert large_packets_of(at, 100.001) == near_flows.LARGE_PACKETS_LOST_SOMEWHERE


def test_an_earlier_fault_without_a_location_is_not_kept_without_evidence(at: LinkContext) -> None:
    held = near_flows.LARGE_PACKETS_LOST
    assert near_flows.locate_new_flows_lost(at, held) == near_flows.NEW_FLOWS_LOST
    held = near_flows.CARRIER_DROPS_FRESH_ECHOS
    assert near_flows.locate_new_flows_lost(at, held) == held


@pytest.mark.parametrize(
    ("passed", "lost", "sign"), [(0, 0, 0), (0, 1, 1), (9, 1, -1), (8, 1, 1), (20, 0, -1)]
)
def test_full_size_runs_are_evidence_by_the_share_of_them_that_passes(
    passed: int, lost: int, sign: int
) -> None:
    nats = near_flows.full_size_nats(passed, lost)
    assert (nats > 0) - (nats < 0) == sign


def test_a_full_size_run_is_weighted_by_its_probabilities() -> None:
    assert near_flows.full_size_nats(1, 0) == pytest.approx(-0.3365, abs=1e-3)
    assert near_flows.full_size_nats(0, 1) == pytest.approx(2.7081, abs=1e-3)


def test_a_run_counts_as_its_four_flows() -> None:
    half = NewFlowRun(target="hop", family=Family.IP4, at_ns=1, answered_ratio=0.5)
    whole = NewFlowRun(target="hop", family=Family.IP4, at_ns=2, answered_ratio=1.0)
    lost, kept = log(0.3 / 0.02), log(0.7 / 0.98)
    assert near_flows._nats_of([half], 0.3, 0.02) == pytest.approx(2 * lost + 2 * kept)
    assert near_flows._nats_of([half, whole], 0.3, 0.02) == pytest.approx(2 * lost + 6 * kept)


def test_a_lookup_is_lost_if_either_of_its_two_queries_is_lost(at: LinkContext) -> None:
    track = Track(kind="dns", target="resolver", family=Family.IP4, recent=0b1_1111_1100)
    at.link.tracks[SeriesKey("dns", "resolver", Family.IP4)] = track
    share = 6.5 / 9.0
    assert near_flows._lookup_flows_lost_lately(at) == pytest.approx(1.0 - (1.0 - share) ** 0.5)


def beside_lost_lookup(at: LinkContext, answered_ratio: float) -> None:
    """Let a run of new flows to the carrier's first router stand beside a lookup that was lost."""
    at.link.new_flows.answering.add("hop")
    at.link.new_flows.runs = [
        NewFlowRun(
            target="hop",
            family=Family.IP4,
            at_ns=100 * NS,
            answered_ratio=answered_ratio,
            is_beside_lost_lookup=True,
            is_beside_open_echo=True,
        )
    ]


@pytest.mark.parametrize(
    ("answered_ratio", "located"),
    [(0.5, near_flows.BOX_DROPS_FRESH_ECHOS), (0.55, near_flows.NEW_FLOWS_LOST)],
)
def test_a_connection_table_is_located_at_odds_of_a_hundred_to_one(
    at: LinkContext, answered_ratio: float, located: Diagnosis
) -> None:
    beside_lost_lookup(at, answered_ratio)
    assert near_flows.locate_new_flows_lost(at, None) == located


@pytest.mark.parametrize(
    ("carried", "throughout_ratio"),
    [((0, 0), 0.03), ((100, 2), 0.03), ((100, 10), 0.1), ((4, 4), 0.95)],
    ids=["nothing lost", "less than any table drops", "a tenth", "all"],
)
def test_new_flows_are_held_against_the_share_that_lookups_lose_within_bounds(
    at: LinkContext, carried: tuple[int, int], throughout_ratio: float
) -> None:
    rungs = frozenset({Segment.ACCESS})
    beside_lost_lookup(at, 0.5)
    track = Track(kind="dns", target="resolver", family=Family.IP4)
    track.carried_sent, track.carried_lost = carried
    at.link.tracks[SeriesKey("dns", "resolver", Family.IP4)] = track

    def weighed(ratio: float, healthy: float) -> float:
        return 2 * log(ratio / healthy) + 2 * log((1.0 - ratio) / (1.0 - healthy))

    beside = near_flows._new_flow_nats(at, rungs)
    assert beside == pytest.approx(weighed(0.3, 0.02)), "by the latest of them, none of which is"
    throughout = near_flows._new_flow_nats_throughout(at, rungs)
    assert throughout == pytest.approx(weighed(throughout_ratio, 0.005))


@pytest.mark.parametrize(("lost", "is_table"), [(0, True), (1, True), (2, False)])
def test_new_flows_are_compared_with_the_open_ones_of_the_same_seconds(
    at: LinkContext, lost: int, *, is_table: bool
) -> None:
    """In the first seconds of a heavy loss nearly all remembered echoes are from before it."""
    run(at, "hop", 10.0, 1.0)
    run(at, "core-fixed", 10.0, 1.0)
    echo(at, "hop", 100.2)
    run(at, "hop", 100.2, 0.0)
    for number in range(2):
        echo(at, "core-fixed", 101.5 + number, answered=number >= lost)
    lose_lookup(at, 100.0)
    assert near_flows.are_new_echoes_lost(at) is is_table
