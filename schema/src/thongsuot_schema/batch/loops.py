"""
The inner loops of reading a batch, in Python.

They are the reference for the compiled ones (``kernel``), and what runs where those are not
installed. Both return the same, to the last bit.
"""

import struct
from array import array
from functools import lru_cache
from itertools import accumulate, islice, pairwise

from thongsuot_schema.batch.limits import LARGEST_STEP

_CACHED_LANES = 2_000
"""
Pushes of agents resemble each other: masks of this many numbers are kept (at most 4 MB in all).
Larger ones are not, so that nobody can fill the memory with them.
"""

_LANES = {1: (1, "b"), 2: (2, "h"), 3: (4, "i"), 4: (4, "i")}
_WIDEST_LANE = (8, "q")
_OFFSET_CODES = {2: "H", 4: "I"}

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def unpack(planes: bytes, count: int) -> "array[int]":
    """
    Return ``count`` numbers from their byte planes, as ``numbers.pack`` makes them.

    All numbers are unfolded at once, as lanes of one large integer: some 10 ns a number, where a
    loop takes 60.

    Raises:
        ValueError: the planes are not those of so many numbers.
    """
    width, rest = divmod(len(planes), count) if count > 0 else (0, len(planes))
    if rest or count < 0 or (count and not 1 <= width <= _WIDEST_LANE[0]):
        raise ValueError("the planes are not those of so many numbers")
    if not count:
        return array("q")
    lane, code = _LANES.get(width, _WIDEST_LANE)
    octets = bytearray(count * lane)
    for plane in range(width):
        octets[plane::lane] = planes[plane * count : (plane + 1) * count]
    folded = int.from_bytes(octets, "little")
    signs = folded & (_ones_kept if count <= _CACHED_LANES else _ones_in_lanes)(count, lane)
    # Zigzag decoding in all lanes at once. The first part halves each lane without its sign bit,
    # which is cleared before so that it does not reach the lane below. The sign is the lowest bit
    # of its lane: shifted to the next lane, minus itself, it is a lane of ones if it is 1 and of
    # zeros if it is 0; lanes do not overlap, so there is no carry.
    numbers = ((folded ^ signs) >> 1) ^ ((signs << (8 * lane)) - signs)
    return array("q", struct.unpack(f"<{count}{code}", numbers.to_bytes(count * lane, "little")))


def _ones_in_lanes(count: int, lane: int) -> int:
    """Return a one in each of ``count`` lanes."""
    return int.from_bytes((b"\x01" + bytes(lane - 1)) * count, "little")


_ones_kept = lru_cache(maxsize=256)(_ones_in_lanes)


def running_sums(
    differences: "array[int]", count: int, start: int
) -> "tuple[array[int], int, int] | None":
    """
    Return the sums of the first ``count`` differences, begun at a start, the smallest and the
    largest of them (of none: the start); ``None`` where one does not fit 64 bits.
    """
    _check_range(differences, 0, count)
    sums = list(islice(accumulate(differences[:count], initial=start), 1, None))
    if not sums:
        return array("q"), start, start
    smallest, largest = min(sums), max(sums)
    if smallest < _LEAST or largest > _MOST:
        return None
    return array("q", sums), smallest, largest


def scaled_sums(
    differences: "array[int]", first: int, count: int, denominator: float
) -> "array[float] | None":
    """
    Return the sums of ``count`` differences from ``first`` on, each divided; ``None`` where a sum
    is beyond ``LARGEST_STEP``.
    """
    _check_range(differences, first, count)
    sums = checked_sums(differences, first, count)
    return None if sums is None else array("d", [step / denominator for step in sums])


def scaled_columns(
    differences: "array[int]", first: int, rows: int, denominators: tuple[float, ...]
) -> "tuple[array[float], ...] | None":
    """
    Return columns of ``rows`` values that stand one after the other from ``first`` on, each as
    ``scaled_sums`` returns it; ``None`` where one is ``None``.
    """
    _check_range(differences, first, rows)
    _check_range(differences, first, rows * len(denominators))
    columns: list[array[float]] = []
    for place, denominator in enumerate(denominators):
        column = scaled_sums(differences, first + place * rows, rows, denominator)
        if column is None:
            return None
        columns.append(column)
    return tuple(columns)


def checked_sums(differences: "array[int]", first: int, count: int) -> list[int] | None:
    """Return the sums that ``scaled_sums`` divides, or ``None`` as it does."""
    sums = list(accumulate(differences[first : first + count]))
    if sums and not -LARGEST_STEP <= min(sums) <= max(sums) <= LARGEST_STEP:
        return None
    return sums


def shifted(times: "array[int]", offset: int) -> "tuple[array[int], bool]":
    """
    Return times with an offset added to each, and whether two neighbours are equal.

    Raises:
        OverflowError: one does not fit 64 bits.
    """
    return (
        array("q", [offset + time for time in times]),
        any(time == later for time, later in pairwise(times)),
    )


def offsets(times: "array[int]", first: int, count: int, base: int, size: int) -> bytes:
    """Return how long after a base some times are: the low ``size`` bytes of each, 2 or 4."""
    if size not in _OFFSET_CODES:
        raise ValueError("offsets have 2 or 4 bytes")
    _check_range(times, first, count)
    low = (1 << 8 * size) - 1
    after = [time - base & low for time in times[first : first + count]]
    return array(_OFFSET_CODES[size], after).tobytes()


def last_values(
    values: "array[float]", counts: list[int], first: int, last: int
) -> tuple[float | None, ...]:
    """
    Return the last value of each run of values, ``None`` where a run is empty; the runs are as long
    as the counts from ``first`` to ``last`` say, as many as there are.
    """
    if first < 0:
        raise ValueError("counts are wanted that are not there")
    newest: list[float | None] = []
    end = 0
    for count in counts[first : max(first, last)]:
        if not 0 <= count <= len(values) - end:
            raise ValueError("counts are not those of the values")
        end += count
        newest.append(values[end - 1] if count else None)
    return tuple(newest)


def _check_range(numbers: "array[int]", first: int, count: int) -> None:
    if first < 0 or count < 0 or first + count > len(numbers):
        raise ValueError("numbers are wanted that are not there")
