"""
Bytes to batches and layouts: bounded, and never anything else than a value or a ``BatchError``.
"""

from collections.abc import Callable, Iterator

import msgspec

from thongsuot_schema.batch import frame
from thongsuot_schema.batch.columns import (
    BATCH_DECODER,
    ColumnBlock,
    Columns,
    columns_from_wire,
    remarks_by_row,
)
from thongsuot_schema.batch.conversion import NS_PER_MS, member_or
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.header import BatchHeader, header_from_wire, read_arrays
from thongsuot_schema.batch.layout import CompiledLayout, compile_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS, BatchLimits
from thongsuot_schema.batch.model import Batch, KindColumns, Layout, MetricColumn
from thongsuot_schema.batch.wire import BatchWire, HeadWire, LayoutWire
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Finding, QualityFlag, Result, Series

LayoutSource = Callable[[bytes], Layout | None]
"""Gives a layout by its name, ``None`` where it was never given."""

_HEAD_DECODER = msgspec.msgpack.Decoder(HeadWire)
_LAYOUT_DECODER = msgspec.msgpack.Decoder(LayoutWire)


def read_header(body: bytes, limits: BatchLimits = DEFAULT_LIMITS) -> BatchHeader:
    """
    Return the description of a batch without reading its numbers; needs no layout.

    The msgpack is checked as far as its end, its numbers are not.

    Raises:
        BatchError: as ``decode_batch``.
    """
    return header_from_wire(read_arrays(body, _HEAD_DECODER, limits), limits)


def decode_batch(body: bytes, layouts: LayoutSource, limits: BatchLimits = DEFAULT_LIMITS) -> Batch:
    """
    Return a batch; its results in the order of time, those of equal time in the order of the
    layout.

    Words of closed lists that are not known here come back as the nearest general word
    (``failed_otherwise``, ``unknown``, ``other``), columns by the name that the layout gives them.

    Raises:
        BatchTooLarge: the body, its unpacked content, or a count in it is over the limit.
        BatchVersionUnknown: it is of another version.
        LayoutUnknown: it refers to a layout that ``layouts`` does not give.
        BatchMalformed: anything else.
    """
    wire = read_arrays(body, BATCH_DECODER, limits)

    def compiled_by_id(layout_id: bytes) -> CompiledLayout | None:
        layout = layouts(layout_id)
        return None if layout is None else compile_layout(layout)

    columns = columns_from_wire(wire, compiled_by_id, limits)
    header = columns.header
    results = sorted(_results(wire, columns), key=lambda result: result.boottime_ns)
    return Batch(
        site=header.site,
        stream=header.stream,
        number=header.number,
        boot_id=header.boot_id,
        clock=header.clock,
        previous=header.previous,
        results=tuple(results),
        changes=columns.changes,
        notices=columns.notices,
    )


def decode_layout(body: bytes, limits: BatchLimits = DEFAULT_LIMITS) -> tuple[bytes, Layout]:
    """
    Return a layout and the name by which batches refer to it.

    The name is that of the bytes received: a newer sender may say more than is understood here.

    Raises:
        BatchError: as ``decode_batch``.
    """
    wire = read_arrays(body, _LAYOUT_DECODER, limits)
    count = sum(len(kind.places) for kind in wire.kinds)
    if count > limits.series:
        raise BatchTooLarge(f"layout has {count} series; at most {limits.series} are taken")
    try:
        layout = Layout(series=tuple(_series(wire)), kinds=tuple(_kinds(wire)))
        compile_layout(layout)
    except ValueError as error:
        raise BatchMalformed(str(error)) from error
    return digest_of(frame.unpack(body, limits)), layout


def _series(wire: LayoutWire) -> Iterator[Series]:
    for kind in wire.kinds:
        for place in kind.places:
            yield Series(
                kind=kind.kind,
                revision=kind.revision,
                link=place.link,
                target=place.target,
                family=Family(place.family),
            )


def _kinds(wire: LayoutWire) -> Iterator[KindColumns]:
    for kind in wire.kinds:
        columns = tuple(
            MetricColumn(
                metric=column.metric, numerator=column.numerator, denominator=column.denominator
            )
            for column in kind.columns
        )
        yield KindColumns(kind=kind.kind, revision=kind.revision, columns=columns)


def _results(wire: BatchWire, columns: Columns) -> Iterator[Result]:
    rows = columns.header.results
    costs = columns.costs_bytes()
    doubts = remarks_by_row(wire.doubts, rows)
    details = remarks_by_row(wire.details, rows)
    evidence = remarks_by_row(wire.evidence, rows)
    for block in columns.blocks:
        for series_rows in columns.series_of(block):
            series = columns.layout.layout.series[series_rows.position]
            for row in range(series_rows.first_row, series_rows.last_row):
                not_ok = columns.not_ok.get(row)
                known = not_ok is None or not_ok.sender_reason == not_ok.reason
                finding = Finding(
                    outcome=Outcome.OK if not_ok is None else not_ok.outcome,
                    reason=None if not_ok is None else not_ok.reason,
                    values=_values(block, row),
                    doubts=tuple(
                        member_or(QualityFlag, doubt, None) or QualityFlag.OTHER
                        for doubt in doubts.get(row, ())
                    ),
                    # An unknown reason is shown to people even where no list has it.
                    detail=details.get(
                        row, "" if known or not_ok is None else not_ok.sender_reason
                    ),
                    evidence=dict(evidence.get(row, {})),
                    cost_bytes=costs[row],
                )
                yield Result(
                    series=series,
                    boottime_ns=columns.times_ms[row] * NS_PER_MS,
                    finding=finding,
                )


def _values(block: ColumnBlock, row: int) -> dict[str, float]:
    at = row - block.first_row
    values = {}
    for metric, column in zip(block.block.metrics, block.columns, strict=True):
        value = column[at]
        if value is not None:
            values[metric] = value
    return values
