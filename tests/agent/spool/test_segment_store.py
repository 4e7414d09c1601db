"""Segment stores after a kill between any two steps of sealing: no entry is lost or doubled."""

import os
from pathlib import Path

import pytest

from tests.agent.spool.making import result
from thongsuot_agent.errors import RecordUnreadable
from thongsuot_agent.spool.frame import LogHeading, pack_entry
from thongsuot_agent.spool.segment_store import RuntimeSegments, leftover_segments
from thongsuot_agent.spool.stream import StreamIdentity

STREAM = StreamIdentity(
    name="0123456789abcdef",
    site="site-1",
    boot_id="00000000-0000-4000-8000-000000000001",
    ordinal=3,
    started_boottime_ns=1,
    started_wall_ns=2,
)


def heading(number: int) -> LogHeading:
    return LogHeading(number=number, previous=b"", boottime_ns=1, wall_ns=2)


def found_after(record: Path) -> RuntimeSegments:
    (segments,) = leftover_segments(record).segments
    return segments


def test_a_sealed_log_left_by_a_kill_takes_nothing_from_the_next_one(
    tmp_path: Path,
) -> None:
    segments = RuntimeSegments.create(tmp_path, STREAM, heading(1))
    segments.append(pack_entry(result(1)))
    log = tmp_path / STREAM.name / "00000001.open"
    sealed_log = log.read_bytes()
    segments.seal(1, b"batch 1", heading(2))
    segments.append(pack_entry(result(2)))
    log.write_bytes(sealed_log)  # as if the kill had come before its removal
    after = found_after(tmp_path)
    left = after.open_log_left()
    assert left is not None
    assert (left.heading.number, left.entries) == (2, (result(2),))
    assert not log.exists()
    assert after.batches() == [1]
    segments.close()


def test_a_removed_log_does_not_prevent_sealing(tmp_path: Path) -> None:
    segments = RuntimeSegments.create(tmp_path, STREAM, heading(1))
    (tmp_path / STREAM.name / "00000001.open").unlink()
    segments.seal(1, b"batch 1", heading(2))
    (tmp_path / STREAM.name / "00000002.open").unlink()
    segments.end(2, b"batch 2")
    assert [segments.read(number) for number in (1, 2)] == [b"batch 1", b"batch 2"]
    segments.close()


def test_a_log_without_a_heading_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    segments = RuntimeSegments.create(tmp_path, STREAM, heading(1))
    (tmp_path / STREAM.name / "00000001.open").write_bytes(b"no heading")
    with pytest.raises(RecordUnreadable, match=r"00000001\.open has no heading"):
        found_after(tmp_path).open_log_left()
    segments.close()


def test_streams_are_found_by_age_and_empty_ones_are_skipped(tmp_path: Path) -> None:
    younger = RuntimeSegments.create(tmp_path, STREAM, heading(1))
    older_stream = StreamIdentity(
        name="fedcba9876543210",
        site=STREAM.site,
        boot_id=STREAM.boot_id,
        ordinal=2,
        started_boottime_ns=1,
        started_wall_ns=2,
    )
    older = RuntimeSegments.create(tmp_path, older_stream, heading(1))
    (tmp_path / "a file").write_text("somebody else's")
    (tmp_path / "0000000000000000").mkdir()
    half = tmp_path / STREAM.name / "00000002.tmp"
    half.write_bytes(b"half")
    assert [segments.stream for segments in leftover_segments(tmp_path).segments] == [
        older_stream,
        STREAM,
    ]
    assert not half.exists()
    younger.close()
    older.close()


def test_closing_a_store_twice_closes_no_other_descriptors(tmp_path: Path) -> None:
    segments = RuntimeSegments.create(tmp_path, STREAM, heading(1))
    segments.close()
    others = [os.dup(1) for _ in range(3)]
    segments.close()
    for descriptor in (0, 1, 2, *others):
        os.fstat(descriptor)
    for descriptor in others:
        os.close(descriptor)


def test_files_of_a_record_are_nobody_elses_to_read(tmp_path: Path) -> None:
    segments = RuntimeSegments.create(tmp_path / "run" / "record", STREAM, heading(1))
    segments.close()
    assert segments.path.stat().st_mode & 0o777 == 0o700
    (log,) = segments.path.glob("*.open")
    assert log.stat().st_mode & 0o777 == 0o600
