"""Entries as columns: what is in memory may be gone by the time at which it is needed."""

import gc
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.collector.batches import BatchSealer, S, change, usual_results
from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.journal import reader as reader_module
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry, StoredEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.timeline.batch_summary import summarize_batch
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.layout import compile_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence

SITE, NOW = "hoan-kiem", 1000 * S


def sealed(agent: BatchSealer, sequence: int) -> tuple[StoredEntry, bytes]:
    """Return a batch as it stands in the journal, and its layout."""
    batch = agent.batch(NOW, usual_results(NOW - 15 * S))
    body, layout = agent.sealed(batch)
    entry = entry_of(batch, body, decode_layout(layout, LIMITS)[0])
    return StoredEntry(sequence=sequence, entry=entry), layout


def entry_of(batch: Batch, body: bytes, layout: bytes = b"") -> JournalEntry:
    return JournalEntry(
        site=SITE,
        stream=batch.stream,
        number=batch.number,
        digest=digest_of(body),
        layout=layout,
        received_ns=NOW,
        epoch_ns=0,
        clock=ClockQuality.TRUSTED,
        body=body,
    )


def test_what_a_push_leaves_in_memory_is_hardly_seen_by_the_collection_of_garbage() -> None:
    """There are thousands of each at any moment, and none of them can be in a cycle."""
    kept, layout = sealed(BatchSealer(SITE, epoch_ns=0), 1)
    compiled = compile_layout(decode_layout(layout, LIMITS)[1])
    columns = decode_columns(kept.entry.body, lambda _layout: compiled, LIMITS)
    header = columns.header
    summary = summarize_batch(kept.entry, columns)
    left = (kept, kept.entry, columns, *columns.blocks, header, header.clock, summary)
    assert [type(part) for part in left if gc.is_tracked(part)] == []


async def test_entries_evicted_from_memory_before_they_are_read_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _took_s: None)
    layouts = LayoutCache(journal, LIMITS)
    reader = BatchReader(layouts, LIMITS)
    monkeypatch.setattr(reader_module, "_RECENT_PARTS", 1)  # room for one batch
    agent = BatchSealer(SITE, epoch_ns=0)
    (first, layout), (other, _) = sealed(agent, 1), sealed(agent, 2)
    await layouts.store(layout, received_ns=NOW)
    compiled = await layouts.find(first.entry.layout)

    def remember(kept: StoredEntry) -> None:
        columns = decode_columns(kept.entry.body, lambda _layout: compiled, LIMITS)
        reader.remember(kept.entry.digest, columns)

    remember(first)
    known = await reader.layouts_of([first])
    remember(other)
    assert reader.columns(first, known).header.number == first.entry.number
    with pytest.raises(UndecodableEntry):
        reader.columns(first, {})
    # What is in memory needs no layout.
    assert reader.columns(other, {}).header.number == other.entry.number
    await journal.close()


async def test_room_in_memory_is_counted_by_all_that_a_batch_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of bytes can hold tens of thousands of pieces of evidence, and no result."""
    monkeypatch.setattr(reader_module, "_RECENT_PARTS", 1_000)
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _took_s: None)
    reader = BatchReader(LayoutCache(journal, LIMITS), LIMITS)
    agent = BatchSealer(SITE, epoch_ns=0)
    down = change(NOW, State.DOWN)
    verdict = replace(down.verdict, evidence=(Evidence(kind="icmp"),) * 100)
    pushed = []
    for sequence in range(1, 31):
        batch = agent.batch(NOW, changes=[replace(down, verdict=verdict)])
        body, _ = agent.sealed(batch)
        columns = decode_columns(body, lambda _layout: None, LIMITS)
        reader.remember(digest_of(body), columns)
        pushed.append((StoredEntry(sequence=sequence, entry=entry_of(batch, body)), columns))
    cached = [reader.columns(kept, {}) is columns for kept, columns in pushed]
    assert cached == [False] * 21 + [True] * 9
    await journal.close()
