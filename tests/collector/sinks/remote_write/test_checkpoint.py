"""What a sink knows outlives a restart; a file that is broken costs nothing else."""

import logging
from pathlib import Path

import pytest

from thongsuot_collector.sinks.remote_write import checkpoint
from thongsuot_collector.sinks.remote_write.staleness import LiveSeries

KNOWN = {"ba-dinh": LiveSeries(b"layout", 1000, [31, 0], {"5g": {"carrier": "vnpt"}}, {"5g": 990})}


def test_what_is_kept_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sink-a.msgpack"
    assert checkpoint.load_checkpoint(path) == {}
    checkpoint.save_checkpoint(path, KNOWN)
    assert checkpoint.load_checkpoint(path) == KNOWN
    assert [file.name for file in tmp_path.iterdir()] == ["sink-a.msgpack"]


def test_a_broken_file_is_told_of_and_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sink-a.msgpack"
    path.write_bytes(b"torn")
    with caplog.at_level(logging.WARNING):
        assert checkpoint.load_checkpoint(path) == {}
    assert "begins anew" in caplog.text


def test_a_disk_that_takes_nothing_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        checkpoint.save_checkpoint(tmp_path / "gone" / "sink-a.msgpack", KNOWN)
    assert "cannot keep what a sink knows" in caplog.text
