"""
Encoded labels of series in a remote-write request, computed once for each layout.

They are sorted by name, as the receiver requires; the metric's own label comes first, because ``_``
sorts before all lower-case letters.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from thongsuot_collector.samples.labels import (
    LabelsOf,
    LayoutLabels,
    labels_of_series,
    labels_of_subject,
)
from thongsuot_collector.sinks.remote_write.blocks import Names, chained, pack_elements
from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_HEAD,
    label_field,
    label_fields,
    labels_field,
)
from thongsuot_schema.batch.layout import CompiledLayout, KindBlock
from thongsuot_schema.metric import PREFIX, ProbeKind

_NAME = "__name__"


class SeriesLabels:
    """
    The encoded labels of one series, for each of its metrics.

    Each ends in ``SAMPLE_HEAD``, because a value always follows. ``metrics`` are in the order of
    the block's columns.
    """

    __slots__ = ("metrics", "success", "unmeasured")

    def __init__(self, success: bytes, unmeasured: bytes, metrics: tuple[bytes, ...]) -> None:
        self.success = success
        self.unmeasured = unmeasured
        self.metrics = metrics


class PackedNames(NamedTuple):
    """
    The names of the series of a block, in the form for compiled code: the label of success and of
    each metric, and the chain of all others (``blocks.chained``).
    """

    metrics: tuple[bytes, ...]
    chain: bytes


class LayoutSeriesLabels:
    """
    The labels of each series of a layout.

    ``packed`` has those of each block by the position of its first series, if packing is compiled.
    Everything else is created on demand: most sites never need it, and it takes twenty times the
    memory.
    """

    __slots__ = ("_known", "_make", "packed")

    def __init__(
        self, make: Callable[[], "_KnownLabels"], packed: Mapping[int, PackedNames]
    ) -> None:
        self._make = make
        self._known: _KnownLabels | None = None
        self.packed = packed

    @property
    def series(self) -> tuple[SeriesLabels, ...]:
        """The labels of each series, by its position."""
        return self._labels().series

    def names_of(self, first: int) -> Names:
        """Return the labels of a block by metric: success and each column."""
        return self._labels().blocks[first]

    def _labels(self) -> "_KnownLabels":
        if self._known is None:
            self._known = self._make()
        return self._known


class _KnownLabels(NamedTuple):
    """The part of ``LayoutSeriesLabels`` that is created on demand."""

    series: tuple[SeriesLabels, ...]
    blocks: Mapping[int, Names]


class LabelCache:
    """Labels of all series of the layouts in use."""

    def __init__(self, labels_of: LabelsOf) -> None:
        self._labels_of = labels_of
        self._labels = LayoutLabels(self._label, labels_of)

    def for_layout(
        self, site: str, layout_id: bytes, compiled: CompiledLayout
    ) -> LayoutSeriesLabels:
        """Return the labels of each series of a layout."""
        return self._labels.for_layout(site, layout_id, compiled)

    def of_metric(self, site: str, link: str, target: str, name: str) -> bytes:
        """
        Return the labels of one metric of a link or a service, like those of ``SeriesLabels``.
        """
        labels = labels_of_subject(self._labels_of, site, link, target)
        return labels_field(labels | {_NAME: name}) + SAMPLE_HEAD

    def _label(self, site: str, compiled: CompiledLayout) -> LayoutSeriesLabels:
        links = {series.link for series in compiled.layout.series}
        # A snapshot: labels created later must be from the same one.
        of_links = {link: self._labels_of(site, link) for link in links}

        def of_link(_site: str, link: str) -> dict[str, str]:
            return of_links[link]

        def fields() -> list[tuple[bytes, ...]]:
            return [
                (*label_fields(labels_of_series(of_link, site, series)), SAMPLE_HEAD)
                for series in compiled.layout.series
            ]

        packed = {} if pack_elements is None else _packed_names(compiled, fields())
        return LayoutSeriesLabels(lambda: _known_labels(compiled, fields()), packed)


def _metric_fields(block: KindBlock) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """Return the first label of the series of success, of unmeasured, and of each metric."""
    kind = ProbeKind(name=block.kind, revision=block.revision, title_en="", title_vi="", metrics=())
    success, unmeasured, *metrics = [
        label_field(_NAME, name)
        for name in (
            kind.success_name,
            kind.unmeasured_name,
            *(PREFIX + metric for metric in block.metrics),
        )
    ]
    return success, unmeasured, tuple(metrics)


def _packed_names(
    compiled: CompiledLayout, fields: Sequence[tuple[bytes, ...]]
) -> dict[int, PackedNames]:
    packed: dict[int, PackedNames] = {}
    for block in compiled.blocks:
        success, _, metrics = _metric_fields(block)
        chain = chained(fields[block.first : block.last])
        if chain is not None:
            packed[block.first] = PackedNames((success, *metrics), chain)
    return packed


def _known_labels(compiled: CompiledLayout, fields: Sequence[tuple[bytes, ...]]) -> _KnownLabels:
    series: list[SeriesLabels] = []
    blocks: dict[int, Names] = {}
    for block in compiled.blocks:
        success, unmeasured, metrics = _metric_fields(block)
        members = [b"".join(parts) for parts in fields[block.first : block.last]]
        series += [
            SeriesLabels(
                success + member,
                unmeasured + member,
                tuple([metric + member for metric in metrics]),
            )
            for member in members
        ]
        blocks[block.first] = tuple(
            zip(
                *((member.success, *member.metrics) for member in series[block.first :]),
                strict=True,
            )
        )
    return _KnownLabels(tuple(series), blocks)
