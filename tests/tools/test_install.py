"""Which interpreter ``.venv`` is made with, by ``tools/install.sh``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = "{}.{}".format(*sys.version_info)


def chosen(folder: Path, **environment: str) -> str:
    """Return the interpreter that is chosen where ``folder`` is first on PATH."""
    script = '. tools/install.sh; SYSTEM_BIN=$1; choose_python; echo "$python"'
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    done = subprocess.run(
        ["sh", "-euc", script, "sh", str(folder / "system")],
        cwd=ROOT,
        env={**inherited, "PATH": f"{folder}:{os.environ['PATH']}", **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a version manager's ``python3``, and one of the system with none yet."""
    (tmp_path / "system").mkdir()
    (tmp_path / "python3").symlink_to(sys.executable)
    return tmp_path


def test_the_systems_own_build_of_the_same_version_comes_before_a_version_managers(
    folder: Path,
) -> None:
    assert chosen(folder) == "python3"
    own = folder / "system" / f"python{VERSION}"
    own.symlink_to(sys.executable)
    assert chosen(folder) == str(own)
    assert chosen(folder, PYTHON=sys.executable) == sys.executable


def test_a_system_without_the_module_that_makes_environments_is_passed_over(folder: Path) -> None:
    own = folder / "system" / f"python{VERSION}"
    own.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    own.chmod(0o755)
    assert chosen(folder) == "python3"
