"""A disk that fails where a test says so: a library that is preloaded into a process of ours."""

import atexit
import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("disk_faults.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    An operation on a file fails with an error.

    Operations are ``write``, ``torn`` (the half of it is written), ``fsync``, ``open``, ``rename``
    (by the new name), ``unlink``, and ``read7`` of page 7 (of 4096 bytes).
    """

    operation: str
    number: int
    part: str
    """Of the file's path; that of an open file ends with ``#`` and its inode."""

    def __str__(self) -> str:
        return f"{self.operation}-{errno.errorcode[self.number]}-{self.part}"


@cache
def _library() -> Path:
    """Build the library, once for all tests of a run; return where it is."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    folder = Path(tempfile.mkdtemp(prefix="ts-disk-"))
    atexit.register(shutil.rmtree, folder)
    # Processes that run as another user have it, too.
    folder.chmod(0o755)
    library = folder / "disk_faults.so"
    command = ["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]
    subprocess.run([*command, library, SOURCE, "-ldl"], check=True)
    return library


class FaultyDisk:
    """The faults of the processes that have its environment; they begin and end while these run."""

    def __init__(self, folder: Path) -> None:
        self._faults = folder / "disk-faults"
        self._opened = folder / "disk-opened"
        self._library = _library()
        # Also of a process that runs as another user.
        self._opened.touch()
        self._opened.chmod(0o666)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process has to have more of."""
        return {
            "LD_PRELOAD": str(self._library),
            "THONGSUOT_FAULTS": str(self._faults),
            "THONGSUOT_OPENED": str(self._opened),
        }

    @contextmanager
    def failing(self, *faults: Fault) -> Iterator[None]:
        """Let files fail."""
        lines = [f"{fault.operation} {fault.number} {fault.part}\n" for fault in faults]
        half = self._faults.with_suffix(".half")
        half.write_text("".join(lines), "utf-8")
        half.rename(self._faults)
        try:
            yield
        finally:
            self._faults.unlink()

    @contextmanager
    def preloaded(self) -> Iterator[None]:
        """Let the processes that are started now have it."""
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name in self.environment:
                del os.environ[name]

    def written(self, under: Path) -> set[str]:
        """Return the files under a folder that were opened for writing, by their names in it."""
        text = self._opened.read_text("utf-8") if self._opened.exists() else ""
        root = f"{under}/"
        return {line.removeprefix(root) for line in text.splitlines() if line.startswith(root)}
