"""
Remote write 2.0 as bytes, made from 1.0: samples are the same in both, labels become references.

    Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
    TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2;
                 Metadata metadata = 5; }
    Metadata   { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }

Source: Prometheus remote-write specification 2.0; prompb/io/prometheus/write/v2/types.proto.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from thongsuot_collector.samples.protobuf import SAMPLE_HEAD, varint, varint_at
from thongsuot_schema import catalogue
from thongsuot_schema.metric import MetricType

_SYMBOL = b"\x22"
_SERIES = b"\x2a"
_REFS = b"\x0a"
_METADATA = b"\x2a"
_NAME = b"__name__"
_TYPES = {MetricType.COUNTER: b"\x08\x01", MetricType.GAUGE: b"\x08\x02"}

_SPLIT_KEPT = 50_000
"""Label sets kept apart: about 1 KB each. More series than that are taken apart each time."""


class About(NamedTuple):
    """What the catalogue says of a metric: the type as a field, the help, and the unit."""

    type: bytes
    help: bytes
    unit: bytes


class _Symbols(dict[bytes, bytes]):
    """The symbols of a request in their order, each with its place as a varint."""

    def __missing__(self, symbol: bytes) -> bytes:
        place = self[symbol] = varint(len(self))
        return place


def request_of_version1(bodies: Iterable[bytes]) -> bytes:
    """Return a request of version 2.0 with the series of requests of version 1.0, in that order."""
    places = _Symbols({b"": b"\x00"})
    place_of = places.__getitem__
    series: list[bytes] = []
    for labels, samples in _series_of(bodies):
        texts, about = _taken_apart(labels)
        refs = b"".join(map(place_of, texts))
        metadata = b"" if about is None else _metadata(about, places)
        head = _REFS + varint(len(refs))
        size = len(head) + len(refs) + len(samples) + len(metadata)
        series += (_SERIES, varint(size), head, refs, samples, metadata)
    symbols = [part for text in places for part in (_SYMBOL, varint(len(text)), text)]
    return b"".join((*symbols, *series))


def _series_of(bodies: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """
    Yield labels and samples of each series, both as they stand in version 1.0.

    The first sample is looked for, not walked to: its head is in no labels, because no value begins
    with a tab (``plans`` and the inventory refuse it).
    """
    for body in bodies:
        at = 0
        while at < len(body):
            length, at = varint_at(body, at + 1)
            end = at + length
            samples_at = body.find(SAMPLE_HEAD, at, end)
            yield body[at:samples_at], body[samples_at:end]
            at = end


@lru_cache(maxsize=_SPLIT_KEPT)
def _taken_apart(labels: bytes) -> tuple[tuple[bytes, ...], About | None]:
    """Return names and values of labels one after the other, and what is known of the metric."""
    texts = texts_of(labels)
    name = texts[texts.index(_NAME) + 1] if _NAME in texts else b""
    return texts, _about().get(name)


def texts_of(labels: bytes) -> tuple[bytes, ...]:
    """Return names and values of labels, one after the other."""
    found: list[bytes] = []
    at = 0
    while at < len(labels):
        _, at = varint_at(labels, at + 1)
        for _ in range(2):
            length, at = varint_at(labels, at + 1)
            found.append(labels[at : at + length])
            at += length
    return tuple(found)


@lru_cache(maxsize=1)
def _about() -> dict[bytes, About]:
    """Return what the catalogue says of every metric, by its full name."""
    found: dict[bytes, About] = {}
    for name in catalogue.kinds():
        kind = catalogue.load(name)
        for metric in kind.metrics:
            about = About(_TYPES[metric.type], metric.help_en.encode(), metric.unit.encode())
            found[metric.full_name.encode()] = about
        gauge = _TYPES[MetricType.GAUGE]
        worked = About(gauge, b"1 when the run worked, 0 when it failed", b"ratio")
        unmeasured = About(gauge, b"1 when the run could not be made", b"ratio")
        found[kind.success_name.encode()] = worked
        found[kind.unmeasured_name.encode()] = unmeasured
    return found


def _metadata(about: About, places: _Symbols) -> bytes:
    body = about.type + b"\x18" + places[about.help] + b"\x20" + places[about.unit]
    return _METADATA + varint(len(body)) + body
