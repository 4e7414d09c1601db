"""
Batches as remote-write series: every result is visible, at its own time.

For each result exactly one of ``…_success_ratio`` (1 ok, 0 failed) and ``…_unmeasured_ratio`` (1)
is written, and each metric that it has a value of. What has no value has no sample.
"""

import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from thongsuot_collector.samples.labels import SeriesLabels
from thongsuot_collector.samples.protobuf import (
    EARLIEST_MS,
    LATEST_MS,
    SAMPLE_BYTES,
    SAMPLE_HEAD,
    SERIES_FIELD,
    time_field,
    varint,
)
from thongsuot_schema.batch.columns import ColumnBlock, Columns, Said
from thongsuot_schema.outcome import Outcome

_LEADS = tuple(SERIES_FIELD + varint(size) for size in range(4096))
"""The beginning of a series of a size; nearly all are below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """
    Some series, encoded; parcels put one after the other are a request.

    ``earliest_ms`` and ``latest_ms`` are the times of its samples; ``samples`` how many there are.
    """

    body: bytes
    samples: int
    earliest_ms: int
    latest_ms: int


@cache
def _packer(count: int) -> struct.Struct:
    """Return what packs values and time fields of ``count`` samples: value, time, value, time, …"""
    return struct.Struct("<" + f"d{7 + len(SAMPLE_HEAD)}s" * (count - 1) + "d7s")


class _Series:
    """Gathers the pieces of a request."""

    __slots__ = ("pieces", "samples")

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.samples = 0

    def add(self, labels: bytes, values: Sequence[float], times: Sequence[bytes]) -> None:
        """Add a series; ``times`` are time fields followed by ``SAMPLE_HEAD``."""
        count = len(values)
        arguments: list[float | bytes] = [b""] * (2 * count)
        arguments[0::2] = values
        arguments[1::2] = times
        arguments[-1] = times[-1][:7]
        size = len(labels) - len(SAMPLE_HEAD) + SAMPLE_BYTES * count
        lead = _LEADS[size] if size < len(_LEADS) else SERIES_FIELD + varint(size)
        self.pieces += (lead, labels, _packer(count).pack(*arguments))
        self.samples += count


def encode(columns: Columns, labels: Sequence[SeriesLabels], *, epoch_ns: int) -> Parcel | None:
    """
    Return all results of a batch, ``None`` when it has none.

    ``labels`` are those of its layout's series; ``epoch_ns`` is the wall time of boottime 0.
    Results whose time no database could hold (before 1971) are put to the earliest time instead,
    where the check of the receiver's window finds and counts them.
    """
    if not columns.times_ms:
        return None
    offset_ms = epoch_ns // 1_000_000
    times_ms = [offset_ms + time_ms for time_ms in columns.times_ms]
    earliest_ms, latest_ms = min(times_ms), max(times_ms)
    if earliest_ms < EARLIEST_MS or latest_ms > LATEST_MS:
        times_ms = [min(max(time_ms, EARLIEST_MS), LATEST_MS) for time_ms in times_ms]
    series = _Series()
    bad_rows = sorted(columns.not_ok)
    for block in columns.blocks:
        for rows in columns.series_of(block):
            first, last = rows.first_row, rows.last_row
            times = _time_fields(times_ms[first:last])
            known = labels[rows.position]
            at = bisect_left(bad_rows, first)
            if block.whole and (at == len(bad_rows) or bad_rows[at] >= last):
                _add_whole(series, known, block, first, times)
            else:
                _add_values(series, known, block, first, times)
                _add_outcomes(series, known, columns.not_ok, first, times)
    return Parcel(
        body=b"".join(series.pieces),
        samples=series.samples,
        earliest_ms=max(earliest_ms, EARLIEST_MS),
        latest_ms=min(latest_ms, LATEST_MS),
    )


def _add_whole(
    series: _Series, labels: SeriesLabels, block: ColumnBlock, first_row: int, times: list[bytes]
) -> None:
    """
    Rows that are all ok and have every value: the usual case, at a tenth of a microsecond each.
    """
    count = len(times)
    first = first_row - block.first_row
    last = first + count
    arguments: list[float | bytes] = [b""] * (2 * count)
    arguments[1::2] = times
    arguments[-1] = times[-1][:7]
    pack = _packer(count).pack
    samples_bytes = SAMPLE_BYTES * count - len(SAMPLE_HEAD)
    pieces = series.pieces
    for name, column in zip(labels.metrics, block.columns, strict=True):
        arguments[0::2] = column[first:last]  # type: ignore[assignment]  # whole: no None in it
        size = len(name) + samples_bytes
        lead = _LEADS[size] if size < len(_LEADS) else SERIES_FIELD + varint(size)
        pieces += (lead, name, pack(*arguments))
    series.samples += count * len(block.columns)
    series.add(labels.success, [1.0] * count, times)


def _add_values(
    series: _Series, labels: SeriesLabels, block: ColumnBlock, first_row: int, times: list[bytes]
) -> None:
    """Rows of which some lack a value."""
    first = first_row - block.first_row
    for name, column in zip(labels.metrics, block.columns, strict=True):
        found = [
            (value, time)
            for value, time in zip(column[first : first + len(times)], times, strict=True)
            if value is not None
        ]
        if found:
            series.add(name, [value for value, _ in found], [time for _, time in found])


def _add_outcomes(
    series: _Series,
    labels: SeriesLabels,
    not_ok: Mapping[int, Said],
    first_row: int,
    times: list[bytes],
) -> None:
    """Rows of which some failed or were not measured."""
    measured: list[tuple[float, bytes]] = []
    unmeasured: list[bytes] = []
    for row, time in enumerate(times, start=first_row):
        said = not_ok.get(row)
        if said is None:
            measured.append((1.0, time))
        elif said.outcome is Outcome.FAILED:
            measured.append((0.0, time))
        else:
            unmeasured.append(time)
    if measured:
        series.add(labels.success, [one for one, _ in measured], [time for _, time in measured])
    if unmeasured:
        series.add(labels.unmeasured, [1.0] * len(unmeasured), unmeasured)


def _time_fields(times_ms: list[int]) -> list[bytes]:
    """Return the time fields of one series' rows, each followed by ``SAMPLE_HEAD``."""
    if len(set(times_ms)) < len(times_ms):
        times_ms = _apart(times_ms)
    return [time_field(time_ms) + SAMPLE_HEAD for time_ms in times_ms]


def _apart(times_ms: list[int]) -> list[int]:
    """
    Return times with a millisecond between equal ones: a database keeps one value a millisecond.
    """
    found: list[int] = []
    for time_ms in times_ms:
        found.append(max(time_ms, found[-1] + 1) if found else time_ms)
    return found
