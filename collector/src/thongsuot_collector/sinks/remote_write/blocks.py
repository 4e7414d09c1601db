"""
Whole blocks of a batch as series of a remote-write request: compiled where ``thongsuot_kernel`` is
installed, else as here. Both return the same bytes.
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

PackBlock = Callable[
    [Names, list[int], int, tuple[Sequence[float | None], ...], "array[int]", int, int], bytes
]

_HEAD_BYTES = len(SAMPLE_HEAD)


class _SeriesHeads(dict[int, bytes]):
    """The beginning of a series by its size, made when first wanted; sizes are few."""

    def __missing__(self, size: int) -> bytes:
        lead = self[size] = SERIES_FIELD + varint(size)
        return lead


SERIES_HEADS = _SeriesHeads()


def pack_block_in_python(  # noqa: PLR0917 - as the compiled one takes them
    names: Names,
    counts: list[int],
    first_series: int,
    columns: tuple[Sequence[float | None], ...],
    times_ms: "array[int]",
    first_row: int,
    last_row: int,
) -> bytes:
    """
    Return the series of a block whose rows are all ok and have every value.

    ``counts`` are the rows of each series of the batch, those of the block from ``first_series``
    on; ``columns`` has one value for each of the block's rows; ``times_ms`` are the wall times of
    all rows of the batch, between ``EARLIEST_MS`` and ``LATEST_MS``.
    """
    count = last_row - first_row
    cuts: list[tuple[int, int, int]] = []
    row = 0
    for place, rows in enumerate(counts[first_series : first_series + len(names[0])]):
        if rows:
            # Where its samples begin and end among those of the block.
            cuts.append((place, row * SAMPLE_BYTES, (row + rows) * SAMPLE_BYTES - _HEAD_BYTES))
            row += rows
    arguments: list[float | bytes | None] = [b""] * (2 * count)
    if count:
        arguments[1::2] = spaced_time_fields(times_ms[first_row:last_row])
    pack = packer(count).pack
    pieces: list[bytes] = []
    for of_metric, column in zip(names, ([1.0] * count, *columns), strict=True):
        arguments[0::2] = column
        packed = pack(*arguments)
        for place, begin, end in cuts:
            name = of_metric[place]
            pieces += (SERIES_HEADS[len(name) + end - begin], name, packed[begin:end])
    return b"".join(pieces)


@lru_cache(maxsize=1024)
def packer(count: int) -> struct.Struct:
    """Return what packs ``count`` values, each followed by a spaced time field."""
    return struct.Struct("<" + f"d{7 + _HEAD_BYTES}s" * count)


pack_block: PackBlock
try:
    from thongsuot_kernel import loops as compiled
except ImportError:  # why not is kept and shown: ``thongsuot_schema.batch.kernel``
    pack_block = pack_block_in_python
else:
    pack_block = compiled.pack_block
