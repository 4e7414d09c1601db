"""Refused batches in their directory: the oldest go for the newest, and are counted."""

import base64
from pathlib import Path

import msgspec
import pytest

from thongsuot_agent.spool.eviction import DroppedCounts
from thongsuot_agent.spool.rejected import (
    MAX_BYTES,
    MAX_FILES,
    RejectedBatch,
    Rejection,
    write_rejected,
)
from thongsuot_agent.spool.stream import BatchKey, PendingBatch

NO = Rejection(status=400, error="no")


def rejected(directory: Path, number: int, *, body: bytes = b"unreadable") -> DroppedCounts:
    pending = PendingBatch(key=BatchKey(7, number), layout=b"", body=body, results=2, has_news=True)
    name, dropped = write_rejected(directory, pending, NO, lambda _: None)
    assert name == f"000007-{number:08d}.json"
    return dropped


def test_an_unreadable_batch_is_kept_byte_for_byte(tmp_path: Path) -> None:
    assert rejected(tmp_path / "rejected", 1) == DroppedCounts()
    (file,) = (tmp_path / "rejected").iterdir()
    kept = msgspec.json.decode(file.read_bytes(), type=RejectedBatch)
    assert kept.batch is None
    assert base64.b64decode(kept.body) == b"unreadable"
    assert (kept.status, kept.error, kept.results, kept.news) == (400, "no", 2, 1)


def test_beyond_the_number_of_files_the_oldest_goes_with_what_it_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_agent.spool.rejected.MAX_FILES", 2)
    assert [rejected(tmp_path, number) for number in (1, 2)] == [DroppedCounts()] * 2
    first = BatchKey(7, 1)
    assert rejected(tmp_path, 3) == DroppedCounts(
        results=2, batches=1, news=1, first=first, last=first
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "000007-00000002.json",
        "000007-00000003.json",
    ]


def test_the_newest_refused_batch_is_kept_even_if_it_exceeds_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_agent.spool.rejected.MAX_BYTES", 1_000)
    rejected(tmp_path, 1)
    assert rejected(tmp_path, 2, body=bytes(4_000)).batches == 1
    assert [path.name for path in tmp_path.iterdir()] == ["000007-00000002.json"]


def test_files_without_counts_and_files_that_are_torn_go_as_one_batch_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_agent.spool.rejected.MAX_FILES", 1)
    without = {"status": 400, "error": "no", "batch": None, "body": ""}
    (tmp_path / "000007-00000001.json").write_bytes(msgspec.json.encode(without))
    (tmp_path / "000007-00000002.json").write_bytes(b"{torn")
    assert rejected(tmp_path, 3) == DroppedCounts(
        batches=2, first=BatchKey(7, 1), last=BatchKey(7, 2)
    )


@pytest.mark.parametrize(("bound", "left"), [("MAX_FILES", 2), ("MAX_BYTES", 2)])
def test_content_that_fills_a_bound_exactly_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, left: int
) -> None:
    rejected(tmp_path, 1)
    size_bytes = (tmp_path / "000007-00000001.json").stat().st_size
    fits = left if bound == "MAX_FILES" else left * size_bytes
    monkeypatch.setattr(f"thongsuot_agent.spool.rejected.{bound}", fits)
    assert rejected(tmp_path, 2) == DroppedCounts()
    assert rejected(tmp_path, 3).batches == 1
    assert len(list(tmp_path.iterdir())) == left


def test_two_hundred_files_of_sixteen_mebibytes_together_are_kept() -> None:
    assert (MAX_FILES, MAX_BYTES) == (200, 16 * 1024 * 1024)


def test_the_directory_and_those_above_it_are_made_for_nobody_else_to_read(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "rejected"
    rejected(directory, 1)
    assert directory.stat().st_mode & 0o777 == 0o700
