"""
A strict reader of remote write 2.0, written from the published ``types.proto``, not from our code.

Whatever the specification does not allow a sender is an assertion that fails: unknown fields,
references to nowhere, labels out of order or empty, a table of symbols with repetitions.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One ``TimeSeries``: ``type`` is the number of the enumeration ``MetricType``."""

    labels: dict[str, str]
    samples: tuple[tuple[int, bytes], ...]
    type: int
    help: str
    unit: str


def varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        octet = data[at]
        at += 1
        number |= (octet & 0x7F) << shift
        shift += 7
        assert shift <= 70, "a varint of more than ten bytes"
        if octet < 0x80:
            return number, at


def fields(data: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """Yield number, wire type and value of each field of a message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        value: bytes | int
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = data[at : at + 8], at + 8
        else:
            assert kind == 2, f"wire type {kind} of field {number}"
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        assert at <= len(data), f"field {number} is cut off"
        yield number, kind, value


def read(request: bytes) -> list[Series]:
    """Return the series of a ``Request``, in their order."""
    symbols: list[str] = []
    bodies: list[bytes] = []
    for number, kind, value in fields(request):
        assert (number, kind) in {(4, 2), (5, 2)}, f"a Request has no field {number}"
        assert isinstance(value, bytes)
        if number == 4:
            symbols.append(value.decode("utf-8"))
        else:
            bodies.append(value)
    assert symbols[:1] == [""], "the first symbol has to be the empty text"
    assert len(set(symbols)) == len(symbols), "a symbol stands there twice"
    found = [_series(body, symbols) for body in bodies]
    assert found, "a Request without series"
    return found


def _series(body: bytes, symbols: list[str]) -> Series:
    refs: list[int] = []
    samples: list[tuple[int, bytes]] = []
    about = (0, "", "")
    for number, kind, value in fields(body):
        assert isinstance(value, bytes), f"field {number} of a TimeSeries is of wire type {kind}"
        if number == 1:
            at = 0
            while at < len(value):
                ref, at = varint(value, at)
                refs.append(ref)
        elif number == 2:
            samples.append(_sample(value))
        else:
            assert number == 5, f"a TimeSeries that we write has no field {number}"
            about = _metadata(value, symbols)
    assert refs, "a TimeSeries without labels"
    assert len(refs) % 2 == 0, "a label without a value"
    assert samples, "a TimeSeries without samples"
    texts = [symbols[ref] for ref in refs]
    names, values = texts[::2], texts[1::2]
    assert names == sorted(set(names)), "labels are not sorted, or one is there twice"
    assert all(values), "a label is empty"
    assert "__name__" in names
    times = [time_ms for time_ms, _ in samples]
    assert times == sorted(set(times)), "samples are not in the order of time"
    labels = dict(zip(names, values, strict=True))
    return Series(
        labels=labels, samples=tuple(samples), type=about[0], help=about[1], unit=about[2]
    )


def _sample(body: bytes) -> tuple[int, bytes]:
    found = {number: value for number, _, value in fields(body)}
    assert set(found) == {1, 2}, f"a Sample has no fields {set(found) - {1, 2}}"
    value, time_ms = found[1], found[2]
    assert isinstance(value, bytes)
    assert isinstance(time_ms, int)
    assert len(struct.unpack("<d", value)) == 1
    return time_ms, value


def _metadata(body: bytes, symbols: list[str]) -> tuple[int, str, str]:
    found = {number: value for number, _, value in fields(body)}
    assert set(found) <= {1, 3, 4}, f"Metadata has no fields {set(found) - {1, 3, 4}}"
    numbers = [found.get(number, 0) for number in (1, 3, 4)]
    assert all(isinstance(number, int) for number in numbers)
    kind, help_ref, unit_ref = (int(number) for number in numbers)
    assert 0 <= kind <= 7, "MetricType ends at 7"
    return kind, symbols[help_ref], symbols[unit_ref]
