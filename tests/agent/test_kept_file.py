import errno
import logging
from pathlib import Path

import pytest

from thongsuot_agent.kept_file import KeptFile, replace_file


def test_a_file_is_replaced_and_its_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "month.msgpack"
    replace_file(path, b"before")
    replace_file(path, b"after")
    assert path.read_bytes() == b"after"
    assert [kept.name for kept in path.parent.iterdir()] == ["month.msgpack"]
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "month.msgpack"
    replace_file(path, b"before")
    (tmp_path / "month.msgpack.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"after")
    assert path.read_bytes() == b"before"


def test_a_failing_write_is_logged_less_and_less_often_and_its_recovery_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "month.msgpack"
    file = KeptFile(path)
    assert file.replace(b"before")
    assert caplog.messages == []
    half = tmp_path / "month.msgpack.tmp"
    half.symlink_to("/dev/full")
    assert [file.replace(b"after") for _ in range(5)] == [False] * 5
    assert file.read(bytes) == b"before"
    counts = [message.partition("failures=")[2].partition(":")[0] for message in caplog.messages]
    assert counts == ["1", "2", "4"]
    assert all(str(path) in message for message in caplog.messages)
    assert f"[Errno {errno.ENOSPC}]" in caplog.messages[0]
    half.unlink()
    assert file.replace(b"after")
    assert caplog.messages[-1] == f"file={path} is written again after failures=5"
