"""Verdicts as remote-write series."""

from collections.abc import Iterable

from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.samples.verdicts import verdict_points
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, STALE, series
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.catalogue.verdict import SEGMENT, STATE

_ENDS = (STALE, STALE)


def verdict_series(
    site: str,
    columns: Columns,
    standing: Iterable[StandingVerdict],
    *,
    labels: LabelCache,
    epoch_ns: int,
) -> EncodedSeries | None:
    """
    Return the verdicts of a batch as series; see ``verdict_points``.

    A state of ``unknown`` has no number: its series end there with a staleness marker.
    """
    subjects = verdict_points(columns, standing, epoch_ns=epoch_ns)
    if not subjects:
        return None
    pieces: list[bytes] = []
    for (link, service), points in subjects.items():
        times = sorted(points)
        for place, metric in enumerate((STATE, SEGMENT)):
            named = labels.of_metric(site, link, service, metric.full_name)
            pieces.append(
                series(
                    named.removesuffix(SAMPLE_HEAD),
                    [(time_ms, (points[time_ms] or _ENDS)[place]) for time_ms in times],
                )
            )
    every_ms = [time_ms for points in subjects.values() for time_ms in points]
    return EncodedSeries(
        body=b"".join(pieces),
        samples=2 * len(every_ms),
        earliest_ms=min(every_ms),
        latest_ms=max(every_ms),
    )
