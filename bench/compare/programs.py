"""Programs of a tool in a namespace of the lab: started, queried, ended, and their memory use."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from thongsuot_lab.node import RunningNode
from thongsuot_lab.stack.process import Process

REQUEST_S = 30.0


@dataclass(slots=True)
class Programs:
    """The programs of one tool, with their logs in ``folder``; ended in reverse order."""

    folder: Path
    running: list[Process] = field(default_factory=list)

    def start(
        self,
        node: RunningNode,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program in a node."""

        def spawn(
            argv: Sequence[str], /, *, stdout: IO[bytes], stderr: int
        ) -> "subprocess.Popen[bytes]":
            whole = None if env is None else dict(env)
            return node.popen(argv, env=whole, cwd=self.folder, stdout=stdout, stderr=stderr)

        self.folder.mkdir(parents=True, exist_ok=True)
        process = Process.start(name, command, self.folder, spawn)
        self.running.append(process)
        return process

    def check(self) -> None:
        """Raise ``StackError`` if one has ended unexpectedly."""
        for process in self.running:
            process.check()

    def stop(self) -> None:
        """End all of them. Safe to repeat."""
        while self.running:
            self.running.pop().stop()


def memory_bytes(node: RunningNode) -> int:
    """Return the memory of all processes of a node: their proportional set size (PSS)."""
    total = 0
    for pid in node.pids():
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            # It ended during the scan.
            continue
        total += sum(
            int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total


def absent_commands(*names: str) -> str:
    """Return which of these commands are not installed, as text; empty if all are."""
    return ", ".join(name for name in names if shutil.which(name) is None)


def debian_version(*packages: str) -> str:
    """Return names and versions of installed Debian packages, as text."""
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}, ", *packages]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True)
    return shown.stdout.strip(", ")


def fetch_json(url: str) -> Any:  # noqa: ANN401 - the answer of a third-party program
    """Return the JSON answer of a URL."""
    with urllib.request.urlopen(url, timeout=REQUEST_S) as answer:
        return json.load(answer)
