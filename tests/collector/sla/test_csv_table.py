"""The CSV: its rows fill the month, and every total of the statement follows from them alone."""

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from tests.collector.sla.examples import first, second, statement
from thongsuot_collector.sla.csv_table import COLUMNS, fingerprint, seconds, stamp, table_of
from thongsuot_collector.sla.periods import TimeClass

MS = timedelta(milliseconds=1)


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def milliseconds(text: str) -> int:
    whole, _, rest = text.partition(".")
    assert len(rest) == 3
    return int(whole) * 1_000 + int(rest)


def test_rows_of_the_table_fill_the_month_without_gap_or_overlap() -> None:
    rows = rows_of(table_of(statement()))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["row"]) for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["from"] == "2026-11-01T00:00:00.000+07:00"
    assert rows[-1]["until"] == "2026-12-01T00:00:00.000+07:00"
    assert all(earlier["until"] == other["from"] for earlier, other in pairwise(rows))
    for row in rows:
        length = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["from"])
        assert length / MS == milliseconds(row["duration_s"])


def test_every_total_can_be_computed_from_the_rows() -> None:
    for made in (first().statement, second().statement):
        rows = rows_of(table_of(made))
        time_classes: Counter[str] = Counter()
        down: Counter[str] = Counter()
        notified_s: Counter[str] = Counter()
        for row in rows:
            time_classes[row["time_class"]] += milliseconds(row["duration_s"])
            down[row["interruption"]] += milliseconds(row["duration_s"])
            if row["notified"] == "1":
                notified_s[row["interruption"]] += milliseconds(row["duration_s"])
        assert made.totals.by_class == {
            time_class: time_classes[time_class.value] for time_class in TimeClass
        }
        assert made.totals.down_notified_ms == sum(notified_s.values())
        for interruption in made.interruptions:
            assert (interruption.down_ms, interruption.down_notified_ms) == (
                down[str(interruption.number)],
                notified_s[str(interruption.number)],
            )
        assert {row["interruption"] for row in rows if row["time_class"] == "down"} == {
            str(interruption.number) for interruption in made.interruptions
        }


def test_the_same_statement_gives_the_same_bytes_and_another_does_not() -> None:
    assert table_of(statement()) == table_of(statement())
    assert len(fingerprint(table_of(statement()))) == 64
    assert table_of(statement()) != table_of(statement(is_late_data_in=True))


def test_times_are_exact() -> None:
    assert stamp(1_793_466_000_001) == "2026-11-01T00:00:00.001+07:00"
    assert seconds(3_600_007) == "3600.007"
