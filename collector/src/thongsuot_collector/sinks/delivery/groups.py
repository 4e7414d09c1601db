"""Encoded series in groups of the size that a request should have."""

from collections.abc import Iterable

from thongsuot_collector.samples.series import EncodedSeries


def group_series(encoded: Iterable[EncodedSeries], limit: int) -> Iterable[list[EncodedSeries]]:
    """Yield series in groups of about as many samples as a request should have."""
    group: list[EncodedSeries] = []
    samples = 0
    for series in encoded:
        group.append(series)
        samples += series.samples
        if samples >= limit:
            yield group
            group, samples = [], 0
    if group:
        yield group
