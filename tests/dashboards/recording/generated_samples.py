"""
Generated samples of each metric of the catalogue that the recording lacks.

The recording is of one day and one lab; a board may ask for a metric that came later, or for one
that a lab cannot have. Its query is tested with plausible values then, which are pushed through the
collector like any result, on the series that the recording has of the kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.dashboards.recording.recording_file import LabRecording
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.metric import Metric, MetricType, ProbeKind
from thongsuot_schema.result import Family, Result, Series, ok_finding

EVERY_NS = 15_000_000_000
RUNS = 40
"""The last ten minutes: enough for a rate, and for what a panel shows of now."""

VERDICT_KIND = "verdict"
"""Its samples are made of verdict changes, of which the recording has enough."""


@dataclass(frozen=True, slots=True)
class _RecordedKind:
    """What the recording has of a kind: names of metrics, and series by site."""

    metrics: set[str]
    series: dict[str, set[Series]]


def generated_results(recording: LabRecording, inventory: Inventory) -> dict[str, list[Result]]:
    """Return by site results of every kind that lacks a metric, oldest first."""
    recorded = _recorded_kinds(recording)
    by_site: dict[str, list[Result]] = {site.name: [] for site in inventory.sites}
    for name in catalogue.kinds():
        kind = catalogue.load(name)
        of_kind = recorded.get(name, _RecordedKind(set(), {}))
        missing = [metric for metric in kind.metrics if metric.name not in of_kind.metrics]
        if not missing or name == VERDICT_KIND:
            continue
        for site in inventory.sites:
            links = [link.name for link in site.links]
            series = of_kind.series.get(site.name) or _series_of_a_new_kind(kind, links)
            by_site[site.name] += _results(sorted(series), missing, recording.ended_ns)
    return {
        site: sorted(results, key=lambda result: result.boottime_ns)
        for site, results in by_site.items()
    }


def _recorded_kinds(recording: LabRecording) -> Mapping[str, _RecordedKind]:
    layouts = dict(decode_layout(frame.pack(layout)) for layout in recording.layouts)
    kinds: dict[str, _RecordedKind] = {}
    for batch in recording.batches:
        for result in decode_batch(frame.pack(batch.text), layouts.get).results:
            kind = kinds.setdefault(result.series.kind, _RecordedKind(set(), {}))
            kind.metrics.update(result.finding.values)
            kind.series.setdefault(batch.site, set()).add(result.series)
    return kinds


def _series_of_a_new_kind(kind: ProbeKind, links: Sequence[str]) -> set[Series]:
    """Return series of a kind that the lab never measured: one a link."""
    return {
        Series(kind=kind.name, revision=kind.revision, link=link, target="", family=Family.NONE)
        for link in links
    }


def _results(
    series: Sequence[Series], missing: Sequence[Metric], ended_ns: int
) -> Iterator[Result]:
    for run in range(RUNS):
        values = {metric: _plausible(metric, run) for metric in missing}
        for series_of_run in series:
            yield Result(
                series=series_of_run,
                boottime_ns=ended_ns - (RUNS - run) * EVERY_NS,
                finding=ok_finding(values),
            )


def _plausible(metric: Metric, run: int) -> float:
    """Return a value within the bounds of a metric; a counter grows."""
    value = float(run) if metric.type is MetricType.COUNTER else 1.0
    if metric.minimum is not None:
        value = max(value, metric.minimum)
    return value if metric.maximum is None else min(value, metric.maximum)
