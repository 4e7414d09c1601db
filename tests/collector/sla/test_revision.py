"""A new revision of a statement is issued when anything in it changes, and lists that."""

import msgspec
import pytest

from tests.collector.sla.examples import BASE, HOUR
from tests.collector.sla.reference_count import CUT, OFFICE, SLOW, UNPLUGGED, UP, S, course
from tests.collector.sla.test_statement import EARLY_S, made, told
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import (
    RevisionChange,
    draft_of,
    next_revision,
    revision_changes,
)
from thongsuot_collector.sla.statement import Statement
from thongsuot_schema.verdict import Symptom

QUIET = made(course(BASE, (EARLY_S, UP)))
DEAD = made(course(BASE, (EARLY_S, UP), (HOUR, CUT), (2 * HOUR, UP)))


def slow(from_s: int) -> Statement:
    return made(course(BASE, (EARLY_S, UP), (from_s, SLOW), (from_s + 60, UP)))


def changes(before: Statement, after: Statement) -> list[RevisionChange]:
    return list(revision_changes(before, after))


def test_the_first_revision_is_number_one_and_lists_no_changes() -> None:
    first = next_revision(QUIET, None, 5)
    assert first is not None
    assert (first.revision, first.issued_ms, first.changes) == (1, 5, ())
    assert (first.number, first.is_draft) == ("2026-11/FTTH-0042/1", False)


def test_an_identical_statement_is_not_issued_again_even_if_the_site_is_renamed() -> None:
    first = next_revision(QUIET, None, 5)
    renamed = msgspec.structs.replace(QUIET.names, site="Điểm phục vụ Cửa Nam")
    assert next_revision(QUIET, first, 6) is None
    assert next_revision(msgspec.structs.replace(QUIET, names=renamed), first, 6) is None


def test_a_changed_statement_has_the_next_number_and_lists_its_changes() -> None:
    second = next_revision(DEAD, next_revision(QUIET, None, 5), 6)
    assert second is not None
    assert (second.revision, second.issued_ms, second.number) == (2, 6, "2026-11/FTTH-0042/2")
    assert second.changes == tuple(revision_changes(QUIET, DEAD))


def test_a_draft_covers_the_time_up_to_the_last_known_moment() -> None:
    draft = draft_of(made(course(BASE, (EARLY_S, UP)), known_s=HOUR))
    assert (draft.number, draft.is_draft) == ("2026-11/FTTH-0042/draft", True)
    assert draft.issued_ms == BASE + HOUR * S


def test_every_figure_that_differs_is_named_with_both_values() -> None:
    up_ms = QUIET.totals.by_class[TimeClass.UP]
    assert changes(QUIET, DEAD) == [
        RevisionChange(subject="up", before=up_ms, after=up_ms - HOUR * S),
        RevisionChange(subject="down", before=0, after=HOUR * S),
        RevisionChange(subject="begun", before=0, after=1),
        RevisionChange(subject="interruption", before=None, after=HOUR * S, at_ms=BASE + HOUR * S),
    ]
    assert changes(DEAD, QUIET)[-1] == RevisionChange(
        subject="interruption", before=HOUR * S, after=None, at_ms=BASE + HOUR * S
    )


def test_an_interruption_that_became_longer_is_named_by_its_beginning() -> None:
    longer = made(course(BASE, (EARLY_S, UP), (HOUR, CUT), (3 * HOUR, UP)))
    assert changes(DEAD, longer)[-1] == RevisionChange(
        subject="interruption", before=HOUR * S, after=2 * HOUR * S, at_ms=BASE + HOUR * S
    )
    assert [change.subject for change in changes(DEAD, longer)] == ["up", "down", "interruption"]


def test_downtime_since_the_carrier_was_notified_is_a_figure_of_its_own() -> None:
    notified = made(
        course(BASE, (EARLY_S, UP), (HOUR, CUT), (2 * HOUR, UP)),
        notifications=(told(HOUR + 60, HOUR),),
    )
    assert changes(DEAD, notified) == [
        RevisionChange(subject="told", before=0, after=(HOUR - 60) * S)
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("terms", OFFICE),
        ("circuit", msgspec.structs.replace(QUIET.circuit, name="FTTH-0043")),
    ],
)
def test_terms_and_circuit_are_named_without_a_figure(field: str, value: object) -> None:
    other = msgspec.structs.replace(QUIET, **{field: value})
    assert changes(QUIET, other) == [RevisionChange(subject=field)]


def test_rows_are_named_only_where_no_figure_differs() -> None:
    moved = changes(slow(HOUR), slow(2 * HOUR))
    assert moved == [RevisionChange(subject="rows", before=3, after=3)]
    assert changes(slow(HOUR), slow(HOUR)) == []
    split = made(
        course(BASE, (EARLY_S, UP), (HOUR, SLOW), (HOUR + 30, UP), (2 * HOUR, SLOW))
        + course(BASE, (2 * HOUR + 30, UP))
    )
    assert changes(slow(HOUR), split) == [RevisionChange(subject="rows", before=3, after=5)]
    # Another fault at the same time, in as many milliseconds: rows that say something else.
    other = msgspec.structs.replace(
        slow(HOUR),
        periods=tuple(
            msgspec.structs.replace(period, symptom=Symptom.ACCESS_LOSS)
            for period in slow(HOUR).periods
        ),
    )
    assert [change.subject for change in changes(slow(HOUR), other)] == ["rows"]
    assert "rows" not in {change.subject for change in changes(QUIET, DEAD)}


def test_the_same_downtime_by_another_cause_is_still_another_statement() -> None:
    by_point = made(course(BASE, (EARLY_S, UP), (HOUR, UNPLUGGED), (2 * HOUR, UP)))
    subjects = {change.subject for change in changes(DEAD, by_point)}
    assert subjects == {"down", "customer", "begun", "interruption"}
