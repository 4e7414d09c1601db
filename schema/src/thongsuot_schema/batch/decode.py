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
    rows_said,
)
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.head import Header, header_from_wire, read
from thongsuot_schema.batch.layout import LayoutPlan, plan_of
from thongsuot_schema.batch.limits import DEFAULT, Limits
from thongsuot_schema.batch.model import Batch, Column, KindColumns, Layout
from thongsuot_schema.batch.wire import BatchWire, HeadWire, LayoutWire
from thongsuot_schema.batch.words import NS_PER_MS, word
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Doubt, Family, Finding, Result, Series

Layouts = Callable[[bytes], Layout | None]
"""Gives a layout by its name, ``None`` where it was never given."""

_HEAD_DECODER = msgspec.msgpack.Decoder(HeadWire)
_LAYOUT_DECODER = msgspec.msgpack.Decoder(LayoutWire)


def peek(body: bytes, limits: Limits = DEFAULT) -> Header:
    """
    Return what a batch says about itself, without reading its numbers; needs no layout.

    The msgpack is checked as far as its end, its numbers are not.

    Raises:
        BatchError: as ``decode_batch``.
    """
    return header_from_wire(read(body, _HEAD_DECODER, limits), limits)


def decode_batch(body: bytes, layouts: Layouts, limits: Limits = DEFAULT) -> Batch:
    """
    Return a batch; its results in the order of time, those of equal time in the order of the
    layout.

    Words of closed lists that are not known here come back as the nearest general word
    (``failed_otherwise``, ``unknown``, ``other``), columns by the name that the layout gives them.

    Raises:
        BatchTooLarge: the body, what it unpacks to, or a count in it is over the limit.
        BatchVersionUnknown: it is of another version.
        LayoutUnknown: it refers to a layout that ``layouts`` does not give.
        BatchMalformed: anything else.
    """
    wire = read(body, BATCH_DECODER, limits)

    def plans(layout_id: bytes) -> LayoutPlan | None:
        layout = layouts(layout_id)
        return None if layout is None else plan_of(layout)

    columns = columns_from_wire(wire, plans, limits)
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


def decode_layout(body: bytes, limits: Limits = DEFAULT) -> tuple[bytes, Layout]:
    """
    Return a layout and the name by which batches refer to it.

    The name is that of the bytes received: a newer sender may say more than is understood here.

    Raises:
        BatchError: as ``decode_batch``.
    """
    wire = read(body, _LAYOUT_DECODER, limits)
    count = sum(len(kind.places) for kind in wire.kinds)
    if count > limits.series:
        raise BatchTooLarge(f"layout has {count} series; at most {limits.series} are taken")
    try:
        layout = Layout(series=tuple(_series(wire)), kinds=tuple(_kinds(wire)))
        plan_of(layout)
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
            Column(metric=one.metric, numerator=one.numerator, denominator=one.denominator)
            for one in kind.columns
        )
        yield KindColumns(kind=kind.kind, revision=kind.revision, columns=columns)


def _results(wire: BatchWire, columns: Columns) -> Iterator[Result]:
    rows = columns.header.results
    costs = columns.costs_bytes()
    doubts = rows_said(wire.doubts, rows)
    details = rows_said(wire.details, rows)
    evidence = rows_said(wire.evidence, rows)
    for block in columns.blocks:
        for one in columns.series_of(block):
            series = columns.plan.layout.series[one.position]
            for row in range(one.first_row, one.last_row):
                said = columns.not_ok.get(row)
                known = said is None or said.word == said.reason
                finding = Finding(
                    outcome=Outcome.OK if said is None else said.outcome,
                    reason=None if said is None else said.reason,
                    values=_values(block, row),
                    doubts=tuple(
                        word(Doubt, doubt, None) or Doubt.OTHER for doubt in doubts.get(row, ())
                    ),
                    # An unknown reason is shown to people even where no list has it.
                    detail=details.get(row, "" if known or said is None else said.word),
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
