"""
Requests as snappy streams whose elements are encoded batch by batch.

A stream is its uncompressed size, followed by elements: literals, and copies of earlier bytes.
Elements that copy nothing from before their own begin can be concatenated. Source: google/snappy,
format_description.txt.
"""

from collections.abc import Iterable, Sequence

import cramjam

from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.sinks.remote_write.protobuf import (
    Sample,
    request_of,
    samples_in,
    varint,
    varint_at,
)


def elements_of(plain: bytes) -> bytes:
    """Return bytes as elements."""
    packed = bytes(cramjam.snappy.compress_raw(plain))
    return packed[varint_at(packed, 0)[1] :]


def packed_request(encoded: Sequence[EncodedSeries]) -> bytes:
    """Return series as one request."""
    size = varint(sum(series.unpacked_bytes for series in encoded))
    return size + b"".join([series.body for series in encoded])


def plain_of(encoded: EncodedSeries) -> bytes:
    """Return series uncompressed."""
    return bytes(cramjam.snappy.decompress_raw(varint(encoded.unpacked_bytes) + encoded.body))


def samples_of(encoded: EncodedSeries) -> list[Sample]:
    """Return the samples of series, in order."""
    return samples_in(plain_of(encoded))


def series_of(samples: Iterable[Sample]) -> EncodedSeries:
    """Return samples, at least one, as series."""
    taken = [*samples]
    plain = request_of(taken)
    times_ms = [sample.time_ms for sample in taken]
    return EncodedSeries(
        body=elements_of(plain),
        unpacked_bytes=len(plain),
        samples=len(taken),
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )
