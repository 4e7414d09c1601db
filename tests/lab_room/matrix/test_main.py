"""The command that plays the matrix: rows by name, a table, an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from thongsuot_lab.matrix.__main__ import main
from thongsuot_lab.testing import needs_lab


def test_a_missing_row_is_reported_with_the_existing_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["agent-killed", "flood"]) == 2
    message = capsys.readouterr().err
    assert "no row flood; known: " in message
    assert "wan-down" in message


def test_a_missing_shape_is_reported_with_the_existing_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--shape", "b,z"]) == 2
    assert "no shape z; known: all, a, b, c" in capsys.readouterr().err


def test_a_row_of_another_shape_is_none_of_this_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--shape", "j", "b:fixed-line-cut"]) == 2
    assert "no row b:fixed-line-cut; known: j:fixed-line-cut" in capsys.readouterr().err


@pytest.mark.lab
@pytest.mark.nightly
@needs_lab
def test_a_row_is_played_and_reported_in_a_table(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    command = [sys.executable, "-m", "thongsuot_lab.matrix", "wan-down", "--sites", "2"]
    done = subprocess.run(
        [*command, "--patience", "3", "--folder", str(tmp_path)],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(line.startswith("wan-down ") for line in done.stdout.splitlines())
    assert "missing without an announced gap: 0" in done.stdout
    assert "thresholds: a fifth of the shipped intervals and patience" in done.stdout
    assert (tmp_path / "collector").is_dir(), "records and logs are kept where that was asked"
