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
        sources = os.pathsep.join(str(folder / room / "src") for room in ROOMS)
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tools.mutants.worker"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": sources},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, request: dict[str, object]) -> str:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(f"{json.dumps(request)}\n")
        self._worker.stdin.flush()
        answer = self._worker.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process that runs tests ended ({self._worker.wait()})")
        return answer

    def run(self, run: MutantTestRun) -> TestRunResult:
        """Run tests of the copy as it is now."""
        return result_from(self._ask(asdict(run)))

    def preload(self, modules: Sequence[str], sources: str) -> None:
        """Import modules, and compile a folder, once for all runs that follow."""
        self._ask({"modules": modules, "sources": sources})

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """Give a file another text for a while."""
        path = self.root / file
        was = path.stat()
        unchanged = path.read_text("utf-8")
        path.write_text(text, "utf-8")
        try:
            yield
        finally:
            path.write_text(unchanged, "utf-8")
            # Its bytecode is found by this time.
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))

    def close(self) -> None:
        """End the process."""
        self._worker.communicate(timeout=60)
