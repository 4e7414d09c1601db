"""Entry: one batch as the journal stores it, with the metadata of its arrival."""

from enum import StrEnum

import msgspec


class ClockQuality(StrEnum):
    """The trust in the times of a batch, determined once, on arrival."""

    TRUSTED = "trusted"
    """The device's clock was synchronised, and agreed with the collector's within two seconds."""

    CORRECTED = "corrected"
    """The device's clock was not synchronised; times come from the collector's clock."""

    WRONG = "wrong"
    """The device's clock was off by two seconds or more; times come from the collector's clock."""

    CLAIMED = "claimed"
    """
    A boot without pushes while it lasted, or with a single one that may have been late; the device
    reported that it was synchronised.
    """

    UNCERTAIN = "uncertain"
    """As ``claimed``, and the clock was not synchronised."""

    IMPOSSIBLE = "impossible"
    """Results claimed to be from the future; the whole batch was moved to end when it came in."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    One batch on its way into the journal.

    ``site``, ``stream`` and ``number`` identify it permanently. ``digest`` is the first 16 bytes of
    the SHA-256 of ``body``, which is stored unchanged. ``layout`` is the id of the layout it refers
    to (empty: none). ``received_ns`` is the collector's clock (Unix time). ``epoch_ns`` is the wall
    time of the device's boottime 0: a result's true time is ``epoch_ns + result.boottime_ns``, for
    every consumer alike and whenever it is read; ``clock`` says how ``epoch_ns`` was determined.
    ``signature`` is the body's signature as packed by ``schema.batch.signature``; empty: none.
    """

    site: str
    stream: str
    number: int
    digest: bytes
    layout: bytes
    received_ns: int
    epoch_ns: int
    clock: ClockQuality
    body: bytes
    signature: bytes = b""


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry with its position: ``sequence`` grows with every append and is never reused."""

    sequence: int
    entry: JournalEntry


EntryRow = tuple[int, str, str, int, bytes, bytes, int, int, str, bytes, bytes]
"""An entry as a table row: ``sequence``, and the fields of ``JournalEntry`` in their order."""


def stored_entry(row: EntryRow) -> StoredEntry:
    """Return an entry from its row."""
    return StoredEntry(
        sequence=row[0],
        entry=JournalEntry(
            site=row[1],
            stream=row[2],
            number=row[3],
            digest=row[4],
            layout=row[5],
            received_ns=row[6],
            epoch_ns=row[7],
            clock=ClockQuality(row[8]),
            body=row[9],
            signature=row[10],
        ),
    )


class AppendOutcome(StrEnum):
    """The result of an append."""

    APPENDED = "appended"
    """Durable now."""

    REPEATED = "repeated"
    """Already durable, with the same bytes."""

    CONFLICT = "conflict"
    """The same identity is stored with other bytes; those stay, these are not stored."""


class AppendResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The result of an append. ``sequence`` is 0 unless ``outcome`` is ``appended``."""

    outcome: AppendOutcome
    sequence: int = 0
