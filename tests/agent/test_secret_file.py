"""Secrets come from files that others cannot read, and their text is in no message."""

from pathlib import Path

import pytest

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.secret_file import SecretUnusable, TokenFile, read_secret, read_token


def made(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_line_of_a_file_is_the_secret(tmp_path: Path) -> None:
    path = made(tmp_path / "community", "s3cret\nnothing\n")
    assert read_secret(str(path)) == "s3cret"
    assert read_secret("community", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "s3cret"


@pytest.mark.parametrize(("text", "mode"), [("s3cret", 0o604), ("\n", 0o600)])
def test_a_file_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    path = made(tmp_path / "community", text, mode)
    with pytest.raises(SecretUnusable, match="community") as refused:
        read_secret(str(path))
    assert "s3cret" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretUnusable, match="cannot read nowhere: no such file"):
        read_secret(str(tmp_path / "nowhere"))


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
def test_an_invalid_token_is_refused(tmp_path: Path, text: str) -> None:
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
