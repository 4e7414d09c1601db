"""
Complete blocks of a batch as series of a remote-write request: in Python as plain bytes, or with
``thongsuot_kernel`` directly as elements of a snappy stream that decompress to the same bytes.
"""

import struct
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_BYTES,
    SAMPLE_HEAD,
    SERIES_FIELD,
    spaced_time_fields,
    varint,
)

Names = tuple[tuple[bytes, ...], ...]
"""
The names of the series of a block, as in ``SeriesLabels``: first those of success, then those of
each column.
"""

PackElements = Callable[
    [
        tuple[bytes, ...],
        bytes,
        list[int],
        int,
        tuple[Sequence[float | None], ...],
        "array[int]",
        int,
        int,
    ],
    tuple[bytes, int],
]
"""
Like ``pack_block``, with other names: for each metric the first label of its series, and the chain
of all others (``chained``). Returns elements of a snappy stream, and their uncompressed size.
"""

_LINK = struct.Struct("<HHHB")
_LONGEST = (1 << 16) - 1
_HEAD_BYTES = len(SAMPLE_HEAD)


class _SeriesHeads(dict[int, bytes]):
    """The header of a series by its size, created on demand; there are few sizes."""

    def __missing__(self, size: int) -> bytes:
        lead = self[size] = SERIES_FIELD + varint(size)
        return lead


SERIES_HEADS = _SeriesHeads()


def pack_block(  # noqa: PLR0917 - as the compiled one takes them
    names: Names,
    counts: list[int],
    first_series: int,
    columns: tuple[Sequence[float | None], ...],
    times_ms: "array[int]",
    first_row: int,
    last_row: int,
) -> bytes:
    """
    Return the series of a block whose rows are all ok and have every value: those of success and of
    each column, one run of rows after the other.

    ``counts`` are the rows of each series of the batch, those of the block from ``first_series``
    on; ``columns`` has one value for each of the block's rows; ``times_ms`` are the wall times of
    all rows of the batch, between ``EARLIEST_MS`` and ``LATEST_MS``.
    """
    count = last_row - first_row
    cuts: list[tuple[int, int, int]] = []
    row = 0
    for place, rows in enumerate(counts[first_series : first_series + len(names[0])]):
        if rows:
            # The begin and end of its samples in the block.
            cuts.append((place, row * SAMPLE_BYTES, (row + rows) * SAMPLE_BYTES - _HEAD_BYTES))
            row += rows
    arguments: list[float | bytes | None] = [b""] * (2 * count)
    if count:
        arguments[1::2] = spaced_time_fields(times_ms[first_row:last_row])
    pack = packer(count).pack
    samples: list[bytes] = []
    for column in ([1.0] * count, *columns):
        arguments[0::2] = column
        samples.append(pack(*arguments))
    pieces: list[bytes] = []
    for place, begin, end in cuts:
        for of_metric, packed in zip(names, samples, strict=True):
            name = of_metric[place]
            pieces += (SERIES_HEADS[len(name) + end - begin], name, packed[begin:end])
    return b"".join(pieces)


@lru_cache(maxsize=1024)
def packer(count: int) -> struct.Struct:
    """Return a packer of ``count`` values, each followed by a spaced time field."""
    return struct.Struct("<" + f"d{7 + _HEAD_BYTES}s" * count)


def chained(labels: Sequence[Sequence[bytes]]) -> bytes | None:
    """
    Return the labels of each series in a fraction of their size: as differences from the previous
    series. ``None`` if one is too long for that.

    A link has the number of kept, removed and inserted bytes relative to the previous series, two
    bytes each; whether it is the last of its series; and the inserted bytes. The rest of the
    previous series is kept.
    """
    parts: list[bytes] = []
    before: Sequence[bytes] = ()
    for series in labels:
        if sum(map(len, series)) > _LONGEST:
            return None
        *links, last = _links(before, series)
        parts += [_LINK.pack(same, out, len(fresh), 0) + fresh for same, out, fresh in links]
        same, out, fresh = last
        parts.append(_LINK.pack(same, out, len(fresh), 1) + fresh)
        before = series
    return b"".join(parts)


def _links(before: Sequence[bytes], series: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """
    Return the kept, removed and inserted bytes, label by label if the numbers of labels are equal.
    """
    if len(before) != len(series):
        return [(0, sum(map(len, before)), b"".join(series))]
    links: list[tuple[int, int, bytes]] = []
    same = 0
    for old, new in zip(before, series, strict=True):
        if old == new:
            same += len(old)
            continue
        shared = _shared_bytes(old, new)
        links.append((same + shared, len(old) - shared, new[shared:]))
        same = 0
    return links or [(0, 0, b"")]


def _shared_bytes(old: bytes, new: bytes) -> int:
    """Return the length of the common prefix of two labels."""
    size = min(len(old), len(new))
    differing = int.from_bytes(old[:size]) ^ int.from_bytes(new[:size])
    return size - (differing.bit_length() + 7) // 8


pack_elements: PackElements | None = None
"""The compiled function; ``None`` if it is not installed."""
try:
    from thongsuot_kernel import loops as compiled
except ImportError:  # the reason is kept and shown: ``thongsuot_schema.batch.kernel``
    pass
else:
    pack_elements = compiled.pack_elements
