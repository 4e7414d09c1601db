"""
A receiver as a process of its own, with a folder through which a test sees and steers it.

``received.jsonl`` gets a line for everything that is taken, ``how`` holds the word for how it
behaves. A receiver announces its port on its standard output as ``port N``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.ports import free_port

WELL = "well"


def announce(port: object) -> None:
    """Say where a receiver listens; its first words."""
    sys.stdout.write(f"port {port}\n")
    sys.stdout.flush()


class ReceiverFolder:
    """Both sides' view of the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._received = path / "received.jsonl"
        self._how = path / "how"

    @property
    def how(self) -> str:
        """How the receiver behaves."""
        return self._how.read_text("utf-8") if self._how.exists() else WELL

    def behave(self, how: str) -> None:
        """Change how the receiver behaves from now on."""
        fresh = self.path / "how.new"
        fresh.write_text(how, "utf-8")
        fresh.rename(self._how)

    def record(self, request: dict[str, object]) -> None:
        """Note what was taken."""
        with self._received.open("a", encoding="utf-8") as file:
            file.write(json.dumps(request) + "\n")

    def received(self) -> list[dict[str, str]]:
        """Return what was taken, in order; a line that is being written is not there yet."""
        if not self._received.exists():
            return []
        lines = self._received.read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]


class ReceiverProcess:
    """A receiver's process."""

    def __init__(self, module: str, path: Path, *arguments: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.folder = ReceiverFolder(path)
        self._command = [sys.executable, "-m", module, str(path), *arguments]
        self._process: subprocess.Popen[str] | None = None
        self.port = free_port()

    def start(self) -> Self:
        """Start it; it comes back on the port it had."""
        assert self._process is None, "already running"
        self._process = subprocess.Popen(
            [*self._command, str(self.port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        word, _, port = self._process.stdout.readline().partition(" ")
        assert word == "port", "the receiver ended at start"
        self.port = int(port)
        return self

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.terminate()
            self._process.wait()
            self._process.stdout.close()
            self._process = None
