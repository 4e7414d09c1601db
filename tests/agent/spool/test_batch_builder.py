"""Batches leave out and count entries that cannot be encoded."""

from pathlib import Path

from msgspec.structs import replace

from tests.agent.spool.making import change, result
from thongsuot_agent.spool.batch_builder import BatchBuilder
from thongsuot_agent.spool.frame import Entry, LogHeading
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.segment_store import MemorySegments
from thongsuot_agent.spool.stream import StreamIdentity
from thongsuot_schema.batch.decode import decode_batch
from thongsuot_schema.batch.model import ClockReading, Notice, NoticeCode
from thongsuot_schema.verdict import Evidence

STREAM = StreamIdentity(
    name="0123456789abcdef",
    site="site-1",
    boot_id="00000000-0000-4000-8000-000000000001",
    ordinal=3,
    started_boottime_ns=0,
    started_wall_ns=0,
)
HEADING = LogHeading(number=5, previous=b"", boottime_ns=0, wall_ns=0)
CLOCK = ClockReading(boottime_ns=9_000_000, wall_ns=1)
NO_TEXT = "\ud800"
"""Half of a character: it cannot be encoded."""


def test_each_entry_that_cannot_travel_is_left_out_and_counted(tmp_path: Path) -> None:
    layouts = Layouts(tmp_path / "layouts")
    gap = Notice(code=NoticeCode.GAP, boottime_ns=1, text="a gap")
    changed = change(7)
    entries: list[Entry] = [
        result(1),
        replace(result(2), finding=replace(result(2).finding, values={"icmp_invented": 1.0})),
        changed,
        *[replace(changed, verdict=replace(changed.verdict, link=NO_TEXT))] * 2,
        gap,
        *[replace(gap, text=NO_TEXT)] * 4,
    ]
    builder = BatchBuilder(layouts=layouts)
    body, sealed = builder.build(entries, STREAM, HEADING, CLOCK, MemorySegments())
    batch = decode_batch(body, layouts.layout)
    assert (batch.results, batch.changes) == ((result(1),), (changed,))
    assert [(notice.code, notice.count) for notice in batch.notices] == [
        (NoticeCode.GAP, 0),
        (NoticeCode.PROBE_BROKEN, 1 + 2 + 4),
    ]
    assert (sealed.key, sealed.size_bytes) == ((3, 5), len(body))


def test_a_verdict_travels_without_evidence_that_every_receiver_refuses(tmp_path: Path) -> None:
    """One count below zero in it cost all entries of the batch, which was refused (2026-12)."""
    layouts = Layouts(tmp_path / "layouts")
    changed = change(7)
    broken = replace(changed.verdict, evidence=(Evidence(kind="http", failed=-8),))
    entries: list[Entry] = [result(1), replace(changed, verdict=broken), change(8)]
    builder = BatchBuilder(layouts=layouts)
    body, _ = builder.build(entries, STREAM, HEADING, CLOCK, MemorySegments())
    batch = decode_batch(body, layouts.layout)
    bare = replace(changed, verdict=replace(changed.verdict, evidence=()))
    assert (batch.results, batch.changes) == ((result(1),), (bare, change(8)))
    (notice,) = batch.notices
    assert (notice.code, notice.count) == (NoticeCode.PROBE_BROKEN, 1)
