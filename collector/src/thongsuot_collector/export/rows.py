"""Converts entries of the journal to rows of a table, some entries at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.export.column import Row
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.reader import decode_entry
from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.samples.labels import LabelsOf, labels_of_series
from thongsuot_schema.batch.columns import ColumnBlock, Columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.layout import CompiledLayout, compile_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.metric import PREFIX
from thongsuot_schema.outcome import Outcome

_ENTRIES = 200
_SIZE_BYTES = 4 << 20
_LAYOUTS = 2_000
_NAMES = ("commune", "link", "medium", "carrier", "target", "family")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """Results from one moment (Unix time in ms) to another (exclusive); of one site, or of all."""

    from_ms: int
    until_ms: int
    site: str = ""


@dataclass(slots=True, kw_only=True)
class ExportTally:
    """The exported rows, and the batches that cannot be read."""

    rows: int = 0
    undecodable: list[str] = field(default_factory=list)


def export_rows(
    journal: JournalView, query: ExportQuery, labels_of: LabelsOf, tally: ExportTally
) -> Iterator[list[Row]]:
    """
    Yield the rows of each batch that has any, in the order of arrival.

    Only some entries are read at a time: the journal may grow and be trimmed concurrently. A batch
    that cannot be read is recorded in ``tally``.
    """
    layouts = _Layouts(journal)
    after, head = 0, journal.extent().head
    while True:
        entries = journal.read(after, through=head, limit=_ENTRIES, size_bytes=_SIZE_BYTES)
        if not entries:
            return
        after = entries[-1].sequence
        for kept in entries:
            if query.site and kept.entry.site != query.site:
                continue
            try:
                columns = _decoded(kept, layouts.of(kept))
            except UndecodableEntry as error:
                entry = kept.entry
                tally.undecodable.append(f"{entry.site} {entry.stream} {entry.number}: {error}")
                continue
            exported = list(_rows(kept, columns, query, labels_of))
            tally.rows += len(exported)
            if exported:
                yield exported


class _Layouts:
    def __init__(self, journal: JournalView) -> None:
        self._journal = journal
        self._layout = lru_cache(maxsize=_LAYOUTS)(self._read)

    def of(self, kept: StoredEntry) -> dict[bytes, CompiledLayout]:
        """Return the layout of an entry, if it is known."""
        layout = kept.entry.layout
        compiled = self._layout(layout) if layout else None
        return {} if compiled is None else {layout: compiled}

    def _read(self, layout_id: bytes) -> CompiledLayout | None:
        body = self._journal.layout(layout_id)
        return None if body is None else compile_layout(decode_layout(body, LIMITS)[1])


def _decoded(kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> Columns:
    if digest_of(kept.entry.body) != kept.entry.digest:
        raise UndecodableEntry("it is not what was taken in")
    return decode_entry(kept.entry, layouts, LIMITS)


def _rows(
    kept: StoredEntry, columns: Columns, query: ExportQuery, labels_of: LabelsOf
) -> Iterator[Row]:
    offset_ms = kept.entry.epoch_ns // 1_000_000
    times_ms = columns.times_ms
    if not times_ms:
        return
    if offset_ms + max(times_ms) < query.from_ms or offset_ms + min(times_ms) >= query.until_ms:
        return
    for block in columns.blocks:
        yield from _of_block(kept, columns, block, query, labels_of)


def _of_block(
    kept: StoredEntry,
    columns: Columns,
    block: ColumnBlock,
    query: ExportQuery,
    labels_of: LabelsOf,
) -> Iterator[Row]:
    entry = kept.entry
    offset_ms = entry.epoch_ns // 1_000_000
    came = (entry.stream, entry.number, entry.received_ns // 1_000_000, entry.clock.value)
    kind = (block.block.kind, block.block.revision)
    metrics = [PREFIX + metric for metric in block.block.metrics]
    for series in columns.series_of(block):
        labels = labels_of_series(
            labels_of, entry.site, columns.layout.layout.series[series.position]
        )
        about = (entry.site, *(labels.get(name) or None for name in _NAMES), *kind)
        for row in range(series.first_row, series.last_row):
            time_ms = offset_ms + columns.times_ms[row]
            if not query.from_ms <= time_ms < query.until_ms:
                continue
            row_outcome = columns.not_ok.get(row)
            outcome = Outcome.OK.value if row_outcome is None else row_outcome.outcome.value
            run = (
                time_ms,
                *about,
                outcome,
                None if row_outcome is None else row_outcome.sender_reason,
            )
            place = row - block.first_row
            values: list[tuple[str | None, float | None]] = [
                (metric, column[place])
                for metric, column in zip(metrics, block.columns, strict=True)
                if column[place] is not None
            ]
            for metric, value in values or [(None, None)]:
                yield (*run, metric, value, *came)
