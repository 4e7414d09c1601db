"""The limits of a queue of the site's own: how late, how fresh, for how long, and on which rung."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track, Traffic
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.own_queue import (
    CAUSE_UNKNOWN,
    _is_steady,
    added_delay_s,
    explains_slow_lookups,
    is_queue_possible,
    is_queued_near,
    is_slowed,
    may_be_own_queue,
    may_hold_answers,
)
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
DELAYS_KEPT = 24
FILLING_S = 6.0
LATE_SHARE = 0.25
PAUSE_S = 3600.0
QUEUE_FRESH_S = 6.0
QUEUE_SIGN_S = 0.01


NOW_NS = 5_000 * NS_PER_S
FAR = ("zone", "exchange", "abroad")


def echo_track(
    target: str, value_s: float | None, *, usual_s: float | None = 0.02, age_ns: int = 0
) -> Track:
    track = Track(kind="icmp", target=target, family=Family.IP4, value_s=value_s, usual_s=usual_s)
    track.value_ns, track.learned = NOW_NS - age_ns, Settings().learn_runs
    return track


def link_context(*tracks: Track) -> LinkContext:
    link = LinkMemory(name="fixed")
    for track in tracks:
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def slow_observations(at: LinkContext, *delays_s: float) -> list[Observation]:
    point = at.probes.points[PointKey("icmp", "zone")]
    return [
        Observation(
            Track(kind="icmp", target="zone", family=Family.IP4, value_s=1 + delay_s, usual_s=1.0),
            point,
            Segment.TRANSIT,
            answered=True,
            silent=False,
        )
        for delay_s in delays_s
    ]


def fault_on(segment: Segment) -> FaultSlot:
    fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=Symptom.ACCESS_SLOW)
    return FaultSlot(fault=fault)


def wavering(slow: FaultSlot) -> LinkContext:
    """Return a link that was slow by turns for two rounds, and is judged by rounds."""
    at = link_context()
    at.link.slow, at.link.delays_s = slow, [0.1, 0.9]
    slow.is_pending = True
    return at


def test_no_queue_is_looked_for_where_a_box_can_say_or_another_party_has_it() -> None:
    for early_ns, may in ((1, True), (0, False)):
        at = wavering(FaultSlot())
        onset_ns = NOW_NS - ns(PAUSE_S) + early_ns
        assert may_be_own_queue(at, slow_observations(at, 0.5), onset_ns) is may
    for segment, may in ((Segment.ACCESS, False), (Segment.CARRIER, False), (Segment.LAN, True)):
        at = wavering(fault_on(segment))
        assert may_be_own_queue(at, slow_observations(at, 0.5), NOW_NS) is may
    at = wavering(FaultSlot())
    at.link.boxes["box"] = Traffic()
    assert may_be_own_queue(at, slow_observations(at, 0.5), NOW_NS) is False


def test_the_middle_delays_of_the_latest_rounds_are_remembered_while_they_last() -> None:
    at = link_context()
    may_be_own_queue(at, slow_observations(at, 0.1), NOW_NS)
    may_be_own_queue(at, slow_observations(at, 0.3, 0.2, 0.1, 0.2), NOW_NS)
    assert at.link.delays_s == pytest.approx([0.2]), "nothing is believed or pending: anew"
    assert at.link.delay_rounds == 1
    for slot in (
        FaultSlot(fault=CAUSE_UNKNOWN),
        FaultSlot(is_pending=True),
        fault_on(Segment.CARRIER),
    ):
        at.link.slow = slot
        may_be_own_queue(at, slow_observations(at, 0.1, 0.3), NOW_NS)
    assert at.link.delays_s == pytest.approx([0.2, 0.3, 0.3, 0.3])
    assert at.link.delay_rounds == 4
    for _ in range(DELAYS_KEPT):
        may_be_own_queue(at, slow_observations(at, 0.4), NOW_NS)
    assert at.link.delays_s == pytest.approx([0.4] * DELAYS_KEPT)


def test_the_line_itself_queues_where_echoes_no_farther_than_the_carrier_are_late() -> None:
    late = 0.02 + QUEUE_SIGN_S + 1e-6
    for target, is_near in (("core-fixed", True), ("access-fixed", True), ("zone", False)):
        at = link_context(echo_track(target, late))
        assert is_queued_near(at) is is_near, target
        assert is_queue_possible(at)
    at = link_context(echo_track("core-fixed", 0.02 + QUEUE_SIGN_S - 1e-6))
    assert not is_queued_near(at)
    at = link_context(echo_track("core-fixed", late))
    at.link.boxes["box"] = Traffic()
    assert not is_queued_near(at), "a box says it"
    at.link.boxes.clear()
    at.link.tracks.clear()
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    assert is_queued_near(at), "the device itself fills it"


@pytest.mark.parametrize(
    ("delays_s", "steady"),
    [([0.98, 1.0, 1.02], True), ([0.95, 1.0, 1.01], False), ([1.0, 1.0, 1.06], False)],
)
def test_a_long_delay_may_vary_by_a_twentieth_of_its_median(
    delays_s: list[float], steady: bool
) -> None:
    assert _is_steady(delays_s) is steady


def test_the_added_delay_is_the_median_over_fresh_series_beyond_the_site() -> None:
    fresh_ns = ns(QUEUE_FRESH_S)
    tracks = [
        echo_track("zone", 0.05),
        echo_track("exchange", 0.06, age_ns=fresh_ns),
        echo_track("abroad", 0.42),
        echo_track("far", 0.9, age_ns=fresh_ns + 1),
        echo_track("gateway", 0.9),
        echo_track("gone", 0.9),
    ]
    at = link_context(*tracks)
    assert added_delay_s(at) == pytest.approx(0.04)
    del at.link.tracks[SeriesKey("icmp", "abroad", Family.IP4)]
    assert added_delay_s(at) == pytest.approx(0.04), "of two the longer"
    for target in FAR:
        at = link_context(echo_track(target, 0.05))
        (track,) = at.link.tracks.values()
        track.learned -= 1
        assert added_delay_s(at) is None, "not learned yet"
    assert added_delay_s(link_context(echo_track("zone", None))) is None
    assert added_delay_s(link_context(echo_track("zone", 0.05, usual_s=None))) is None


@pytest.mark.parametrize(
    ("added_s", "is_possible"), [(QUEUE_SIGN_S, True), (0.9 * QUEUE_SIGN_S, False)]
)
def test_ten_milliseconds_more_suggest_a_queue(added_s: float, is_possible: bool) -> None:
    at = link_context(echo_track("zone", added_s, usual_s=0.0))
    assert is_queue_possible(at) is is_possible
    at.link.boxes["box"] = Traffic()
    assert not is_queue_possible(at), "a box says it"
    assert not is_queue_possible(link_context())


def lookup(excess_s: float) -> Track:
    """Return lookups that take so much longer than their half a second."""
    late = Track(kind="dns", target="zone", family=Family.IP4, usual_s=0.5)
    late.value_s = 0.5 + excess_s
    return late


@pytest.mark.parametrize(("excess_s", "explains"), [(1.0, True), (1.001, False)])
def test_lookups_may_be_four_times_as_late_as_echoes_before_a_name_server_is_slow(
    excess_s: float, explains: bool
) -> None:
    at = link_context(echo_track("zone", LATE_SHARE, usual_s=0.0))
    assert explains_slow_lookups(at, [lookup(9.0), lookup(excess_s)]) is explains
    assert not explains_slow_lookups(at, [])
    assert not explains_slow_lookups(link_context(), [lookup(excess_s)])


def test_a_link_counts_as_slowed_while_slowness_is_reported_or_pending() -> None:
    at = link_context()
    assert not is_slowed(at)
    at.link.slow = FaultSlot(is_pending=True)
    assert not is_slowed(at), "that it is over is pending"
    at.link.slow = FaultSlot(is_pending=True, pending=CAUSE_UNKNOWN)
    assert is_slowed(at)
    at.link.slow = FaultSlot(pending=CAUSE_UNKNOWN)
    assert not is_slowed(at)
    at.link.slow = FaultSlot(fault=CAUSE_UNKNOWN)
    assert is_slowed(at)


@pytest.mark.parametrize(
    ("target", "value_s", "early_ns", "may"),
    [
        ("zone", 0.2, 0, True),
        ("zone", 0.2, 1, False),
        ("zone", 0.02, 0, False),
        ("gateway", 0.2, 0, False),
        ("gone", 0.2, 0, False),
    ],
    ids=["slow before", "slow long before", "as usual", "in the site", "asked no more"],
)
def test_a_growing_queue_may_hold_back_answers(
    target: str, value_s: float, early_ns: int, may: bool
) -> None:
    at = link_context(echo_track(target, value_s, age_ns=ns(FILLING_S) + early_ns))
    assert may_hold_answers(at, NOW_NS, 5.0) is may
    assert not may_hold_answers(at, NOW_NS - ns(5.0), 5.0), "it has drained by then"
