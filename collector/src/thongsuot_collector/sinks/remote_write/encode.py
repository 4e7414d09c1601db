"""
Batches as remote-write series, with every result and verdict at its own time.

For each result exactly one of ``…_success`` (1 ok, 0 failed) and ``…_unmeasured`` (1) is written,
and each metric with a value. A missing value has no sample.

The usual block, all ok and complete, is encoded by columns (``blocks``); others row by row.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from thongsuot_collector.samples.series import EncodedSeries, WallTimes, times_of
from thongsuot_collector.samples.verdicts import verdict_points
from thongsuot_collector.sinks.remote_write import blocks
from thongsuot_collector.sinks.remote_write.blocks import SERIES_HEADS, pack_block, packer
from thongsuot_collector.sinks.remote_write.labels import LabelCache, LayoutSeriesLabels
from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_HEAD,
    STALE,
    series,
    spaced_time_fields,
)
from thongsuot_collector.sinks.remote_write.snappy import elements_of
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import ColumnBlock, Columns, RowOutcome
from thongsuot_schema.catalogue.verdict import SEGMENT, STATE
from thongsuot_schema.outcome import Outcome

_ENDS = (STALE, STALE)

_HEAD_BYTES = len(SAMPLE_HEAD)


def encode_results(
    columns: Columns, labels: LayoutSeriesLabels, *, epoch_ns: int
) -> EncodedSeries | None:
    """
    Return all results of a batch, ``None`` when it has none.

    ``labels`` are those of its layout's series; ``epoch_ns`` is the wall time of boottime 0.
    Results with a time that no database accepts (before 1971) get the earliest time instead, where
    the check of the receiver's window finds and counts them.
    """
    if not columns.times_ms:
        return None
    times = times_of(columns, epoch_ns=epoch_ns)
    series = _SeriesWriter(times)
    bad_rows = sorted(columns.not_ok)
    for block in columns.blocks:
        at = bisect_left(bad_rows, block.first_row)
        if block.whole and (at == len(bad_rows) or bad_rows[at] >= block.last_row):
            series.add_whole(columns, block, labels)
        else:
            series.add_partial(columns, block, labels)
    return EncodedSeries(
        body=series.elements(),
        unpacked_bytes=series.unpacked_bytes,
        samples=series.samples,
        earliest_ms=times.earliest_ms,
        latest_ms=times.latest_ms,
    )


class _SeriesWriter:
    """
    Collects the parts of a request; ``unpacked_bytes`` is the uncompressed size of all
    ``elements``.
    """

    __slots__ = ("_elements", "_plain", "_spaced", "_times", "samples", "unpacked_bytes")

    def __init__(self, times: WallTimes) -> None:
        self._times = times
        self._spaced: list[bytes] = []
        self._elements: list[bytes] = []
        self._plain: list[bytes] = []
        self.samples = self.unpacked_bytes = 0

    def elements(self) -> bytes:
        """Return all of it, as elements of a snappy stream."""
        self._pack_plain()
        return b"".join(self._elements)

    def add_whole(self, columns: Columns, block: ColumnBlock, labels: LayoutSeriesLabels) -> None:
        """Add a block whose rows are all ok and have every value."""
        first = block.block.first
        rows = block.first_row, block.last_row
        packed = labels.packed.get(first)
        if blocks.pack_elements is not None and packed is not None:
            self._pack_plain()
            elements, size_bytes = blocks.pack_elements(
                *packed, columns.counts, first, block.columns, self._times.ms, *rows
            )
            self._elements.append(elements)
            self.unpacked_bytes += size_bytes
        else:
            names = labels.names_of(first)
            self._plain.append(
                pack_block(names, columns.counts, first, block.columns, self._times.ms, *rows)
            )
        self.samples += (block.last_row - block.first_row) * (1 + len(block.columns))

    def add_partial(self, columns: Columns, block: ColumnBlock, labels: LayoutSeriesLabels) -> None:
        """Add a block with failed, unmeasured or incomplete rows."""
        for rows in columns.series_of(block):
            first, last = rows.first_row, rows.last_row
            known = labels.series[rows.position]
            times = self._spaced_times()[first:last]
            for name, column in zip(known.metrics, block.columns, strict=True):
                values = column[first - block.first_row : last - block.first_row]
                self._add(name, values, times)
            measured, unmeasured = _outcomes(columns.not_ok, first, last)
            self._add(known.success, measured, times)
            self._add(known.unmeasured, unmeasured, times)

    def _spaced_times(self) -> list[bytes]:
        """
        Return the time fields of all rows, each followed by ``SAMPLE_HEAD``: the bytes between two
        values of a series.
        """
        if not self._spaced:
            self._spaced = spaced_time_fields(self._times.ms)
        return self._spaced

    def _add(self, name: bytes, values: Sequence[float | None], times: Sequence[bytes]) -> None:
        """Add a series with the rows that have a value."""
        arguments: list[float | bytes] = []
        for value, time in zip(values, times, strict=True):
            if value is not None:
                arguments += (value, time)
        if arguments:
            packed = packer(len(arguments) // 2).pack(*arguments)[:-_HEAD_BYTES]
            self._plain += (SERIES_HEADS[len(name) + len(packed)], name, packed)
            self.samples += len(arguments) // 2

    def _pack_plain(self) -> None:
        if self._plain:
            plain = b"".join(self._plain)
            self._elements.append(elements_of(plain))
            self.unpacked_bytes += len(plain)
            self._plain.clear()


def _outcomes(
    not_ok: Mapping[int, RowOutcome], first: int, last: int
) -> tuple[list[float | None], list[float | None]]:
    """
    Return success (1 ok, 0 failed) and unmeasured (1) of each row, ``None`` for the other one.
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

    The state ``unknown`` has no number: its series end there with a staleness marker.
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
    plain = b"".join(pieces)
    return EncodedSeries(
        body=elements_of(plain),
        unpacked_bytes=len(plain),
        samples=2 * len(every_ms),
        earliest_ms=min(every_ms),
        latest_ms=max(every_ms),
    )
