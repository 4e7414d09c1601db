"""
Batches as columns, for consumers that must be fast: no object is made for a result.

``decode_columns`` costs about a tenth of a microsecond a sample; ``decode.decode_batch`` makes
``Result`` objects of the same, at ten times that.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

import msgspec

from thongsuot_schema.batch import kernel, loops
from thongsuot_schema.batch.conversion import (
    NS_PER_MS,
    change_from_wire,
    member_or,
    notice_from_wire,
)
from thongsuot_schema.batch.header import BatchHeader, header_from_wire, read_arrays
from thongsuot_schema.batch.layout import CompiledLayout, KindBlock, compile_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS, LARGEST_STEP, LATEST_MS, BatchLimits
from thongsuot_schema.batch.model import Layout, Notice
from thongsuot_schema.batch.numbers import WIDEST
from thongsuot_schema.batch.wire import BatchWire, EvidenceTexts, ReasonWire, RowRemark
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge, LayoutUnknown
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.verdict import VerdictChange

T = TypeVar("T")

LayoutLookup = Callable[[bytes], CompiledLayout | None]
"""Gives a compiled layout by its name, ``None`` where that layout was never given."""

BATCH_DECODER = msgspec.msgpack.Decoder(BatchWire)

_EMPTY = compile_layout(Layout(series=()))
_OTHERWISE = {1: Reason.FAILED_OTHERWISE, 2: Reason.UNMEASURED_OTHERWISE}
_FEW = 32
"""Insertions into a column that cost less than going through all of its rows."""


class RowOutcome(msgspec.Struct, frozen=True, gc=False):
    """Why a row is not ok; ``member_or`` is the reason as the sender put it."""

    outcome: Outcome
    reason: Reason
    sender_reason: str


class ColumnBlock(msgspec.Struct, frozen=True, gc=False):
    """
    The results of one kind and revision: rows ``first_row`` to ``last_row`` (exclusive) of the
    batch.

    ``columns`` holds, for each of ``block.metrics``, one value per row in the metric's unit,
    ``None`` if the row has none. ``whole``: none of them contains ``None``: then each is an
    ``array`` of doubles.
    """

    block: KindBlock
    first_row: int
    last_row: int
    columns: tuple[Sequence[float | None], ...]
    whole: bool


class SeriesRows(msgspec.Struct, frozen=True, gc=False):
    """The rows of one series, ``first_row`` to ``last_row`` (exclusive), in the order of time."""

    position: int
    first_row: int
    last_row: int


class Columns(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    A batch, series after series.

    A *row* is one result. ``times_ms`` holds the start of each on CLOCK_BOOTTIME in milliseconds;
    they lie between ``earliest_ms`` and ``latest_ms``, which are ``None`` if there is no row. A row
    is ``ok`` unless it is in ``not_ok``. ``counts`` are the rows of each series by its position in
    the layout; missing ones at its end are 0. Blocks without rows are left out.
    """

    header: BatchHeader
    layout: CompiledLayout
    counts: list[int]
    times_ms: "array[int]"
    earliest_ms: int | None
    latest_ms: int | None
    blocks: tuple[ColumnBlock, ...]
    not_ok: dict[int, RowOutcome]
    changes: tuple[VerdictChange, ...]
    notices: tuple[Notice, ...]
    cost_differences: "array[int]"
    remarks: Sequence[RowRemark[EvidenceTexts]] = ()

    @property
    def latest_boottime_ns(self) -> int:
        """The latest moment that anything in the batch speaks of, when it was sealed included."""
        moments_ns = [self.header.clock.boottime_ns, (self.latest_ms or 0) * NS_PER_MS]
        for change in self.changes:
            moments_ns += (change.onset_boottime_ns, change.decided_boottime_ns)
        for notice in self.notices:
            moments_ns += (notice.boottime_ns, notice.from_boottime_ns or 0)
        return max(moments_ns)

    def evidence(self) -> dict[int, EvidenceTexts]:
        """
        Return the evidence of each row that has some.

        Raises:
            BatchMalformed: it is of rows that are not there.
        """
        return remarks_by_row(self.remarks, self.header.results)

    def costs_bytes(self) -> list[int]:
        """
        Return ``cost_bytes`` of each row.

        Raises:
            BatchMalformed: a cost is below 0 or beyond all measure.
        """
        costs = list(accumulate(self.cost_differences))
        if costs and not 0 <= min(costs) <= max(costs) <= LARGEST_STEP:
            raise BatchMalformed("a result cost less than nothing, or more than there is")
        return costs

    def series_of(self, block: ColumnBlock) -> Iterator[SeriesRows]:
        """Yield the series of a block that have rows, in the order of their rows."""
        first = block.first_row
        for position in range(block.block.first, min(block.block.last, len(self.counts))):
            last = first + self.counts[position]
            if last > first:
                yield SeriesRows(position, first, last)
            first = last


def value_count(columns: Columns) -> int:
    """Return how many values a batch makes in a database: one for each outcome and metric."""
    count = 0
    for block in columns.blocks:
        count += (block.last_row - block.first_row) * (1 + len(block.columns))
    return count


def part_count(columns: Columns) -> int:
    """Return of how many parts of similar size a batch consists in memory."""
    header = columns.header
    evidence = sum(len(change.verdict.evidence) for change in columns.changes)
    remarks = len(columns.not_ok) + len(columns.remarks)
    return 1 + header.results + header.changes + header.notices + evidence + remarks


def decode_columns(
    body: bytes, layouts: LayoutLookup, limits: BatchLimits = DEFAULT_LIMITS
) -> Columns:
    """
    Return a batch as columns.

    Raises:
        BatchError: the body is not a batch that can be taken, as in ``decode.decode_batch``.
    """
    return columns_from_wire(read_arrays(body, BATCH_DECODER, limits), layouts, limits)


def columns_from_wire(wire: BatchWire, layouts: LayoutLookup, limits: BatchLimits) -> Columns:
    """Return the columns of a batch's arrays; raises as ``decode_columns``."""
    header = header_from_wire(wire, limits)
    compiled = _compiled_layout(wire, layouts)
    base_ms = wire.clock.boottime_ns // NS_PER_MS
    if base_ms > LATEST_MS:
        raise BatchMalformed("the batch was sealed decades after the boot")
    changes = tuple(change_from_wire(change, base_ms) for change in wire.changes)
    notices = tuple(notice_from_wire(notice, base_ms) for notice in wire.notices)
    _check_size(wire.doubts, header.results)
    _check_size(wire.details, header.results)
    _check_size(wire.evidence, header.results)
    lacking = remarks_by_row(wire.absences, header.results)
    spans = _block_rows(compiled, wire.counts, lacking)
    size = sum(span.values for span in spans)
    if size > limits.values:
        raise BatchTooLarge(f"batch has {size} values; at most {limits.values} are taken")
    # All numbers of a batch travel as one run of byte planes: the times, the values block by block,
    # the costs. The planes of like numbers are what zstd packs best, and one unpacking serves all.
    unpacked = unpack_numbers(wire.numbers, size + 2 * header.results)
    # The first time is a difference to the batch's own clock reading: no batch needs another one.
    times = kernel.running_sums(unpacked, header.results, base_ms)
    if times is None or (header.results and not 0 <= times[1] <= times[2] <= LATEST_MS):
        raise BatchMalformed("a result's time is before the boot or decades after it")
    not_ok = {
        row: _row_outcome(outcome)
        for row, outcome in remarks_by_row(wire.reasons, header.results).items()
    }
    if not_ok:
        _check_unmeasured(spans, not_ok)
    times_ms, earliest_ms, latest_ms = times
    at = header.results
    blocks = []
    for span in spans:
        blocks.append(_block(span, unpacked, at))
        at += span.values
    return Columns(
        header=header,
        layout=compiled,
        counts=wire.counts,
        times_ms=times_ms,
        earliest_ms=earliest_ms if header.results else None,
        latest_ms=latest_ms if header.results else None,
        blocks=tuple(blocks),
        not_ok=not_ok,
        changes=changes,
        notices=notices,
        cost_differences=unpacked[at:],
        remarks=wire.evidence,
    )


def unpack_numbers(planes: bytes, count: int) -> "array[int]":
    """
    Return ``count`` numbers from their byte planes, as ``numbers.pack`` makes them.

    Raises:
        BatchMalformed: the planes are not those of so many numbers.
    """
    if not count and not planes:
        return array("q")
    width, rest = divmod(len(planes), count) if count else (0, 1)
    if rest or not 1 <= width <= WIDEST:
        raise BatchMalformed(f"{len(planes)} bytes of numbers do not hold {count} numbers")
    return kernel.unpack(planes, count)


def remarks_by_row(remarks: Sequence[RowRemark[T]], rows: int) -> dict[int, T]:
    """
    Return the texts by row.

    Raises:
        BatchMalformed: rows are not ascending, not there, or spoken of twice.
    """
    contents: dict[int, T] = {}
    if not remarks:
        return contents
    count = 0
    for remark in remarks:
        at = list(accumulate(remark.rows))
        if not at or at[0] < 0 or at[-1] >= rows or min(remark.rows[1:], default=1) < 1:
            raise BatchMalformed(f"a remark is about rows that are not there (of {rows})")
        contents.update(dict.fromkeys(at, remark.content))
        count += len(at)
    # A row that two remarks name is one key: only the counts tell, and they cost no lookup a row.
    if len(contents) != count:
        raise BatchMalformed("two remarks of one sort are about the same row")
    return contents


def _check_size(remarks: Sequence[RowRemark[T]], rows: int) -> None:
    """
    Check remarks that are only looked at when they are needed: until then they take memory.

    Raises:
        BatchMalformed: there are more of them, or they name more rows, than there are rows.
    """
    if len(remarks) > rows or sum(len(remark.rows) for remark in remarks) > rows:
        raise BatchMalformed(f"remarks of one sort are about more than the {rows} rows")


class _BlockRows(msgspec.Struct, frozen=True, gc=False):
    """Rows of one block, the masks of those that lack values, and how many values there are."""

    block: KindBlock
    first_row: int
    last_row: int
    missing_masks: dict[int, int]
    values: int


def _compiled_layout(wire: BatchWire, layouts: LayoutLookup) -> CompiledLayout:
    if not wire.layout:
        return _EMPTY
    compiled = layouts(wire.layout)
    if compiled is None:
        raise LayoutUnknown(wire.layout)
    series = compiled.blocks[-1].last if compiled.blocks else 0
    # Fewer counts than series are right: series at the end that had no result are left out.
    if len(wire.counts) > series:
        raise BatchMalformed(f"batch counts {len(wire.counts)} series, its layout has {series}")
    return compiled


def _block_rows(
    compiled: CompiledLayout, counts: list[int], lacking: dict[int, int]
) -> list[_BlockRows]:
    spans = []
    first = 0
    for block in compiled.blocks:
        last = first + sum(counts[block.first : block.last])
        if last > first:
            values = (last - first) * len(block.metrics)
            masks = {}
            if lacking:
                # Ascending, because ``_with_gaps`` inserts from the left: a place is one of the
                # finished column.
                masks = {row: lacking[row] for row in sorted(lacking) if first <= row < last}
                if any(not 0 < mask < 1 << len(block.metrics) for mask in masks.values()):
                    raise BatchMalformed(f"a row of {block.kind} lacks columns that there are not")
                values -= sum(mask.bit_count() for mask in masks.values())
            spans.append(_BlockRows(block, first, last, masks, values))
        first = last
    return spans


def _check_unmeasured(spans: list[_BlockRows], not_ok: dict[int, RowOutcome]) -> None:
    """Check that a row that could not be measured has no values: they would be made up."""
    for span in spans:
        everything = (1 << len(span.block.metrics)) - 1
        for row, failure in not_ok.items():
            inside = span.first_row <= row < span.last_row
            has_values = span.missing_masks.get(row, 0) != everything
            if inside and has_values and failure.outcome is Outcome.UNMEASURED:
                raise BatchMalformed(f"row {row} is unmeasured, and yet has values")


def _block(span: _BlockRows, differences: "array[int]", at: int) -> ColumnBlock:
    """Return the values of one block: sums of the differences from a place on, in today's units."""
    rows = span.last_row - span.first_row
    if span.block.denominators and not span.missing_masks:
        # Nearly always: every row has every value.
        whole = kernel.scaled_columns(differences, at, rows, span.block.denominators)
        if whole is None:
            raise BatchMalformed("a value is larger than the format can hold")
        return ColumnBlock(span.block, span.first_row, span.last_row, whole, True)
    columns: list[Sequence[float | None]] = []
    for column, scale in enumerate(span.block.scales):
        gone = _missing_places(span, column) if span.missing_masks else ()
        count = rows - len(gone)
        values = _values(differences, at, count, scale)
        if values is None:
            raise BatchMalformed("a value is larger than the format can hold")
        at += count
        columns.append(_with_gaps(values, gone) if gone else values)
    return ColumnBlock(
        span.block, span.first_row, span.last_row, tuple(columns), not span.missing_masks
    )


def _values(
    differences: "array[int]", first: int, count: int, scale: tuple[int, float]
) -> "array[float] | None":
    numerator, denominator = scale
    if numerator == 1:  # of nearly every metric
        return kernel.scaled_sums(differences, first, count, denominator)
    sums = loops.checked_sums(differences, first, count)
    return None if sums is None else array("d", [step * numerator / denominator for step in sums])


def _missing_places(span: _BlockRows, column: int) -> list[int]:
    """Return the places in a column whose rows lack it, in ascending order."""
    return [row - span.first_row for row, mask in span.missing_masks.items() if mask >> column & 1]


def _with_gaps(values: "array[float]", gone: Sequence[int]) -> list[float | None]:
    """Return one value a row, ``None`` at the places that are gone."""
    spread: list[float | None] = list(values)
    if len(gone) <= _FEW:
        for place in gone:
            spread.insert(place, None)
        return spread
    left, missing = iter(values), set(gone)
    rows = len(values) + len(gone)
    return [None if place in missing else next(left) for place in range(rows)]


def _row_outcome(wire: ReasonWire) -> RowOutcome:
    other = _OTHERWISE.get(wire.outcome)
    if other is None:
        raise BatchMalformed(f"a row is not ok by outcome {wire.outcome}; 1 and 2 are possible")
    # A newer agent's reason is not known here: what stays is whether the run failed or could not be
    # made, and that is what ratios are computed from.
    reason = member_or(Reason, wire.reason, other) or other
    outcome = outcome_of(other)
    if outcome_of(reason) is not outcome:
        raise BatchMalformed(f"outcome {outcome} contradicts reason {reason}")
    return RowOutcome(outcome, reason, wire.reason)
