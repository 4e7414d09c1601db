"""Parcels in groups of the size that a request should have."""

from collections.abc import Iterable

from thongsuot_collector.samples.remote_write import EncodedSeries


def group_series(parcels: Iterable[EncodedSeries], limit: int) -> Iterable[list[EncodedSeries]]:
    """Yield parcels in groups of about as many samples as a request should have."""
    group: list[EncodedSeries] = []
    samples = 0
    for parcel in parcels:
        group.append(parcel)
        samples += parcel.samples
        if samples >= limit:
            yield group
            group, samples = [], 0
    if group:
        yield group
