"""Labels of series as they stand in a remote-write request, worked out once for each layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thongsuot_collector.samples.labels import (
    LabelsOf,
    LayoutLabels,
    labels_of_series,
    labels_of_subject,
)
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, labels_field
from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.metric import PREFIX, ProbeKind
from thongsuot_schema.result import Series


class SeriesLabels:
    """
    The labels of one series, for each of its metrics, as they stand in a request.

    Each ends in ``SAMPLE_HEAD``, because a value always follows. ``metrics`` are in the order of
    the block's columns.
    """

    __slots__ = ("metrics", "success", "unmeasured")

    def __init__(self, success: bytes, unmeasured: bytes, metrics: tuple[bytes, ...]) -> None:
        self.success = success
        self.unmeasured = unmeasured
        self.metrics = metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutSeriesLabels:
    """
    The labels of each series of a layout, by its position.

    ``blocks`` has the same by metric, as a block is packed: success and each column, by the
    position of the block's first series.
    """

    series: tuple[SeriesLabels, ...]
    blocks: Mapping[int, tuple[tuple[bytes, ...], ...]]


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
        return labels_field(labels | {"__name__": name}) + SAMPLE_HEAD

    def _label(self, site: str, compiled: CompiledLayout) -> LayoutSeriesLabels:
        labels: list[SeriesLabels] = []
        blocks: dict[int, tuple[tuple[bytes, ...], ...]] = {}
        for block in compiled.blocks:
            names = [PREFIX + metric for metric in block.metrics]
            kind = ProbeKind(
                name=block.kind, revision=block.revision, title_en="", title_vi="", metrics=()
            )
            of_block = [
                self._series(site, series, kind.success_name, kind.unmeasured_name, names)
                for series in compiled.layout.series[block.first : block.last]
            ]
            labels += of_block
            blocks[block.first] = tuple(
                zip(*((member.success, *member.metrics) for member in of_block), strict=True)
            )
        return LayoutSeriesLabels(series=tuple(labels), blocks=blocks)

    def _series(
        self, site: str, series: Series, success: str, unmeasured: str, names: Sequence[str]
    ) -> SeriesLabels:
        labels = labels_of_series(self._labels_of, site, series)

        def named(name: str) -> bytes:
            return labels_field(labels | {"__name__": name}) + SAMPLE_HEAD

        return SeriesLabels(named(success), named(unmeasured), tuple(named(name) for name in names))
