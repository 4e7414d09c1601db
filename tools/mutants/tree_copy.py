"""A copy of the tree in which changes are planted, and the process that runs its tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tools.mutants.changes import ROOT
from tools.mutants.worker import MutantTestRun, TestRunResult, result_from

ROOMS = ("schema", "agent", "collector", "dashboards", "lab")


class TreeCopy:
    """A copy of all files that git does not ignore; the tree itself may be edited meanwhile."""

    def __init__(self, folder: Path, source: Path = ROOT) -> None:
        self.root = folder
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=source, check=True, capture_output=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (source / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, folder / name)
        self._worker = self._started("tools.mutants.worker")
        self._loaded: subprocess.Popen[str] | None = None

    def _started(self, *module: str) -> subprocess.Popen[str]:
        sources = os.pathsep.join(str(self.root / room / "src") for room in ROOMS)
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": sources},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, request: dict[str, object], process: subprocess.Popen[str]) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(request)}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process that runs tests ended ({process.wait()})")
        return answer

    def load(self, files: Sequence[str]) -> None:
        """Load the tests of files once for all runs that name the ``changed`` file."""
        self._loaded = self._started("tools.mutants.loaded_tests", *files)

    def run(self, run: MutantTestRun) -> TestRunResult:
        """Run tests of the copy in its current state."""
        if not run.changed:
            return result_from(self._ask(asdict(run), self._worker))
        assert self._loaded is not None
        return result_from(self._ask(asdict(run), self._loaded))

    def preload(self, modules: Sequence[str], sources: str) -> None:
        """Import modules, and compile a folder, once for all runs that follow."""
        self._ask({"modules": modules, "sources": sources}, self._worker)

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """Replace the text of a file for a while."""
        path = self.root / file
        was = path.stat()
        unchanged = path.read_text("utf-8")
        path.write_text(text, "utf-8")
        try:
            yield
        finally:
            path.write_text(unchanged, "utf-8")
            # Bytecode is found by this modification time.
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))

    def close(self) -> None:
        """End the processes."""
        for process in (self._worker, self._loaded):
            if process is not None:
                process.communicate(timeout=60)
