"""Labels of series as they stand in a remote-write request, worked out once for each layout."""

from collections.abc import Sequence

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


class LabelCache:
    """Labels of all series of the layouts in use."""

    def __init__(self, labels_of: LabelsOf) -> None:
        self._labels_of = labels_of
        self._labels = LayoutLabels(self._label, labels_of)

    def for_layout(
        self, site: str, layout_id: bytes, compiled: CompiledLayout
    ) -> tuple[SeriesLabels, ...]:
        """Return the labels of each series of a layout, by its position."""
        return self._labels.for_layout(site, layout_id, compiled)

    def of_metric(self, site: str, link: str, target: str, name: str) -> bytes:
        """
        Return the labels of one metric of a link or a service, like those of ``SeriesLabels``.
        """
        labels = labels_of_subject(self._labels_of, site, link, target)
        return labels_field(labels | {"__name__": name}) + SAMPLE_HEAD

    def _label(self, site: str, compiled: CompiledLayout) -> tuple[SeriesLabels, ...]:
        labels: list[SeriesLabels] = []
        for block in compiled.blocks:
            names = [PREFIX + metric for metric in block.metrics]
            kind = ProbeKind(
                name=block.kind, revision=block.revision, title_en="", title_vi="", metrics=()
            )
            labels.extend(
                self._series(site, series, kind.success_name, kind.unmeasured_name, names)
                for series in compiled.layout.series[block.first : block.last]
            )
        return tuple(labels)

    def _series(
        self, site: str, series: Series, success: str, unmeasured: str, names: Sequence[str]
    ) -> SeriesLabels:
        labels = labels_of_series(self._labels_of, site, series)

        def named(name: str) -> bytes:
            return labels_field(labels | {"__name__": name}) + SAMPLE_HEAD

        return SeriesLabels(named(success), named(unmeasured), tuple(named(name) for name in names))
