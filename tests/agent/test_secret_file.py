"""Secrets come from files that others cannot read, and their text is in no message."""

from pathlib import Path

import pytest

from thongsuot_agent.secret_file import SecretUnusable, read_secret


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
    with pytest.raises(SecretUnusable, match="cannot read nowhere: No such file"):
        read_secret(str(tmp_path / "nowhere"))
