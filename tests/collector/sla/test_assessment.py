"""Which months are assessed, and from when downtime counts as notified."""

import csv
import io
from fractions import Fraction

import msgspec
import pytest

from tests.collector.sla.reference_count import CUT, OFF, OFFICE, PLAIN, UP, S, course
from tests.collector.sla.test_statement import BASE, EARLY_S, MONTH_S, made, told
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement_lines import result_lines


@pytest.mark.parametrize(
    ("at_s", "first", "second"),
    [
        (100, [True], [True]),
        (150, [False, True], [True]),
        (200, [False], [True]),
        (250, [False], [True]),
        (300, [False], [True]),
        (350, [False], [False, True]),
        (400, [False], [False]),
    ],
)
def test_rows_are_split_only_at_the_notification_of_the_carrier(
    at_s: int, first: list[bool], second: list[bool]
) -> None:
    life = course(BASE, (EARLY_S, UP), (100, CUT), (200, OFF), (300, CUT), (400, UP))
    statement = made(life, notifications=(told(at_s, 100),))
    down = [period for period in statement.periods if period.time_class is TimeClass.DOWN]
    assert all(period.length_ms > 0 for period in statement.periods)
    middle_ms = BASE + 250 * S
    assert [period.is_notified for period in down if period.from_ms < middle_ms] == first
    assert [period.is_notified for period in down if period.from_ms > middle_ms] == second
    assert sum(period.length_ms for period in down if period.is_notified) == (
        statement.totals.down_notified_ms
    )
    assert {period.interruption for period in down} == {1}


@pytest.mark.parametrize(("late_s", "is_met"), [(0, False), (1, None)])
def test_a_month_with_less_than_the_agreed_coverage_is_not_assessed(
    late_s: int, is_met: bool | None
) -> None:
    begin_s = MONTH_S // 2 + late_s
    statement = made(course(BASE, (begin_s, CUT), (begin_s + 5 * 86_400, UP)))
    assert statement.totals.coverage == Fraction(MONTH_S - begin_s, MONTH_S)
    assert (statement.is_known_enough, statement.is_available_enough) == (is_met is False, is_met)
    asked_for_less = msgspec.structs.replace(PLAIN, coverage_ratio=0.1)
    life = course(BASE, (begin_s, CUT), (begin_s + 5 * 86_400, UP))
    assert made(life, terms=asked_for_less).is_available_enough is False


def test_assessments_of_too_little_data_report_it_in_words_and_in_the_csv() -> None:
    begin_s = MONTH_S // 2 + 1
    life = course(BASE, (begin_s, CUT), (begin_s + 5 * 86_400, UP))
    agreed = msgspec.structs.replace(PLAIN, repair_s=3_600.0, repair_ratio=0.9)
    outage = told(begin_s + 8, begin_s)
    little = made(life, notifications=(outage,), terms=agreed)
    assert little.late_repairs == 1
    assert (little.is_available_enough, little.is_repaired_enough) == (None, None)
    for line in result_lines(little):
        assert line.value.read("vi").startswith("Không đánh giá: có số liệu 49,9999")
        assert "too little to conclude (50% needed)" in line.value.read("en")
    enough = msgspec.structs.replace(agreed, coverage_ratio=0.1)
    judged = made(life, notifications=(outage,), terms=enough)
    assert (judged.is_available_enough, judged.is_repaired_enough) == (False, False)
    no_target = msgspec.structs.replace(PLAIN, availability_ratio=None)
    for statement, result in (
        (little, "not_enough_data"),
        (judged, "not_met"),
        (made(course(BASE, (EARLY_S, UP))), "met"),
        (made(life, terms=no_target), "no_target"),
    ):
        rows = list(csv.DictReader(io.StringIO(table_of(statement).decode(), newline="")))
        assert {row["availability_result"] for row in rows} == {result}
        known_s = sum(float(row["duration_s"]) for row in rows if row["time_class"] != "unknown")
        (coverage,) = {float(row["coverage_ratio"]) for row in rows}
        assert coverage == pytest.approx(known_s / MONTH_S, abs=1e-6)


def test_hours_in_which_the_clock_does_not_run_need_no_data() -> None:
    statement = made(course(BASE, (EARLY_S, UP)), terms=OFFICE)
    assert statement.totals.by_class[TimeClass.OUTSIDE] > MONTH_S * S / 2
    assert statement.totals.coverage == 1
    assert statement.is_available_enough is True
