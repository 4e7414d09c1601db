"""A queue of the site's own: its delays differ, those of a longer way hardly do."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track, Traffic
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.own_queue import (
    CAUSE_UNKNOWN,
    _is_steady,
    is_filled_by_site,
    is_of_queue,
    is_queue_gone,
    is_queue_possible,
    is_queued_near,
    may_be_of_queue,
    may_be_own_queue,
)
from thongsuot_agent.judge.symptoms.pages import is_felt
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
STEADY_ROUNDS = 8
DELAYS_KEPT = 24
VARIED_S = 180.0
STEADY_S = 0.01


ACCESS_SLOW = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SLOW)


def slow_link() -> LinkContext:
    link = LinkMemory(name="fixed")
    memory = Memory(links={"fixed": link})
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def judge_round(at: LinkContext, *delays_s: float) -> bool | None:
    """Return what comes of a round in which echoes took so much longer than usual."""
    point = next(iter(at.probes.points.values()))
    slow = [
        Observation(
            Track(
                kind="icmp",
                target="core-fixed",
                family=Family.IP4,
                value_s=0.01 + delay_s,
                usual_s=0.01,
            ),
            point,
            Segment.CARRIER,
            answered=True,
            silent=False,
        )
        for delay_s in delays_s
    ]
    is_own = may_be_own_queue(at, slow, 0)
    at.link.slow.is_pending = at.link.slow.fault is None
    return is_own


def test_a_delay_equal_in_eight_rounds_is_not_a_queue() -> None:
    at = slow_link()
    for _ in range(STEADY_ROUNDS - 1):
        assert judge_round(at, *[0.9] * 8) is None
    assert judge_round(at, 0.9, 0.9, 2.0) is False, "one spike is no queue"


def test_six_equal_rounds_of_a_queue_are_not_enough_to_name_a_party() -> None:
    """Three of 86 healthy days had such rounds (2026-12); the seventh or eighth round differed."""
    at = slow_link()
    for delay_s in (0.40, 0.41, 0.40, 0.42, 0.41, 0.41):
        assert judge_round(at, delay_s) is None
    assert judge_round(at, 0.30) is True


def test_a_round_counts_as_one_moment_however_few_answered_in_it() -> None:
    """When a queue of a second is longest, few answers come in time."""
    at = slow_link()
    for delay_s, answers in ((0.92, 8), (0.92, 8), (0.97, 7), (0.96, 4), (0.91, 6)):
        judge_round(at, *[delay_s] * answers)
    assert judge_round(at, 1.05, 1.05, 1.05) is True


def test_a_delay_that_varies_after_it_was_named_becomes_a_queue() -> None:
    at = slow_link()
    for _ in range(STEADY_ROUNDS):
        judge_round(at, 0.9, 0.9)
    at.link.slow.fault, at.link.slow.is_pending = ACCESS_SLOW, False
    assert judge_round(at, 0.91, 0.91) is False
    assert judge_round(at, 1.2, 1.2) is False, "one of ten is left out"
    assert judge_round(at, 1.2, 1.2) is True


def test_a_queue_that_has_varied_is_not_a_slow_line_because_eight_rounds_agree() -> None:
    at = slow_link()
    at.memory.now_ns = 10**9
    assert [judge_round(at, delay_s) for delay_s in (0.5, 0.9)] == [None, True]
    at.link.slow.is_pending = False  # fast again for a round, and slow again
    assert {judge_round(at, 0.7) for _ in range(DELAYS_KEPT - 1)} == {True}
    assert judge_round(at, 0.7) is False, "twenty-four rounds are no chance"
    at.link.slow.is_pending = False
    at.memory.now_ns += int(VARIED_S * 10**9) + 1
    assert judge_round(at, 0.7) is None, "what varied three minutes ago is forgotten"


@pytest.mark.parametrize(
    ("delays_s", "steady"),
    [
        ([0.0, STEADY_S], True),
        ([0.0, 2 * STEADY_S], False),
        ([0.0, *[0.001] * 8, 9.0], True),
        ([0.0, *[0.001] * 7, 9.0, 9.0], False),
    ],
    ids=["the limit", "above it", "a tenth on either side is left out", "more than a tenth"],
)
def test_delays_are_steady_where_all_but_a_tenth_hardly_differ(
    delays_s: list[float], steady: bool
) -> None:
    assert _is_steady(delays_s) is steady


@pytest.mark.parametrize(
    ("target", "added_s", "is_queued"),
    [("core-fixed", 0.02, True), ("core-fixed", 0.005, False), ("exchange", 0.02, False)],
    ids=["the line", "less than a queue's sign", "beyond the carrier alone"],
)
def test_a_line_is_queued_if_near_targets_are_late(
    target: str, added_s: float, is_queued: bool
) -> None:
    at = slow_link()
    at.memory.now_ns = 10**9
    for name in ("core-fixed", "exchange"):
        at.link.tracks[SeriesKey("icmp", name, Family.IP4)] = Track(
            kind="icmp",
            target=name,
            family=Family.IP4,
            learned=at.settings.learn_runs,
            usual_s=0.01,
            value_s=0.01 + (added_s if name == target else 0.0),
            value_ns=at.memory.now_ns,
        )
    assert is_queued_near(at) is is_queued


def test_pages_slow_during_a_queue_confirm_no_loss() -> None:
    at = slow_link()
    at.memory.now_ns = 100 * 10**9
    page = Track(kind="http", target="motcua", family=Family.IP4, slow_runs=9)
    echo = Track(kind="icmp", target="core-fixed", family=Family.IP4, learned=9, usual_s=0.01)
    echo.value_s, echo.value_ns = 0.01, at.memory.now_ns
    for track in (page, echo):
        at.link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    assert is_felt(at, 0)
    echo.value_s = 0.2
    assert not is_felt(at, 0)


@pytest.mark.parametrize(
    ("segment", "queued", "losses", "may"),
    [
        (Segment.ACCESS, 2, 4, True),
        (Segment.CARRIER, 2, 4, True),
        (Segment.ACCESS, 1, 3, False),
        (Segment.LAN, 4, 4, False),
        (Segment.TRANSIT, 4, 4, False),
    ],
)
def test_a_loss_may_be_caused_by_a_queue_if_half_of_it_fell_into_one(
    segment: Segment, queued: int, losses: int, *, may: bool
) -> None:
    at = slow_link()
    at.link.loss_test.queued_losses, at.link.loss_test.losses = queued, losses
    assert may_be_of_queue(at, segment) is may


LAN_LOSS = Diagnosis(state=State.DEGRADED, segment=Segment.LAN, symptom=Symptom.LAN_LOSS)
ACCESS_LOSS = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_LOSS)
CONGESTED = Diagnosis(state=State.DEGRADED, segment=Segment.LAN, symptom=Symptom.LAN_CONGESTED)
FADED = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SLOW)


@pytest.mark.parametrize(
    ("loss", "slow", "queued", "expected"),
    [
        (CAUSE_UNKNOWN, None, 0, True),
        (LAN_LOSS, CONGESTED, 0, True),
        (LAN_LOSS, None, 2, True),
        (LAN_LOSS, FADED, 1, False),
        (ACCESS_LOSS, CONGESTED, 4, False),
    ],
    ids=["nobody's", "behind the site's load", "while it queued", "a LAN's own", "a carrier's"],
)
def test_a_loss_of_the_lan_beside_a_queue_is_the_queues(
    loss: Diagnosis, slow: Diagnosis | None, queued: int, *, expected: bool
) -> None:
    at = slow_link()
    at.link.slow = FaultSlot(fault=slow)
    at.link.loss_test.queued_losses, at.link.loss_test.losses = queued, 4
    assert is_of_queue(at, loss) is expected


NOW_NS = ns(5_000.0)


def full_link(name: str = "fixed", *, is_full: bool = True) -> LinkContext:
    """Return a link that the device's own traffic fills now, or that is idle."""
    link = LinkMemory(name=name)
    if is_full:
        link.traffic = Traffic(read_ns=NOW_NS, from_ns=NOW_NS - ns(15.0), down_bits_per_second=1e12)
    memory = Memory(links={name: link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links[name], Settings())


@pytest.mark.parametrize(
    ("slow", "is_full", "expected"),
    [(CONGESTED, True, True), (CONGESTED, False, False), (FADED, True, False), (None, True, False)],
    ids=["its own", "its own, over", "the carrier's", "not slow"],
)
def test_drops_on_a_slow_link_filled_by_the_site_are_its_own(
    slow: Diagnosis | None, *, is_full: bool, expected: bool
) -> None:
    at = full_link(is_full=is_full)
    at.link.slow = FaultSlot(fault=slow)
    assert is_filled_by_site(at) is expected


@pytest.mark.parametrize(("name", "after_s"), [("fixed", 60.0), ("mobile", 180.0)])
def test_a_queue_is_gone_after_a_while_without_one_and_later_where_echoes_are_rare(
    name: str, after_s: float
) -> None:
    at = full_link(name, is_full=False)
    assert not is_queue_gone(at, NOW_NS - ns(after_s) + 1, 60.0)
    assert is_queue_gone(at, NOW_NS - ns(after_s), 60.0)
    assert not is_queue_gone(full_link(name), NOW_NS - ns(after_s), 60.0), "it is filled again"
    late = Track(kind="icmp", target="exchange", family=Family.IP4, usual_s=0.01, value_s=0.03)
    late.value_ns, late.learned = NOW_NS, at.settings.learn_runs
    at.link.tracks[SeriesKey(late.kind, late.target, late.family)] = late
    assert is_queue_possible(at)
    assert not is_queue_gone(at, NOW_NS - ns(after_s), 60.0), "echoes are late again"
