"""
Remote write 1.0 as bytes: the few parts of Protocol Buffers that it needs, in both directions.

    WriteRequest { repeated TimeSeries timeseries = 1; }
    TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
    Label        { string name = 1; string value = 2; }
    Sample       { double value = 1; int64 timestamp = 2; }

Source: Prometheus remote-write specification 1.0; Protocol Buffers encoding. A time stamp of
milliseconds between 2004 and 2109 is a varint of exactly six bytes, so every sample is 20 bytes,
and a series can be packed by one ``struct`` whose only changing parts are the values and the
times.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

SAMPLE_BYTES = 18
SERIES_FIELD = b"\x0a"
SAMPLE_HEAD = b"\x12\x10\x09"
"""Field 2 of TimeSeries, 16 bytes long, beginning with field 1 of Sample (a double)."""

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The NaN that ends a series in Prometheus (model/value/value.go)."""


_DOUBLE = struct.Struct("<d").pack
_LOW = tuple(bytes((n & 127 | 128, n >> 7 | 128)) for n in range(1 << 14))
_TIMES = tuple(b"\x10" + low for low in _LOW)
_HIGH = tuple(bytes((n & 127 | 128, n >> 7)) for n in range(1 << 14))


def varint(number: int) -> bytes:
    """Return a non-negative number as a varint."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def time_field(time_ms: int) -> bytes:
    """
    Return field 2 of Sample for a time between ``EARLIEST_MS`` and ``LATEST_MS``: seven bytes.
    """
    return b"\x10" + _LOW[time_ms & 16383] + _LOW[time_ms >> 14 & 16383] + _HIGH[time_ms >> 28]


def spaced_time_fields(times_ms: Sequence[int]) -> list[bytes]:
    """
    Return time fields, each followed by ``SAMPLE_HEAD``: the bytes between two values of a series.

    The times of a batch are near each other, so most of their bytes are equal.
    """
    low, high = min(times_ms) >> 14, max(times_ms) >> 14
    if high - low > len(times_ms):
        return [time_field(time_ms) + SAMPLE_HEAD for time_ms in times_ms]
    rest = [_LOW[part & 16383] + _HIGH[part >> 14] + SAMPLE_HEAD for part in range(low, high + 1)]
    return [_TIMES[time_ms & 16383] + rest[(time_ms >> 14) - low] for time_ms in times_ms]


def labels_field(labels: Mapping[str, str]) -> bytes:
    """
    Return the labels of a series, sorted by name as the specification requires, without empty ones.
    """
    return b"".join(label_fields(labels))


def label_fields(labels: Mapping[str, str]) -> list[bytes]:
    """Return the same label by label."""
    return [label_field(name, value) for name, value in sorted(labels.items()) if value]


@lru_cache(maxsize=4096)
def label_field(name: str, value: str) -> bytes:
    """Return one label."""
    pair = b"\x0a" + _lengthened(name.encode()) + b"\x12" + _lengthened(value.encode())
    return b"\x0a" + _lengthened(pair)


def series(labels: bytes, samples: Sequence[tuple[int, float]]) -> bytes:
    """Return one whole series; ``samples`` are time in ms and value, at least one."""
    body = labels + b"".join(
        SAMPLE_HEAD + _DOUBLE(value) + time_field(time_ms) for time_ms, value in samples
    )
    return SERIES_FIELD + varint(len(body)) + body


class Sample:
    """One sample extracted from a request: the labels as bytes, time in ms, the value's bytes."""

    __slots__ = ("labels", "time_ms", "value")
    count = 1

    def __init__(self, labels: bytes, time_ms: int, value: bytes) -> None:
        self.labels = labels
        self.time_ms = time_ms
        self.value = value


def samples_in(request: bytes) -> list[Sample]:
    """Return the samples of a request made by this module, in order."""
    samples: list[Sample] = []
    at = 0
    while at < len(request):
        length, at = varint_at(request, at + 1)
        end = at + length
        labels_from = at
        while request[at] == SERIES_FIELD[0]:
            length, at = varint_at(request, at + 1)
            at += length
        labels = request[labels_from:at]
        while at < end:
            value = request[at + 3 : at + 11]
            time_ms, _ = varint_at(request, at + 12)
            samples.append(Sample(labels, time_ms, value))
            at += SAMPLE_BYTES
    return samples


def request_of(samples: Iterable[Sample]) -> bytes:
    """Return a request with samples: one series for each run of samples with equal labels."""
    parts: list[bytes] = []
    by_labels: dict[bytes, list[Sample]] = {}
    for sample in samples:
        by_labels.setdefault(sample.labels, []).append(sample)
    for labels, group in by_labels.items():
        body = labels + b"".join(
            SAMPLE_HEAD + sample.value + time_field(sample.time_ms) for sample in group
        )
        parts.append(SERIES_FIELD + varint(len(body)) + body)
    return b"".join(parts)


def _lengthened(data: bytes) -> bytes:
    return varint(len(data)) + data


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at a position, and the position after it."""
    number = shift = 0
    while True:
        octet = data[at]
        at += 1
        number |= (octet & 127) << shift
        if octet < 128:
            return number, at
        shift += 7
