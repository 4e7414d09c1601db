"""The content of the collector's journal at the end of a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.model import Batch, Layout
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_AT_A_TIME = 500
_BYTES_AT_A_TIME = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """
    One verdict change.

    ``decided_ns`` and ``onset_ns`` are on the machine's CLOCK_BOOTTIME, whatever the device's own
    clock was; ``received_ns`` is Unix time, when the collector first had it on disk.
    """

    site: str
    link: str
    service: str
    before: State
    state: State
    segment: Segment | None
    symptom: Symptom
    onset_ns: int
    decided_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBatch:
    """One batch of the journal, with the metadata of its arrival."""

    entry: JournalEntry
    batch: Batch


def stored_batches(journal: Path) -> Iterator[StoredBatch]:
    """Yield all batches of a journal in order of arrival; its collector may be running."""
    connection = connect(journal, writable=False)
    layouts: dict[bytes, Layout] = {}

    def layout_of(name: bytes) -> Layout | None:
        if name not in layouts:
            body = sqlite_rows.layout(connection, name)
            if body is None:
                return None
            layouts[name] = decode_layout(body)[1]
        return layouts[name]

    try:
        after, through = 0, sqlite_rows.last_sequence(connection)
        while rows := sqlite_rows.read(connection, (after, through, _AT_A_TIME), _BYTES_AT_A_TIME):
            for row in rows:
                yield StoredBatch(entry=row.entry, batch=decode_batch(row.entry.body, layout_of))
            after = rows[-1].sequence
    finally:
        connection.close()


def recorded_changes(
    batch: StoredBatch, boottime_offsets_s: Mapping[str, int]
) -> Iterator[RecordedChange]:
    """
    Yield the verdict changes of a batch; a boot without a known offset is on the machine's clock.
    """
    ahead_ns = boottime_offsets_s.get(batch.batch.boot_id, 0) * 1_000_000_000
    for change in batch.batch.changes:
        verdict = change.verdict
        yield RecordedChange(
            site=batch.batch.site,
            link=verdict.link,
            service=verdict.service,
            before=change.before,
            state=verdict.state,
            segment=verdict.segment,
            symptom=verdict.symptom,
            onset_ns=change.onset_boottime_ns - ahead_ns,
            decided_ns=change.decided_boottime_ns - ahead_ns,
            received_ns=batch.entry.received_ns,
        )
