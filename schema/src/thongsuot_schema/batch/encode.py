"""
Batches and layouts to bytes. Imports little: the agent carries it all its life.

The format is described in docs/reference/batch-format.md. Equal input gives equal bytes, with one
version of zstd.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import msgspec

from thongsuot_schema.batch import frame, numbers
from thongsuot_schema.batch.conversion import (
    NS_PER_MS,
    boot_id_to_wire,
    change_from_wire,
    change_to_wire,
    clock_to_wire,
    notice_from_wire,
    notice_to_wire,
    stream_to_wire,
)
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.layout import CompiledLayout, KindBlock, compile_layout
from thongsuot_schema.batch.limits import (
    DEFAULT_LIMITS,
    EVIDENCE_ENTRIES,
    LARGEST_STEP,
    TEXT_CHARACTERS,
)
from thongsuot_schema.batch.model import VERSION, Batch, Layout
from thongsuot_schema.batch.wire import (
    BatchWire,
    ColumnWire,
    KindWire,
    LayoutWire,
    ReasonWire,
    RowRemark,
    SeriesWire,
)
from thongsuot_schema.errors import BatchMalformed
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import outcome_of
from thongsuot_schema.result import Finding, Result, Series

FieldT = TypeVar("FieldT")

_read_wire = msgspec.msgpack.Decoder(BatchWire).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutIndex:
    """A layout ready for use: its name, and the position of each series."""

    layout_id: bytes
    compiled: CompiledLayout
    positions: Mapping[Series, int]

    @property
    def layout(self) -> Layout:
        """The layout itself."""
        return self.compiled.layout


def index_layout(layout: Layout) -> LayoutIndex:
    """
    Return the index of a layout.

    Raises:
        ValueError: the layout is not as ``sorted_layout`` makes it.
    """
    compiled = compile_layout(layout)
    positions = {series: position for position, series in enumerate(compiled.layout.series)}
    return LayoutIndex(
        layout_id=digest_of(_layout_text(compiled)), compiled=compiled, positions=positions
    )


def encode_layout(layout: Layout) -> bytes:
    """
    Return the body of a ``POST /v1/layouts``.

    Raises:
        ValueError: the layout is not as ``sorted_layout`` makes it, or is larger than receivers
        take.
    """
    if len(layout.series) > DEFAULT_LIMITS.series:
        message = f"layout has {len(layout.series)} series; receivers take {DEFAULT_LIMITS.series}"
        raise ValueError(message)
    return frame.pack(_layout_text(compile_layout(layout)))


def encode_batch(batch: Batch, index: LayoutIndex) -> bytes:
    """
    Return the body of a ``POST /v1/batches``.

    The format is lossy: times of results, changes and notices are rounded to milliseconds, values
    to their metric's resolution, free texts are cut at 200 characters, evidence at 32 entries;
    results are returned in the order of time.

    Raises:
        ValueError: a result has a series or metric that the layout lacks, a value that is not a
            number or more than 2**62 steps, or a reason that contradicts its outcome; a name of the
            stream or boot has another form; the batch is larger than receivers take, and must be
            sealed in pieces.
    """
    return frame.pack(_batch_text(batch, index))


def encode_checked_batch(batch: Batch, index: LayoutIndex) -> bytes:
    """
    Return the body as ``encode_batch`` does, checked as every receiver checks it.

    Raises:
        ValueError: as there; or a field is not as the format has it (a negative count, a name that
            is too long, a time before the boot): receivers would refuse all of the batch.
    """
    text = _batch_text(batch, index)
    _check_form(text, batch.clock.boottime_ns // NS_PER_MS)
    return frame.pack(text)


def _batch_text(batch: Batch, index: LayoutIndex) -> bytes:
    _check_size(batch)
    rows, counts = _sorted_rows(batch.results, index)
    base_ms = batch.clock.boottime_ns // NS_PER_MS
    times = [result.boottime_ns // NS_PER_MS - base_ms for result in rows]
    costs = [result.finding.cost_bytes for result in rows]
    columns, absences = _columns(rows, counts, index.compiled.blocks)
    body = BatchWire(
        version=VERSION,
        site=batch.site,
        stream=stream_to_wire(batch.stream),
        number=batch.number,
        boot_id=boot_id_to_wire(batch.boot_id),
        clock=clock_to_wire(batch.clock),
        previous=batch.previous,
        layout=index.layout_id if rows else b"",
        counts=counts,
        changes=[change_to_wire(change, base_ms) for change in batch.changes],
        notices=[notice_to_wire(notice, base_ms) for notice in batch.notices],
        numbers=numbers.pack(_differences([times, *columns, costs])),
        reasons=_grouped_remarks(_reason(result.finding) for result in rows),
        absences=_grouped_remarks(absences),
        doubts=_grouped_remarks(
            [str(doubt) for doubt in row.finding.doubts] or None for row in rows
        ),
        details=_grouped_remarks(_clipped(row.finding.detail) or None for row in rows),
        evidence=_grouped_remarks(_clipped_evidence(row.finding.evidence) or None for row in rows),
    )
    text = msgspec.msgpack.encode(body)
    if len(text) > DEFAULT_LIMITS.unpacked_bytes:
        message = f"batch is {len(text)} bytes; receivers take {DEFAULT_LIMITS.unpacked_bytes}"
        raise ValueError(message)
    return text


def _check_form(text: bytes, base_ms: int) -> None:
    """Check what every receiver checks before it takes anything of a batch."""
    try:
        wire = _read_wire(text)
        for change in wire.changes:
            change_from_wire(change, base_ms)
        for notice in wire.notices:
            notice_from_wire(notice, base_ms)
    except (msgspec.ValidationError, BatchMalformed) as error:
        raise ValueError(f"receivers would refuse the batch: {error}") from error


def _layout_text(compiled: CompiledLayout) -> bytes:
    kinds = [
        KindWire(
            kind=kind.kind,
            revision=kind.revision,
            columns=[
                ColumnWire(column.metric, column.numerator, column.denominator)
                for column in kind.columns
            ],
            places=[
                SeriesWire(series.link, series.target, str(series.family))
                for series in compiled.layout.series[block.first : block.last]
            ],
        )
        for kind, block in zip(compiled.layout.kinds, compiled.blocks, strict=True)
    ]
    return msgspec.msgpack.encode(LayoutWire(VERSION, kinds))


def _check_size(batch: Batch) -> None:
    values = sum(len(result.finding.values) for result in batch.results)
    for noun, count, limit in (
        ("results", len(batch.results), DEFAULT_LIMITS.results),
        ("values", values, DEFAULT_LIMITS.values),
        ("verdict changes", len(batch.changes), DEFAULT_LIMITS.changes),
        ("notices", len(batch.notices), DEFAULT_LIMITS.notices),
    ):
        if count > limit:
            raise ValueError(f"batch has {count} {noun}; receivers take {limit}")


def _sorted_rows(results: Iterable[Result], index: LayoutIndex) -> tuple[list[Result], list[int]]:
    """Return results series by series, each in the order of time, and how many each series has."""
    by_position: list[list[Result]] = [[] for _ in index.compiled.layout.series]
    for result in results:
        position = index.positions.get(result.series)
        if position is None:
            raise ValueError(f"the layout has no series {result.series}")
        by_position[position].append(result)
    for rows in by_position:
        rows.sort(key=lambda result: result.boottime_ns)
    counts = [len(rows) for rows in by_position]
    while counts and not counts[-1]:
        counts.pop()
    return [result for rows in by_position for result in rows], counts


def _columns(
    rows: list[Result], counts: list[int], blocks: tuple[KindBlock, ...]
) -> tuple[list[list[int]], list[int | None]]:
    """
    Return every column of every block in steps, and for each row the mask of its missing values.
    """
    columns: list[list[int]] = []
    masks: list[int | None] = []
    first = 0
    for block in blocks:
        last = first + sum(counts[block.first : block.last])
        block_columns: list[list[int]] = [[] for _ in block.metrics]
        for result in rows[first:last]:
            values = result.finding.values
            lacking = 0
            for at, metric in enumerate(block.metrics):
                if metric in values:
                    block_columns[at].append(_steps(result, metric, block, at))
                else:
                    lacking |= 1 << at
            if len(values) + lacking.bit_count() != len(block.metrics):
                unknown = sorted(values.keys() - set(block.metrics))
                raise ValueError(f"{result.series} has no metric {', '.join(unknown)}")
            masks.append(lacking or None)
        columns += block_columns
        first = last
    return columns, masks


def _steps(result: Result, metric: str, block: KindBlock, at: int) -> int:
    """Return a value as a whole number of steps of its metric's resolution."""
    value = result.finding.values[metric]
    numerator, denominator = block.scales[at]
    exact = value * denominator / numerator
    # Written so that NaN is refused too.
    if not -LARGEST_STEP <= exact <= LARGEST_STEP:
        raise ValueError(f"{metric} of {result.series} is {value}: no number, or too large to keep")
    return round(exact)


def _differences(columns: Iterable[list[int]]) -> list[int]:
    """Return all columns one after the other, each number as the difference to the one before."""
    differences: list[int] = []
    for column in columns:
        before = 0
        for number in column:
            differences.append(number - before)
            before = number
    return differences


def _reason(finding: Finding) -> ReasonWire | None:
    reason = finding.reason
    if finding.outcome is not (Outcome.OK if reason is None else outcome_of(reason)):
        raise ValueError(f"outcome {finding.outcome} contradicts reason {reason}")
    if reason is None:
        return None
    if finding.outcome is Outcome.UNMEASURED and finding.values:
        raise ValueError(f"a run that is unmeasured ({reason}) has no values")
    return ReasonWire(1 if finding.outcome is Outcome.FAILED else 2, str(reason))


def _grouped_remarks(remarks: Iterable[FieldT | None]) -> list[RowRemark[FieldT]]:
    """Return the texts of rows (``None``: none), grouped by text."""
    rows: dict[bytes, RowRemark[FieldT]] = {}
    latest: dict[bytes, int] = {}
    for row, remark in enumerate(remarks):
        if remark is not None:
            key = msgspec.msgpack.encode(remark)
            rows.setdefault(key, RowRemark(remark, [])).rows.append(row - latest.get(key, 0))
            latest[key] = row
    return list(rows.values())


def _clipped(text: str) -> str:
    return text[:TEXT_CHARACTERS]


def _clipped_evidence(evidence: Mapping[str, str]) -> dict[str, str]:
    kept = islice(evidence.items(), EVIDENCE_ENTRIES)
    return {_clipped(key): _clipped(value) for key, value in kept}
