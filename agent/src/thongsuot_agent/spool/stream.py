"""Stream: one unbroken record, and the batches of it that wait to be acknowledged."""

import os
from dataclasses import dataclass
from typing import NamedTuple

import msgspec


class StreamIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """
    The identity of a stream.

    ``name`` is 16 random hex digits. ``ordinal`` orders a device's streams by age, independent of
    its wall clock; ``boot_id`` is the boot whose CLOCK_BOOTTIME the stream's times are of.
    """

    name: str
    site: str
    boot_id: str
    ordinal: int
    started_boottime_ns: int
    started_wall_ns: int


class BatchKey(NamedTuple):
    """The position of a batch in the device's record: streams by age, batches by number."""

    ordinal: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingBatch:
    """
    One encoded batch to be pushed, and the layout it refers to (empty: none).

    ``is_whole``: nothing was removed from it for space since it was sealed.
    """

    key: BatchKey
    layout: bytes
    body: bytes
    results: int
    has_news: bool
    is_whole: bool = True


def new_stream_name() -> str:
    """Return a name for a new stream."""
    return os.urandom(8).hex()
