"""The token comes from a file that not everybody can read, and is changed without a restart."""

from pathlib import Path

import pytest

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.secret_file import read_token
from thongsuot_agent.uplink.token_file import TokenFile


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_token_is_read_without_its_line_end(tmp_path: Path) -> None:
    assert read_token(written(tmp_path / "token", "secret\n", 0o640)) == "secret"


def test_a_file_that_anybody_can_read_is_refused_without_its_content(tmp_path: Path) -> None:
    path = written(tmp_path / "token", "secret", 0o644)
    with pytest.raises(TokenUnusable, match="chmod 640") as refused:
        read_token(path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "two words", "line\nline", "tiếng"])
def test_what_is_no_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TokenUnusable):
        read_token(written(tmp_path / "token", text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenUnusable, match="absent"):
        TokenFile(tmp_path / "absent")


def test_a_changed_token_is_taken_and_a_broken_file_keeps_the_last(tmp_path: Path) -> None:
    path = written(tmp_path / "token", "old")
    token = TokenFile(path)
    written(path, "new")
    assert token() == "new"
    path.unlink()
    assert token() == "new"
