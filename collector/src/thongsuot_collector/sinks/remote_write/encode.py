"""
Batches as remote-write series: every result and verdict is visible, at its own time.

For each result exactly one of ``…_success`` (1 ok, 0 failed) and ``…_unmeasured`` (1)
is written, and each metric that it has a value of. What has no value has no sample.

The usual block, all ok and complete, goes by columns: one ``struct`` for all samples of a metric,
cut into its series. 0.1 µs a sample at four samples a series (2026-11); what is not whole goes
row by row.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from thongsuot_collector.samples.series import EncodedSeries, times_of
from thongsuot_collector.samples.verdicts import verdict_points
from thongsuot_collector.sinks.remote_write.labels import LabelCache, SeriesLabels
from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_BYTES,
    SAMPLE_HEAD,
    SERIES_FIELD,
    STALE,
    series,
    spaced_time_fields,
    varint,
)
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import ColumnBlock, Columns, RowOutcome
from thongsuot_schema.catalogue.verdict import SEGMENT, STATE
from thongsuot_schema.outcome import Outcome

_ENDS = (STALE, STALE)

_HEAD_BYTES = len(SAMPLE_HEAD)


class _SeriesHeads(dict[int, bytes]):
    """The beginning of a series by its size, made when first wanted; sizes are few."""

    def __missing__(self, size: int) -> bytes:
        lead = self[size] = SERIES_FIELD + varint(size)
        return lead


_SERIES_HEADS = _SeriesHeads()


def encode_results(
    columns: Columns, labels: Sequence[SeriesLabels], *, epoch_ns: int
) -> EncodedSeries | None:
    """
    Return all results of a batch, ``None`` when it has none.

    ``labels`` are those of its layout's series; ``epoch_ns`` is the wall time of boottime 0.
    Results whose time no database could hold (before 1971) are put to the earliest time instead,
    where the check of the receiver's window finds and counts them.
    """
    if not columns.times_ms:
        return None
    times_ms = times_of(columns, epoch_ns=epoch_ns)
    series = _SeriesWriter(spaced_time_fields(times_ms))
    bad_rows = sorted(columns.not_ok)
    for block in columns.blocks:
        at = bisect_left(bad_rows, block.first_row)
        if block.whole and (at == len(bad_rows) or bad_rows[at] >= block.last_row):
            series.add_whole(columns, block, labels)
        else:
            series.add_partial(columns, block, labels)
    return EncodedSeries(
        body=b"".join(series.pieces),
        samples=series.samples,
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )


class _SeriesWriter:
    """
    Gathers the pieces of a request.

    ``times`` are the time fields of all rows, each followed by ``SAMPLE_HEAD``: what stands
    between two values of a series.
    """

    __slots__ = ("pieces", "samples", "times")

    def __init__(self, times: list[bytes]) -> None:
        self.times = times
        self.pieces: list[bytes] = []
        self.samples = 0

    def add_whole(
        self, columns: Columns, block: ColumnBlock, labels: Sequence[SeriesLabels]
    ) -> None:
        """Add a block whose rows are all ok and have every value."""
        first, count = block.first_row, block.last_row - block.first_row
        known: list[SeriesLabels] = []
        cuts: list[tuple[int, int]] = []
        for rows in columns.series_of(block):
            known.append(labels[rows.position])
            # Where its samples begin and end among those of the block.
            cuts.append(
                (
                    (rows.first_row - first) * SAMPLE_BYTES,
                    (rows.last_row - first) * SAMPLE_BYTES - _HEAD_BYTES,
                )
            )
        arguments: list[float | bytes] = [b""] * (2 * count)
        arguments[1::2] = self.times[first : block.last_row]
        pack, pieces = _packer(count).pack, self.pieces
        names = (
            [label.success for label in known],
            *zip(*(label.metrics for label in known), strict=True),
        )
        values = [1.0] * count, *block.columns
        for of_metric, column in zip(names, values, strict=True):
            arguments[0::2] = column  # type: ignore[assignment]  # whole: there is no None in it
            packed = pack(*arguments)
            for name, (begin, end) in zip(of_metric, cuts, strict=True):
                pieces += (_SERIES_HEADS[len(name) + end - begin], name, packed[begin:end])
        self.samples += count * (1 + len(block.columns))

    def add_partial(
        self, columns: Columns, block: ColumnBlock, labels: Sequence[SeriesLabels]
    ) -> None:
        """Add a block of which some rows failed, were not measured, or lack a value."""
        for rows in columns.series_of(block):
            first, last = rows.first_row, rows.last_row
            known = labels[rows.position]
            times = self.times[first:last]
            for name, column in zip(known.metrics, block.columns, strict=True):
                values = column[first - block.first_row : last - block.first_row]
                self._add(name, values, times)
            measured, unmeasured = _outcomes(columns.not_ok, first, last)
            self._add(known.success, measured, times)
            self._add(known.unmeasured, unmeasured, times)

    def _add(self, name: bytes, values: Sequence[float | None], times: Sequence[bytes]) -> None:
        """Add a series of those rows that have a value."""
        arguments: list[float | bytes] = []
        for value, time in zip(values, times, strict=True):
            if value is not None:
                arguments += (value, time)
        if arguments:
            packed = _packer(len(arguments) // 2).pack(*arguments)[:-_HEAD_BYTES]
            self.pieces += (_SERIES_HEADS[len(name) + len(packed)], name, packed)
            self.samples += len(arguments) // 2


def _outcomes(
    not_ok: Mapping[int, RowOutcome], first: int, last: int
) -> tuple[list[float | None], list[float | None]]:
    """
    Return success (1 ok, 0 failed) and being unmeasured (1) of each row, ``None`` for the other.
    """
    measured: list[float | None] = []
    unmeasured: list[float | None] = []
    for row in range(first, last):
        row_outcome = not_ok.get(row)
        if row_outcome is None or row_outcome.outcome is Outcome.FAILED:
            measured.append(1.0 if row_outcome is None else 0.0)
            unmeasured.append(None)
        else:
            measured.append(None)
            unmeasured.append(1.0)
    return measured, unmeasured


@lru_cache(maxsize=1024)
def _packer(count: int) -> struct.Struct:
    """Return what packs ``count`` values, each followed by a spaced time field."""
    return struct.Struct("<" + f"d{7 + _HEAD_BYTES}s" * count)


def verdict_series(
    site: str,
    columns: Columns,
    standing: Iterable[StandingVerdict],
    *,
    labels: LabelCache,
    epoch_ns: int,
) -> EncodedSeries | None:
    """
    Return the verdicts of a batch as series; see ``verdict_points``.

    A state of ``unknown`` has no number: its series end there with a staleness marker.
    """
    subjects = verdict_points(columns, standing, epoch_ns=epoch_ns)
    if not subjects:
        return None
    pieces: list[bytes] = []
    for (link, service), points in subjects.items():
        times = sorted(points)
        for place, metric in enumerate((STATE, SEGMENT)):
            named = labels.of_metric(site, link, service, metric.full_name)
            pieces.append(
                series(
                    named.removesuffix(SAMPLE_HEAD),
                    [(time_ms, (points[time_ms] or _ENDS)[place]) for time_ms in times],
                )
            )
    every_ms = [time_ms for points in subjects.values() for time_ms in points]
    return EncodedSeries(
        body=b"".join(pieces),
        samples=2 * len(every_ms),
        earliest_ms=min(every_ms),
        latest_ms=max(every_ms),
    )
