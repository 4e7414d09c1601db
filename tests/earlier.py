"""Programs of earlier versions, from the history of the repository, run as processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_IN_CLONE = "is not in this clone"
_ROOMS = ("agent", "collector", "schema")


class EarlierProgram:
    """The rooms as a commit had them; their dependencies are those of today."""

    def __init__(self, commit: str, folder: Path) -> None:
        known = subprocess.run(
            ["git", "-C", ROOT, "cat-file", "-e", f"{commit}^{{commit}}"],
            capture_output=True,
            check=False,
        )
        if known.returncode != 0:
            pytest.skip(f"{commit} {NOT_IN_CLONE}: git fetch --unshallow")
        parts = [*(f"{room}/src" for room in _ROOMS), "tests"]
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", commit, *parts], capture_output=True, check=True
        ).stdout
        folder.mkdir()
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        sources = [str(folder), *(str(folder / room / "src") for room in _ROOMS)]
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sources), "LANG": "C"}

    def run(self, module: str, *words: object) -> tuple[int, str]:
        """Run a module to its end; return its exit status and what it wrote on both streams."""
        done = subprocess.run(
            self.command(module, *words),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def command(self, module: str, *words: object) -> list[str]:
        """Return the command line of a module of this version, for ``environment``."""
        return [sys.executable, "-m", module, *map(str, words)]
