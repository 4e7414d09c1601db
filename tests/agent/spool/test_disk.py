"""The file on disk by itself: what it keeps, what it refuses to open, what is tidied away."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from thongsuot_agent.errors import SpoolCorrupt, SpoolError
from thongsuot_agent.spool.disk import Disk
from thongsuot_agent.spool.rows import SpoolRow
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity


def stream(ordinal: int) -> StreamIdentity:
    return StreamIdentity(
        name=f"{ordinal:016x}",
        site="site-1",
        boot_id="00000000-0000-4000-8000-000000000001",
        ordinal=ordinal,
        started_boottime_ns=ordinal,
        started_wall_ns=10 + ordinal,
    )


def row(ordinal: int, number: int, *, news: int = 0, layout: bytes = b"") -> SpoolRow:
    return SpoolRow(
        key=BatchKey(ordinal, number),
        sealed_boottime_ns=1,
        sealed_wall_ns=2,
        results=3,
        news=news,
        is_whole=True,
        layout=layout,
        body=b"body",
    )


def test_directories_above_the_file_are_made_and_are_nobody_elses_to_read(tmp_path: Path) -> None:
    file = tmp_path / "lib" / "agent" / "spool.db"
    Disk(file).close()
    assert file.parent.stat().st_mode & 0o777 == 0o700
    Disk(file).close()


def test_written_entries_are_read_back_stream_by_stream_and_number_by_number(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path / "spool.db")
    rows = [row(2, 1), row(1, 300, news=2), row(1, 2)]
    disk.write_batches(rows, {}, [(stream(1), 300), (stream(2), 1)])
    assert disk.oldest(9) == [rows[2], rows[1], rows[0]]
    assert disk.oldest(1, after=rows[2].key) == [rows[1]]
    assert disk.newest_news() == rows[1]
    assert disk.oldest_without_news(9) == [rows[2], rows[0]]
    assert disk.totals()[:2] == (3, 9)
    with sqlite3.connect(disk.path) as db:
        ids = [number for (number,) in db.execute("SELECT id FROM batches ORDER BY id")]
    db.close()
    assert ids == [(1 << 40) + 2, (1 << 40) + 300, (2 << 40) + 1], "files in the field have these"
    assert [
        (known.stream, known.last_number, known.is_closed) for known in disk.known_streams()
    ] == [
        (stream(1), 300, False),
        (stream(2), 1, False),
    ]
    disk.close()


def pages_written(disk: Disk) -> int:
    """Return the pages that the log has; each is written a second time by a checkpoint."""
    log_bytes = disk.path.with_name(disk.path.name + "-wal").stat().st_size
    return (log_bytes - 32) // (24 + 4096)


def test_a_transaction_writes_only_what_is_new(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "spool.db")
    name, layouts = b"n" * 16, {b"n" * 16: bytes(20_000)}
    disk.write_batches([row(1, 1, layout=name)], layouts, [(stream(1), 1)])
    disk.save_fact("used", "1")
    disk.checkpoint_wal()
    disk.write_batches([row(1, 2, layout=name)], layouts, [(stream(1), 2)])
    assert pages_written(disk) == 2, "the batch, and the number of its stream"
    disk.checkpoint_wal()
    disk.save_fact("used", "2")
    assert pages_written(disk) == 1
    assert (disk.layout(name), disk.load_fact("used")) == (bytes(20_000), "2")
    assert [known.last_number for known in disk.known_streams()] == [2]
    disk.close()


def test_an_ordinal_that_another_stream_takes_is_that_streams(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "spool.db")
    disk.note_stream(stream(1), 4, is_closed=True)
    other = msgspec.structs.replace(stream(1), name="f" * 16)
    disk.note_stream(other, 1, is_closed=False)
    assert [known.stream for known in disk.known_streams()] == [other]
    disk.close()


def test_a_closed_stream_goes_with_its_last_batch_and_the_newest_stays(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "spool.db")
    disk.write_batches(
        [row(1, 1, layout=b"a"), row(2, 1, layout=b"b")], {b"a": b"A", b"b": b"B"}, []
    )
    for ordinal in (1, 2, 3):
        disk.note_stream(stream(ordinal), 1, is_closed=True)
    disk.remove_unreferenced()
    assert [known.stream.ordinal for known in disk.known_streams()] == [1, 2, 3]
    disk.remove_batches([BatchKey(1, 1)])
    disk.remove_unreferenced()
    assert [known.stream.ordinal for known in disk.known_streams()] == [2, 3]
    assert (disk.layout(b"a"), disk.layout(b"b")) == (None, b"B")
    disk.remove_batches([BatchKey(2, 1)])
    disk.remove_unreferenced()
    assert [known.stream.ordinal for known in disk.known_streams()] == [3], "to count on from"
    disk.close()


def test_more_batches_than_one_transaction_removes_are_all_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "spool.db")
    rows = [row(1, number) for number in range(1, 201)]
    disk.write_batches(rows, {}, [])
    disk.remove_batches([kept.key for kept in rows[:-1]])
    assert disk.oldest(9) == rows[-1:]
    disk.close()


def test_a_refusal_in_the_middle_leaves_nothing_and_stops_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "spool.db")
    too_many = msgspec.structs.replace(stream(1), ordinal=1 << 70)  # SQLite counts no further
    with pytest.raises((SpoolError, OverflowError)):
        disk.write_batches([row(1, 1)], {}, [(too_many, 1)])
    assert disk.oldest(9) == [], "all of it or nothing"
    disk.write_batches([row(1, 2)], {}, [(stream(1), 2)])
    assert [kept.key.number for kept in disk.oldest(9)] == [2]
    disk.close()


def test_a_file_of_another_version_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "spool.db"
    Disk(file).close()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(SpoolCorrupt, match="has version 2, not 1"):
        Disk(file)
