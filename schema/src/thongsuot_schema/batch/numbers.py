"""
Whole numbers as byte planes: the lowest byte of every number, then the second byte of every number,
…

Differences between neighbours are mostly small, so the higher planes are mostly zero and compress
to almost nothing, while the lowest holds the noise that nobody can compress. Against integers of
msgpack this saves a tenth after zstd (1.65 and 1.80 bytes a sample at four samples a series;
2026-11).
"""

import struct
from array import array
from collections.abc import Sequence

from thongsuot_schema.batch import kernel
from thongsuot_schema.errors import BatchMalformed

WIDEST = 8
"""Bytes of the widest number: differences fit 64 bits, signed."""


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


def unpack(planes: bytes, count: int) -> "array[int]":
    """
    Return ``count`` numbers from their planes.

    Raises:
        BatchMalformed: the planes are not those of so many numbers.
    """
    if not count and not planes:
        return array("q")
    width, rest = divmod(len(planes), count) if count else (0, 1)
    if rest or not 1 <= width <= WIDEST:
        raise BatchMalformed(f"{len(planes)} bytes of numbers do not hold {count} numbers")
    return kernel.unpack(planes, count)
