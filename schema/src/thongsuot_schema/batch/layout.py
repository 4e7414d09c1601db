"""Layouts: which series and columns a batch refers to by position, and what follows from that."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from thongsuot_schema.batch.limits import COLUMNS
from thongsuot_schema.batch.model import KindColumns, Layout, MetricColumn
from thongsuot_schema.catalogue.loader import load
from thongsuot_schema.metric import Metric
from thongsuot_schema.result import Series

EXACT_STEPS = 2**53
"""Whole numbers up to here are exact as 64-bit floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindBlock:
    """
    One revision of a kind in a layout: its columns, and its series, which stand together.

    ``first`` to ``last`` (exclusive) are the positions of its series. ``metrics`` are named as they
    are today, whatever the layout calls them, and ``scales`` (numerator and denominator of each
    column; the latter a float, because each value is divided by it) give today's unit.
    ``denominators`` are those of the columns if every numerator is 1, as nearly always; else empty.
    """

    kind: str
    revision: int
    metrics: tuple[str, ...]
    scales: tuple[tuple[int, float], ...]
    first: int
    last: int
    denominators: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledLayout:
    """What reading and writing a batch needs of a layout; worth keeping beside it."""

    layout: Layout
    blocks: tuple[KindBlock, ...]


def metric_column(metric: Metric) -> MetricColumn:
    """
    Return the column in which a metric travels: its resolution as a fraction of whole numbers.

    Raises:
        ValueError: the resolution is neither a whole number nor one part of a whole number.
    """
    resolution = metric.resolution
    if resolution >= 1:
        numerator, denominator = round(resolution), 1
    else:
        numerator, denominator = 1, round(1 / resolution) if resolution > 0 else 1
    if numerator / denominator != resolution or max(numerator, denominator) > EXACT_STEPS:
        raise ValueError(f"resolution {resolution} of {metric.name} is no n or 1/n with whole n")
    return MetricColumn(metric=metric.name, numerator=numerator, denominator=denominator)


def sorted_layout(series: Iterable[Series], kinds: Iterable[KindColumns] = ()) -> Layout:
    """
    Return the layout of some series, in any order.

    ``kinds`` gives columns that the catalogue does not have (another revision); the rest is taken
    from the catalogue.

    Raises:
        ValueError: the catalogue has no such kind, or has it in another revision.
    """
    ordered = tuple(sorted(set(series)))
    by_name = {(kind.kind, kind.revision): kind for kind in kinds}
    needed = sorted({(series.kind, series.revision) for series in ordered})
    return Layout(
        series=ordered,
        kinds=tuple(by_name.get(name) or _catalogue_columns(*name) for name in needed),
    )


def compile_layout(layout: Layout) -> CompiledLayout:
    """
    Return what follows from a layout.

    Raises:
        ValueError: the layout is not as ``sorted_layout`` makes it (order, repetition, missing
        columns).
    """
    if not layout.kinds:
        layout = Layout(series=layout.series, kinds=sorted_layout(layout.series).kinds)
    if any(
        earlier >= other for earlier, other in zip(layout.series, layout.series[1:], strict=False)
    ):
        raise ValueError("series of a layout are not sorted, or one is there twice")
    blocks = []
    first = 0
    groups = [
        (name, sum(1 for _ in group))
        for name, group in groupby(layout.series, lambda series: (series.kind, series.revision))
    ]
    if [name for name, _ in groups] != [(kind.kind, kind.revision) for kind in layout.kinds]:
        raise ValueError("kinds of a layout are not those of its series, in their order")
    for kind, (_, count) in zip(layout.kinds, groups, strict=True):
        blocks.append(_block(kind, first, first + count))
        first += count
    return CompiledLayout(layout=layout, blocks=tuple(blocks))


def _block(kind: KindColumns, first: int, last: int) -> KindBlock:
    metrics = tuple(column.metric for column in kind.columns)
    if len(metrics) > COLUMNS:
        raise ValueError(f"kind {kind.kind} has {len(metrics)} columns; {COLUMNS} are possible")
    if len(set(metrics)) != len(metrics):
        raise ValueError(f"kind {kind.kind} has one column twice")
    for column in kind.columns:
        if not (1 <= column.numerator <= EXACT_STEPS and 1 <= column.denominator <= EXACT_STEPS):
            raise ValueError(f"column {column.metric} has a scale outside 1 to 2**53")
    scales = tuple((column.numerator, float(column.denominator)) for column in kind.columns)
    is_plain = all(numerator == 1 for numerator, _ in scales)
    return KindBlock(
        kind=kind.kind,
        revision=kind.revision,
        metrics=metrics,
        scales=scales,
        first=first,
        last=last,
        denominators=tuple(denominator for _, denominator in scales) if is_plain else (),
    )


def _catalogue_columns(kind: str, revision: int) -> KindColumns:
    try:
        known = load(kind)
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    if known.revision != revision:
        message = f"{kind} is of revision {known.revision} in the catalogue, not {revision}"
        raise ValueError(message)
    columns = tuple(metric_column(metric) for metric in known.metrics)
    return KindColumns(kind=kind, revision=revision, columns=columns)
