"""Encoded series of a batch, and the times of their samples."""

from array import array
from itertools import islice
from operator import eq
from typing import NamedTuple

import msgspec

from thongsuot_schema.batch import kernel
from thongsuot_schema.batch.columns import Columns

EARLIEST_MS = 1 << 35
"""5 February 1971; an earlier varint is shorter than six bytes."""
LATEST_MS = (1 << 42) - 1
"""15 May 2109; a later varint is longer."""


class EncodedSeries(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    Some series, encoded; a request is a concatenation of such parts.

    ``earliest_ms`` and ``latest_ms`` are the times of its samples; ``samples`` how many there are.
    ``unpacked_bytes`` is the uncompressed size of ``body``; 0: it is not compressed.
    """

    body: bytes
    samples: int
    earliest_ms: int
    latest_ms: int
    unpacked_bytes: int = 0


class WallTimes(NamedTuple):
    """The wall time of each row in ms, and the earliest and the latest of them."""

    ms: "array[int]"
    earliest_ms: int
    latest_ms: int


def times_of(columns: Columns, *, epoch_ns: int) -> WallTimes:
    """
    Return the wall times of the rows, such that no two of a series are equal.

    All lie between ``EARLIEST_MS`` and ``LATEST_MS``; there has to be at least one row.
    """
    offset_ms = epoch_ns // 1_000_000
    assert columns.earliest_ms is not None and columns.latest_ms is not None  # noqa: PT018
    earliest_ms, latest_ms = offset_ms + columns.earliest_ms, offset_ms + columns.latest_ms
    rows = len(columns.times_ms)
    if earliest_ms >= EARLIEST_MS and latest_ms < LATEST_MS - rows:
        times_ms, has_equal = kernel.shifted(columns.times_ms, offset_ms)
    else:
        times_ms = array(
            "q",
            [
                min(max(offset_ms + time_ms, EARLIEST_MS), LATEST_MS - rows)
                for time_ms in columns.times_ms
            ],
        )
        earliest_ms, latest_ms = min(times_ms), max(times_ms)
        has_equal = any(map(eq, times_ms, islice(times_ms, 1, None)))
    if has_equal:
        times_ms = _spaced_apart(columns, times_ms)
        earliest_ms, latest_ms = min(times_ms), max(times_ms)
    return WallTimes(times_ms, earliest_ms, latest_ms)


def _spaced_apart(columns: Columns, times_ms: "array[int]") -> "array[int]":
    """
    Return times with a millisecond between equal ones of a series: a database keeps one of them.
    """
    spaced_ms = times_ms[:]
    for block in columns.blocks:
        for rows in columns.series_of(block):
            for row in range(rows.first_row + 1, rows.last_row):
                spaced_ms[row] = max(spaced_ms[row], spaced_ms[row - 1] + 1)
    return spaced_ms
