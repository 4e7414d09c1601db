"""
Limits of a pushed body: packed, unpacked, and the content that it describes.

The constants belong to the format and hold everywhere; ``BatchLimits`` are the limits of one
receiver.
"""

from dataclasses import dataclass

NAME_CHARACTERS = 128
"""Length of a site, stream, boot, link, target, kind, metric, or word of a closed list."""

TEXT_CHARACTERS = 200
"""Length of free text: details, evidence, notices."""

EVIDENCE_ENTRIES = 32
"""
Entries of the evidence of one result; facts of the evidence of one verdict: eight times as many.
"""

REMARKS = 20_000
"""Remarks of one sort in a batch: as many as it may have results."""

STREAM_BYTES = 8
"""A stream's name: 16 hexadecimal digits."""

BOOT_BYTES = 16
"""A boot's name: a UUID."""

COLUMNS = 64
"""Columns of one kind: the missing values of a result are a mask of 64 bits."""

LARGEST_STEP = 2**62 - 1
"""Steps of a value in either direction; differences of two then fit 64 bits."""

LATEST_MS = 2**40
"""
Milliseconds of boot time, 35 years: whenever a boot began, nanoseconds of its moments fit 64 bits.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """
    The limits of a receiver.

    A push every 15 s from two links is about 600 bytes, 2 KB unpacked. The defaults leave room for
    four hundred times that, and bound the memory that one hostile body can claim to some 60 MB for
    a moment.
    """

    body_bytes: int = 256 * 1024
    """The body as it came over the wire."""

    unpacked_bytes: int = 1024 * 1024
    """The unpacked size."""

    series: int = 4_096
    """Series of a layout."""

    results: int = REMARKS
    """Results of a batch."""

    values: int = 200_000
    """Values of all results of a batch together."""

    changes: int = 1_000
    """Verdict changes of a batch."""

    notices: int = 1_000
    """Notices of a batch."""


DEFAULT_LIMITS = BatchLimits()
"""What every receiver takes; a sender stays inside."""
