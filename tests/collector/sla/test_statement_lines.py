"""The lines of a statement: what is listed as one, and what stands out."""

import msgspec
import pytest

from tests.collector.sla.reference_count import UP, course
from tests.collector.sla.test_statement import BASE, EARLY_S, made
from thongsuot_collector.sla.periods import Period, TimeClass
from thongsuot_collector.sla.statement import Statement
from thongsuot_collector.sla.statement_lines import listed_periods, method_notes, result_lines
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Text

HEALTHY = made(course(BASE, (EARLY_S, UP)))


def stretches(time_class: TimeClass, *parts: tuple[int, int, str]) -> Statement:
    """Return a statement of nothing but stretches of one class, each with its planned work."""
    periods = tuple(
        Period(from_ms=begin, until_ms=end, time_class=time_class, condition=time_class, work=work)
        for begin, end, work in parts
    )
    return msgspec.structs.replace(HEALTHY, periods=periods)


@pytest.mark.parametrize(
    ("parts", "listed"),
    [
        ([(0, 5, "w"), (5, 9, "w"), (9, 12, "w")], [(0, 12)]),
        ([(0, 5, "w"), (5, 9, "v")], [(0, 5), (5, 9)]),
        ([(0, 5, "w"), (6, 9, "w")], [(0, 5), (6, 9)]),
        ([(0, 5, "w"), (6, 9, "v")], [(0, 5), (6, 9)]),
        ([], []),
    ],
    ids=["one after the other", "another work", "with a break", "both", "none"],
)
def test_stretches_of_one_planned_work_that_meet_are_listed_as_one(
    parts: list[tuple[int, int, str]], listed: list[tuple[int, int]]
) -> None:
    planned = listed_periods(stretches(TimeClass.MAINTENANCE, *parts), TimeClass.MAINTENANCE)
    assert [(period.from_ms, period.until_ms) for period in planned] == listed
    apart = listed_periods(stretches(TimeClass.DOWN, *parts), TimeClass.DOWN)
    assert [(period.from_ms, period.until_ms) for period in apart] == [
        (begin, end) for begin, end, _ in parts
    ]
    assert listed_periods(stretches(TimeClass.DOWN, *parts), TimeClass.MAINTENANCE) == []


def test_availability_and_repairs_stand_out_among_what_is_held_against_the_terms() -> None:
    lines = list(result_lines(HEALTHY))
    assert [line.is_result for line in lines[-2:]] == [True, True]
    assert [line.label.read("en") for line in lines[-2:]] == [
        Text("collector.sla.lines.availability").read("en"),
        Text("collector.sla.lines.time_to_restore").read("en"),
    ]


def test_the_method_says_after_what_time_an_interruption_is_over() -> None:
    statement = msgspec.structs.replace(HEALTHY, calm_ms=180_000)
    sentences = [note.read("en") for note in method_notes(statement)]
    assert any(duration(180, "en") in sentence for sentence in sentences)
