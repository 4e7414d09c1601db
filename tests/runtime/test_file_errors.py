"""A sentence about a file names it once, and has no number of the system in it."""

from pathlib import Path

import pytest

from thongsuot_runtime.file_errors import describe, describe_with_file
from thongsuot_schema.words.language import in_language


def test_refusals_of_the_system_are_reported_without_number_and_path(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"Errno 2") as missing:
        (tmp_path / "key").read_text("utf-8")
    assert describe(missing.value) == "no such file or directory"
    assert describe_with_file(missing.value) == f"{tmp_path / 'key'}: no such file or directory"
    with pytest.raises(OSError, match=r"Errno 21") as folder:
        tmp_path.read_text("utf-8")
    assert describe(folder.value) == "is a directory"
    assert in_language(describe(folder.value), "vi") == "là một thư mục"
    assert in_language(describe_with_file(missing.value), "vi").endswith(
        ": không có tệp hoặc thư mục này"
    )


def test_content_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError) as binary:
        (tmp_path / "key").read_text("utf-8")
    assert "invalid start byte" in describe(binary.value)


def test_an_error_without_a_number_keeps_its_own_words() -> None:
    error = OSError("nothing listens there")
    assert describe(error) == describe_with_file(error) == "nothing listens there"
