"""A statement: its periods fill the month exactly, and its figures are what counting gives."""

import random
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.sla.reference_count import (
    CALM_S,
    CIRCUIT,
    CUT,
    EVERY,
    NAMES,
    OFF,
    OFFICE,
    OUT,
    PLAIN,
    SILENT,
    SLOW,
    UNPLUGGED,
    UP,
    S,
    course,
    interval,
    second_by_second,
    told_seconds,
)
from thongsuot_collector.sla.calendar import Month
from thongsuot_collector.sla.outage import CarrierNotification
from thongsuot_collector.sla.periods import PlannedWork, TimeClass
from thongsuot_collector.sla.statement import (
    CircuitRecord,
    Statement,
    exact,
    record_span,
    statement_of,
)
from thongsuot_collector.sla.terms import Terms
from thongsuot_collector.timeline.interval import BatchRef, Interval
from thongsuot_schema.batch.model import GENERATED_STREAM_PREFIX
from thongsuot_schema.inventory.contract_terms import AssessmentPeriod, Exclusion, Since

T = TypeVar("T")

NOVEMBER = Month(2026, 11)
BASE = NOVEMBER.from_ms
MONTH_S = 30 * 86_400
EARLY_S = -2 * 86_400
LONG_AGO_S = -40 * 86_400
HOUR = 3_600


def made(
    intervals: list[Interval],
    *,
    terms: Terms = PLAIN,
    works: tuple[PlannedWork, ...] = (),
    notifications: tuple[CarrierNotification, ...] = (),
    known_s: int = MONTH_S + HOUR,
    month: Month = NOVEMBER,
) -> Statement:
    record = CircuitRecord(
        intervals=intervals,
        planned_work=works,
        notifications=notifications,
        known_ms=BASE + known_s * S,
    )
    return statement_of(month, CIRCUIT, NAMES, terms, record, calm_ms=CALM_S * S)


def told(at_s: int, from_s: int, until_s: int | None = None) -> CarrierNotification:
    until_ms = None if until_s is None else BASE + until_s * S
    return CarrierNotification(
        at_ms=BASE + at_s * S,
        from_ms=BASE + from_s * S,
        until_ms=until_ms,
        incident="i",
        reference="T1",
    )


def work(from_s: int, until_s: int) -> PlannedWork:
    return PlannedWork(from_ms=BASE + from_s * S, until_ms=BASE + until_s * S, name="w")


def again(some: list[T], dice: random.Random) -> list[T]:
    """Return the same in another order, some of it more than once."""
    more = [*some, *dice.choices(some, k=len(some))] if some else []
    dice.shuffle(more)
    return more


def lives() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Courses of states around a month's beginning and its end: (second, which)."""
    near = st.one_of(st.integers(-1_200, 1_200), st.integers(MONTH_S - 1_200, MONTH_S + 1_200))
    which = st.integers(0, len(EVERY) - 1)
    return st.lists(st.tuples(near, which), max_size=24, unique_by=lambda change: change[0])


def spans() -> st.SearchStrategy[list[tuple[int, int]]]:
    begin = st.one_of(st.integers(-1_200, 1_200), st.integers(MONTH_S - 1_200, MONTH_S + 600))
    return st.lists(st.tuples(begin, st.integers(1, 900)), max_size=3)


TERMS = st.sampled_from(
    [
        PLAIN,
        msgspec.structs.replace(PLAIN, excludes=()),
        msgspec.structs.replace(PLAIN, excludes=(Exclusion.POWER,)),
        msgspec.structs.replace(PLAIN, window=AssessmentPeriod.QUARTER),
        OFFICE,
    ]
)


def intervals_of(life: list[tuple[int, int]]) -> list[Interval]:
    steps = sorted(life)
    return course(BASE, (EARLY_S, UP), *((second, EVERY[which]) for second, which in steps))


@settings(deadline=None)
@given(lives(), spans(), TERMS, st.integers(-2_000, MONTH_S + 2_000))
def test_periods_fill_the_month_exactly(
    life: list[tuple[int, int]], planned: list[tuple[int, int]], terms: Terms, known_s: int
) -> None:
    works = tuple(work(begin, begin + length) for begin, length in planned)
    statement = made(intervals_of(life), terms=terms, works=works, known_s=known_s)
    end_ms = max(BASE, min(NOVEMBER.until_ms, BASE + known_s * S))
    edges = [(period.from_ms, period.until_ms) for period in statement.periods]
    if end_ms > BASE:
        assert (edges[0][0], edges[-1][1]) == (BASE, end_ms)
    assert all(edge[1] == other[0] for edge, other in pairwise(edges))
    assert all(begin < end for begin, end in edges)
    assert all(not period.is_classified_as(other) for period, other in pairwise(statement.periods))
    assert sum(statement.totals.by_class.values()) == end_ms - BASE
    assert statement.is_final is (known_s >= MONTH_S)


@settings(deadline=None)
@given(lives(), spans(), TERMS, st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_of_intervals_change_nothing(
    life: list[tuple[int, int]],
    planned: list[tuple[int, int]],
    terms: Terms,
    dice: random.Random,
    data: st.DataObject,
) -> None:
    intervals = intervals_of(life)
    works = [work(begin, begin + length) for begin, length in planned]
    notifications = [
        told(begin, begin - 60, begin + length) for begin, length in data.draw(spans())
    ]
    once = made(intervals, terms=terms, works=tuple(works), notifications=tuple(notifications))
    shuffled = CircuitRecord(
        intervals=again(intervals, dice),
        planned_work=again(works, dice),
        notifications=again(notifications, dice),
        known_ms=BASE + (MONTH_S + HOUR) * S,
    )
    twice = statement_of(NOVEMBER, CIRCUIT, NAMES, terms, shuffled, calm_ms=CALM_S * S)
    assert twice == once


def held_against_counting(
    intervals: list[Interval],
    works: tuple[PlannedWork, ...],
    notifications: tuple[CarrierNotification, ...],
    terms: Terms,
) -> None:
    statement = made(intervals, terms=terms, works=works, notifications=notifications)
    _, end_ms = record_span(NOVEMBER, calm_ms=CALM_S * S)
    begin_ms = BASE + EARLY_S * S  # before that, nothing is known
    naive = second_by_second(intervals, works, terms, begin_ms, (end_ms - begin_ms) // S)
    first = (BASE - begin_ms) // S
    last = first + MONTH_S
    month = naive.time_classes[first:last]
    assert statement.totals.by_class == {
        time_class: month.count(time_class) * S for time_class in TimeClass
    }
    assert statement.totals.down_notified_ms == S * told_seconds(
        naive, notifications, begin_ms, from_s=first, until_s=last
    )
    counted = [
        (dead, end)
        for dead, end in naive.outages
        if any(first <= second < last for second in dead)
        or (end is not None and first < end <= last)
    ]
    assert [interruption.down_ms for interruption in statement.interruptions] == [
        S * sum(first <= second < last for second in dead) for dead, _ in counted
    ]
    assert [interruption.restore_ms for interruption in statement.interruptions] == [
        None if end is None or end > last else S * len(dead) for dead, end in counted
    ]
    assert [interruption.until_ms for interruption in statement.interruptions] == [
        None if end is None or end > last else begin_ms + end * S for _, end in counted
    ]
    told_of = [interruption.down_notified_ms for interruption in statement.interruptions]
    assert sum(told_of) == statement.totals.down_notified_ms
    marked = [period for period in statement.periods if period.is_notified]
    assert sum(period.length_ms for period in marked) == statement.totals.down_notified_ms


@pytest.mark.parametrize(
    "terms", [PLAIN, msgspec.structs.replace(PLAIN, excludes=()), OFFICE], ids=["", "all", "office"]
)
def test_counting_second_by_second_gives_the_same(terms: Terms) -> None:
    dice = random.Random(7)
    at = EARLY_S
    steps = [(at, UP)]
    while at < MONTH_S + 2 * HOUR:
        at += dice.choice((1, 7, 29, 30, 31, 400, 9_000, 60_000))
        steps.append((at, dice.choice((*EVERY, UP, UP, CUT))))
    dead = [at for at, spec in steps if spec in {CUT, OUT}]
    notifications = tuple(
        told(at + dice.randrange(900), at, at + dice.randrange(1, 4_000))
        for at in dice.sample(dead, len(dead) // 2)
    )
    works = tuple(
        work(begin, begin + dice.randrange(1, 30_000))
        for begin in (dice.randrange(EARLY_S, MONTH_S) for _ in range(12))
    )
    held_against_counting(course(BASE, *steps), works, notifications, terms)


def test_downtime_is_counted_from_the_onset_and_from_the_notification() -> None:
    statement = made(
        course(BASE, (EARLY_S, UP), (HOUR, CUT), (2 * HOUR, UP)),
        notifications=(told(HOUR + 8, HOUR),),
    )
    (only,) = statement.interruptions
    assert (only.down_ms, only.down_notified_ms) == (3_600_000, 3_592_000)
    assert (only.restore_ms, only.restore_notified_ms) == (3_600_000, 3_592_000)
    assert (only.incident, only.reference) == ("i", "T1")
    assert statement.begun == 1
    assert statement.totals.availability(Since.DETECTED) == Fraction(MONTH_S - HOUR, MONTH_S)
    assert statement.is_available_enough is True
    assert statement.is_repaired_enough is True


def test_without_a_notification_no_repair_time_is_assessed() -> None:
    statement = made(course(BASE, (EARLY_S, UP), (HOUR, CUT), (8 * HOUR, UP)))
    (only,) = statement.interruptions
    assert (only.down_notified_ms, only.notified_ms, only.restore_notified_ms) == (0, None, None)
    assert only.restore_ms == 7 * HOUR * S
    assert statement.is_available_enough is False
    assert statement.is_repaired_enough is None


def test_a_fault_notified_after_its_end_counts_as_not_notified() -> None:
    life = course(BASE, (EARLY_S, UP), (HOUR, CUT), (2 * HOUR, UP))
    (only,) = made(life, notifications=(told(3 * HOUR, HOUR, 2 * HOUR),)).interruptions
    assert (only.notified_ms, only.down_notified_ms, only.incident) == (None, 0, "")


def test_pauses_shorter_than_the_calm_time_belong_to_one_interruption_and_are_not_counted() -> None:
    life = course(BASE, (EARLY_S, UP), (100, CUT), (200, UP), (229, CUT), (300, SLOW), (400, UP))
    (only,) = made(life).interruptions
    assert (only.down_ms, only.until_ms) == (171 * S, BASE + 300 * S)
    assert len(made(course(BASE, (0, CUT), (100, UP), (130, CUT), (200, UP))).interruptions) == 2


def test_power_and_silence_inside_an_interruption_stop_its_clock_and_do_not_end_it() -> None:
    life = course(
        BASE, (EARLY_S, UP), (0, CUT), (600, OFF), (4_000, SILENT), (5_000, CUT), (5_100, UP)
    )
    statement = made(life)
    (only,) = statement.interruptions
    assert only.down_ms == only.restore_ms == 700 * S
    assert statement.totals.by_class[TimeClass.POWER] == 3_400 * S
    assert statement.totals.by_class[TimeClass.UNKNOWN] == 1_000 * S


def test_a_fault_on_the_points_side_is_counted_as_the_customers() -> None:
    statement = made(course(BASE, (EARLY_S, UP), (0, UNPLUGGED), (HOUR, UP)))
    assert statement.interruptions == ()
    assert statement.totals.by_class[TimeClass.CUSTOMER] == HOUR * S
    assert statement.totals.service_ms == (MONTH_S - HOUR) * S
    assert statement.totals.availability(Since.DETECTED) == 1


def test_planned_work_takes_its_whole_window_out() -> None:
    life = course(BASE, (EARLY_S, UP), (HOUR, CUT), (2 * HOUR, UP))
    statement = made(life, works=(work(HOUR // 2, HOUR + 1_800),))
    assert statement.totals.by_class[TimeClass.MAINTENANCE] == HOUR * S
    assert [interruption.down_ms for interruption in statement.interruptions] == [1_800 * S]
    assert statement.interruptions[0].from_ms == BASE + HOUR * S


def test_an_interruption_over_two_months_is_counted_in_the_first_and_repaired_in_the_second() -> (
    None
):
    life = course(BASE, (EARLY_S, UP), (MONTH_S - 600, OUT), (MONTH_S + 300, UP))
    notifications = (told(MONTH_S + 100, MONTH_S - 600),)
    late = 40 * 86_400
    before = made(life, notifications=notifications, known_s=late)
    after = made(life, notifications=notifications, known_s=late, month=NOVEMBER.after())
    assert (before.begun, after.begun) == (1, 0)
    (first,), (other,) = before.interruptions, after.interruptions
    assert (first.down_ms, first.until_ms, first.restore_ms, first.notified_ms) == (
        600 * S,
        None,
        None,
        None,
    )
    assert (other.down_ms, other.down_notified_ms) == (300 * S, 200 * S)
    assert (other.restore_ms, other.restore_notified_ms) == (900 * S, 200 * S)
    assert other.is_from_before


def test_a_quarter_is_assessed_from_its_beginning() -> None:
    quarter = msgspec.structs.replace(
        PLAIN, window=AssessmentPeriod.QUARTER, availability_ratio=0.999
    )
    life = course(BASE, (LONG_AGO_S, UP), (-20 * 86_400, CUT), (-19 * 86_400, UP))
    assert made(life, terms=quarter).is_available_enough is False
    monthly = msgspec.structs.replace(quarter, window=AssessmentPeriod.MONTH)
    assert made(life, terms=monthly).is_available_enough is True


def test_a_target_is_met_to_the_millisecond_and_not_one_more() -> None:
    # 0.5 % of 30 days.
    life = course(BASE, (EARLY_S, UP), (0, CUT), (12_960, UP))
    assert made(life).is_available_enough is True
    life[1] = msgspec.structs.replace(life[1], start_ns=life[1].start_ns - 10**6 * 1_000)
    life[0] = msgspec.structs.replace(life[0], end_ns=life[1].start_ns)
    assert made(life).is_available_enough is True  # that second is October's
    life = [*course(BASE, (EARLY_S, UP), until_s=0), interval(BASE, 0, 12_961, CUT)]
    life.append(interval(BASE, 12_961, None, UP))
    assert made(life).is_available_enough is False
    assert exact(0.995) == Fraction(995, 1_000)


def test_an_unmeasured_circuit_has_no_figure() -> None:
    statement = made([])
    assert statement.totals.by_class[TimeClass.UNKNOWN] == MONTH_S * S
    assert statement.totals.availability(Since.DETECTED) is None
    assert statement.is_available_enough is None
    assert statement.late_repairs == 0
    assert statement.is_repaired_enough is None


def test_a_repair_that_took_too_long_is_late() -> None:
    life = course(
        BASE, (EARLY_S, UP), (0, CUT), (36 * HOUR + 1, UP), (40 * HOUR, CUT), (41 * HOUR, UP)
    )
    statement = made(life, notifications=(told(0, 0), told(40 * HOUR, 40 * HOUR)))
    assert statement.late_repairs == 1
    assert statement.is_repaired_enough is False


@pytest.mark.parametrize(
    ("from_s", "until_s", "is_marked"),
    [
        (LONG_AGO_S, 0, False),
        (LONG_AGO_S, 1, True),
        (LONG_AGO_S, None, True),
        (HOUR, 2 * HOUR, True),
        (MONTH_S, MONTH_S + HOUR, False),
        (MONTH_S, None, False),
    ],
)
def test_a_month_with_generated_intervals_is_marked(
    from_s: int, until_s: int | None, is_marked: bool
) -> None:
    generated, measured = (
        msgspec.structs.replace(interval(BASE, from_s, until_s, UP), source=source)
        for source in (
            BatchRef(f"{GENERATED_STREAM_PREFIX}0000", 1, b""),
            BatchRef("00000000", 1, b""),
        )
    )
    assert made([generated]).is_generated is is_marked
    assert made([measured]).is_generated is False
