"""Rows of the spool's file: batches with their metadata, streams, and how they are selected."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from thongsuot_agent.spool.stream import BatchKey, StreamIdentity

NUMBER_BITS = 40
"""Of a batch's identity in the file; the bits above them are the ordinal of its stream."""

BATCHES = (
    "id, sealed_boottime_ns, sealed_wall_ns, results, news, is_whole, layout, body FROM batches"
)
"""What ``row_of`` takes."""

FIRST = BatchKey(0, 0)
"""Before every batch."""
LAST = BatchKey((1 << 23) - 1, (1 << NUMBER_BITS) - 1)
"""After every batch."""


class SpoolRow(NamedTuple):
    """One batch with its metadata, available without decoding it."""

    key: BatchKey
    sealed_boottime_ns: int
    sealed_wall_ns: int
    results: int
    news: int
    is_whole: bool
    layout: bytes
    body: bytes


class KnownStream(NamedTuple):
    """A stream on the disk: its last stored number, and whether it was closed properly."""

    stream: StreamIdentity
    last_number: int
    is_closed: bool


def streams_in(db: sqlite3.Connection) -> list[KnownStream]:
    """Return the streams in a file, oldest first. Raises ``sqlite3.Error``."""
    rows = db.execute(
        "SELECT ordinal, name, site, boot_id, started_boottime_ns, started_wall_ns,"
        " last_number, is_closed FROM streams ORDER BY ordinal"
    ).fetchall()
    return [
        KnownStream(
            StreamIdentity(
                ordinal=row[0],
                name=row[1],
                site=row[2],
                boot_id=row[3],
                started_boottime_ns=row[4],
                started_wall_ns=row[5],
            ),
            row[6],
            bool(row[7]),
        )
        for row in rows
    ]


def row_of(row: Sequence[Any]) -> SpoolRow:
    """Return a batch from its columns (``BATCHES``)."""
    return SpoolRow(
        key=_batch_key(row[0]),
        sealed_boottime_ns=row[1],
        sealed_wall_ns=row[2],
        results=row[3],
        news=row[4],
        is_whole=bool(row[5]),
        layout=row[6],
        body=row[7],
    )


def row_id(key: BatchKey) -> int:
    """Return the identity of a batch in the file."""
    return (key.ordinal << NUMBER_BITS) | key.number


def _batch_key(row_id: int) -> BatchKey:
    return BatchKey(row_id >> NUMBER_BITS, row_id & ((1 << NUMBER_BITS) - 1))
