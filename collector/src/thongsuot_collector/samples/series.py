"""Encoded series of a batch, and the times of their samples."""

from dataclasses import dataclass
from itertools import islice
from operator import eq

from thongsuot_schema.batch.columns import Columns

EARLIEST_MS = 1 << 35
"""5 February 1971; before it a varint is shorter than six bytes."""
LATEST_MS = (1 << 42) - 1
"""15 May 2109; after it a varint is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSeries:
    """
    Some series, encoded; such parts put one after the other are a request.

    ``earliest_ms`` and ``latest_ms`` are the times of its samples; ``samples`` how many there are.
    """

    body: bytes
    samples: int
    earliest_ms: int
    latest_ms: int


def times_of(columns: Columns, *, epoch_ns: int) -> list[int]:
    """
    Return the wall time of each row in ms, such that no two of a series are equal.

    All lie between ``EARLIEST_MS`` and ``LATEST_MS``; there has to be at least one row.
    """
    offset_ms = epoch_ns // 1_000_000
    times_ms = [offset_ms + time_ms for time_ms in columns.times_ms]
    if min(times_ms) < EARLIEST_MS or max(times_ms) >= LATEST_MS - len(times_ms):
        times_ms = [
            min(max(time_ms, EARLIEST_MS), LATEST_MS - len(times_ms)) for time_ms in times_ms
        ]
    if any(map(eq, times_ms, islice(times_ms, 1, None))):
        times_ms = _spaced_apart(columns, times_ms)
    return times_ms


def _spaced_apart(columns: Columns, times_ms: list[int]) -> list[int]:
    """
    Return times with a millisecond between equal ones of a series: a database keeps one of them.
    """
    spaced_ms = list(times_ms)
    for block in columns.blocks:
        for rows in columns.series_of(block):
            for row in range(rows.first_row + 1, rows.last_row):
                spaced_ms[row] = max(spaced_ms[row], spaced_ms[row - 1] + 1)
    return spaced_ms
