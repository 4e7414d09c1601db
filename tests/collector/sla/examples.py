"""Statements for tests: a month in which a circuit saw everything there is."""

import msgspec

from tests.collector.sla.reference_count import (
    BUSY,
    CALM_S,
    CIRCUIT,
    CUT,
    NAMES,
    OFF,
    OUT,
    PLAIN,
    SILENT,
    SLOW,
    UNPLUGGED,
    UP,
    S,
    course,
)
from thongsuot_collector.sla.calendar import Month
from thongsuot_collector.sla.outage import CarrierNotification
from thongsuot_collector.sla.periods import PlannedWork
from thongsuot_collector.sla.revision import IssuedStatement, next_revision
from thongsuot_collector.sla.statement import Circuit, CircuitRecord, Statement, statement_of
from thongsuot_collector.sla.terms import Terms

NOVEMBER = Month(2026, 11)
BASE = NOVEMBER.from_ms
HOUR = 3_600
DAY = 86_400

_LIFE = (
    (-5 * DAY, UP),
    (-HOUR, CUT),
    (2 * HOUR, UP),
    (3 * DAY, SLOW),
    (3 * DAY + 4_000, UP),
    (5 * DAY + 60, CUT),
    (5 * DAY + 700, OFF),
    (5 * DAY + 9_000, CUT),
    (5 * DAY + 9_900, UP),
    (8 * DAY, UNPLUGGED),
    (8 * DAY + 1_234, UP),
    (9 * DAY, BUSY),
    (9 * DAY + 300, UP),
    (12 * DAY, SILENT),
    (12 * DAY + 7_777, UP),
    (15 * DAY + 7 * HOUR, OUT),
    (15 * DAY + 9 * HOUR, SLOW),
    (15 * DAY + 10 * HOUR, UP),
    (20 * DAY, CUT),
    (20 * DAY + 45, UP),
    (30 * DAY - 900, OUT),
    (30 * DAY + 4_000, UP),
)


def statement(
    *,
    terms: Terms = PLAIN,
    circuit: Circuit = CIRCUIT,
    shift_ms: int = 250,
    is_late_data_in: bool = False,
    known_s: int = 31 * DAY,
) -> Statement:
    """Return the statement of that month; what arrives late says that a silence was a cut."""
    steps = [(at, CUT if is_late_data_in and spec is SILENT else spec) for at, spec in _LIFE]
    intervals = [
        # Off the whole second, as real ones are.
        msgspec.structs.replace(
            interval,
            start_ns=interval.start_ns + shift_ms * 1_000_000,
            end_ns=None if interval.end_ns is None else interval.end_ns + shift_ms * 1_000_000,
        )
        for interval in course(BASE, *steps)
    ]
    record = CircuitRecord(
        intervals=intervals,
        planned_work=(
            PlannedWork(
                from_ms=BASE + (15 * DAY + 8 * HOUR) * S,
                until_ms=BASE + (15 * DAY + 11 * HOUR) * S,
                name="bao-tri-vnpt-16",
            ),
        ),
        notifications=(
            notification(-HOUR + 9, -HOUR, 2 * HOUR, "20261031-5d1f0c3a"),
            notification(5 * DAY + 71, 5 * DAY + 60, 5 * DAY + 9_900, "20261106-0b7e91aa"),
            notification(
                15 * DAY + 7 * HOUR + 12, 15 * DAY + 7 * HOUR, 16 * DAY, "20261116-77aa02cd"
            ),
        ),
        known_ms=BASE + known_s * S,
    )
    return statement_of(NOVEMBER, circuit, NAMES, terms, record, calm_ms=CALM_S * S)


def notification(at_s: int, from_s: int, until_s: int, incident: str) -> CarrierNotification:
    """Return a notification, with a ticket's number."""
    return CarrierNotification(
        at_ms=BASE + at_s * S + 480,
        from_ms=BASE + from_s * S,
        until_ms=BASE + until_s * S,
        incident=incident,
        reference=f"VNPT-{incident[-4:]}",
    )


def first() -> IssuedStatement:
    """Return it as it was first issued."""
    revision = next_revision(statement(), None, BASE + 31 * DAY * S)
    assert revision is not None
    return revision


def second() -> IssuedStatement:
    """Return it after late data."""
    revision = next_revision(statement(is_late_data_in=True), first(), BASE + 33 * DAY * S)
    assert revision is not None
    return revision
