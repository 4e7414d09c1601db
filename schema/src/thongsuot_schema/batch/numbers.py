"""
Whole numbers as byte planes: the lowest byte of every number, then the second byte of every number,
…

Differences between neighbours are mostly small, so the higher planes are mostly zero and compress
to almost nothing, while the lowest holds the noise that nobody can compress. Against integers of
msgpack this saves a tenth after zstd (1.65 and 1.80 bytes a sample at four samples a series;
2026-11).
"""

import struct
from collections.abc import Sequence
from functools import lru_cache

from thongsuot_schema.errors import BatchMalformed

WIDEST = 8
"""Bytes of the widest number: differences fit 64 bits, signed."""

_CACHED_LANES = 2_000
"""
Agents push alike again and again: masks of so many numbers are kept (at most 4 MB in all). Larger
ones are not, so that nobody can fill the memory with them.
"""

_LANES = {1: (1, "b"), 2: (2, "h"), 3: (4, "i"), 4: (4, "i"), 5: (8, "q"), 6: (8, "q"), 7: (8, "q")}


def pack(numbers: Sequence[int]) -> bytes:
    """
    Return signed 64-bit numbers as planes, as many as the largest needs (none for no numbers).

    The sign goes to the lowest bit (zigzag), so that small negative numbers are small too.
    """
    folded = [(number << 1) ^ (number >> 63) for number in numbers]
    if not folded:
        return b""
    width = max(1, (max(folded).bit_length() + 7) // 8)
    octets = struct.pack(f"<{len(folded)}Q", *folded)
    return b"".join(octets[plane::WIDEST] for plane in range(width))


def unpack(planes: bytes, count: int) -> tuple[int, ...]:
    """
    Return ``count`` numbers from their planes.

    All numbers are unfolded at once, as lanes of one large integer: some 10 ns a number, where a
    loop takes 60.

    Raises:
        BatchMalformed: the planes are not those of so many numbers.
    """
    if not count and not planes:
        return ()
    width, rest = divmod(len(planes), count) if count else (0, 1)
    if rest or not 1 <= width <= WIDEST:
        raise BatchMalformed(f"{len(planes)} bytes of numbers do not hold {count} numbers")
    lane, code = _LANES.get(width, (WIDEST, "q"))
    octets = bytearray(count * lane)
    for plane in range(width):
        octets[plane::lane] = planes[plane * count : (plane + 1) * count]
    folded = int.from_bytes(octets, "little")
    signs = folded & (_ones_kept if count <= _CACHED_LANES else _ones_in_lanes)(count, lane)
    # Zigzag undone in all lanes at once. The first part halves each lane without its sign bit,
    # which is cleared before so that it does not fall into the lane below. A sign stands at the
    # lowest bit of its lane: shifted to the next lane, less itself, it is a lane of ones where it
    # is 1 and of zeros where it is 0; lanes do not meet, so nothing is carried.
    numbers = ((folded ^ signs) >> 1) ^ ((signs << (8 * lane)) - signs)
    return struct.unpack(f"<{count}{code}", numbers.to_bytes(count * lane, "little"))


def _ones_in_lanes(count: int, lane: int) -> int:
    """Return a one in each of ``count`` lanes."""
    return int.from_bytes((b"\x01" + bytes(lane - 1)) * count, "little")


_ones_kept = lru_cache(maxsize=256)(_ones_in_lanes)
