"""Conflicts: batches under a number that was already used; they are stored under a new identity."""

import hashlib

from msgspec import structs

from thongsuot_collector.errors import JournalError
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.ingest.slew import span_of
from thongsuot_collector.journal.entry import AppendOutcome, JournalEntry
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.decode import decode_batch, read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.errors import BatchError

_STREAM_DIGITS = 16


class ConflictPutBack:
    """
    Appends such batches to the journal, each as the only one of its own stream.

    The stream is named after the bytes: repeating it stores no second copy. Its times are the
    device's own claims, as for a boot without any push while it lasted.
    """

    def __init__(self, journal: Journal, layouts: LayoutCache) -> None:
        self._journal = journal
        self._layouts = layouts

    async def put_back(self, letter: DeadLetter) -> str:
        """Append a batch; return the reason of a failure, empty: it is in the journal."""
        try:
            entry = await self._entry(letter)
            appended = await self._journal.append(entry)
        except (BatchError, JournalError) as error:
            return str(error)
        if appended.outcome is AppendOutcome.CONFLICT:
            return f"stream {entry.stream} is taken as well"
        return ""

    async def _entry(self, letter: DeadLetter) -> JournalEntry:
        header = read_header(letter.body)
        compiled = await self._layouts.find(header.layout) if header.layout else None
        layout = None if compiled is None else compiled.layout
        batch = decode_batch(letter.body, lambda _name: layout)
        columns = decode_columns(letter.body, lambda _name: compiled)
        stream = hashlib.sha256(letter.body).hexdigest()[:_STREAM_DIGITS]
        body = encode_batch(
            structs.replace(batch, stream=stream, number=1, previous=b""),
            index_layout(layout or sorted_layout(())),
        )
        # Dated like a boot without any push: no time is in the future.
        dated = BootClocks().decide(
            letter.site,
            batch.boot_id,
            batch.clock,
            batch=span_of(columns),
            received_ns=letter.at_ns,
        )
        return JournalEntry(
            site=letter.site,
            stream=stream,
            number=1,
            digest=digest_of(body),
            layout=header.layout,
            received_ns=letter.at_ns,
            epoch_ns=dated.epoch_ns,
            clock=dated.quality,
            body=body,
        )
