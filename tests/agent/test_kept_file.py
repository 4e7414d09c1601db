from pathlib import Path

import pytest

from thongsuot_agent.kept_file import replace_file


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
