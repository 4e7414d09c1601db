"""
Process: one child of the stack, with its log in a file stopped without leaving anything behind.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from thongsuot_lab.errors import LabError

STOP_S = 60.0
"""
How long a child may take to end after SIGTERM before it is killed; the agent needs under 5 s, and
what it still keeps then would be lost on a machine that pauses.
"""


class StackError(LabError):
    """
    A part of the stack did not start or ended unexpectedly; the text holds the end of its log.
    """


class Spawn(Protocol):
    """How a command is started: on this machine, or inside a node of a lab."""

    def __call__(
        self, command: Sequence[str], /, *, stdout: IO[bytes], stderr: int
    ) -> subprocess.Popen[bytes]:
        """Start the command and return at once."""
        ...


def spawn_here(
    command: Sequence[str], /, *, stdout: IO[bytes], stderr: int
) -> subprocess.Popen[bytes]:
    """
    Start a command on this machine, in a session of its own: Ctrl-C is passed on by this process.
    """
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
    )


@dataclass(frozen=True, slots=True)
class Process:
    """A running child, with its display name and the file that holds its output."""

    name: str
    log: Path
    child: subprocess.Popen[bytes]

    @classmethod
    def start(cls, name: str, command: Sequence[str], folder: Path, spawn: Spawn) -> "Process":
        """Start a command with its output in ``<folder>/<name>.log``."""
        log = folder / f"{name}.log"
        with log.open("ab") as output:
            child = spawn(command, stdout=output, stderr=subprocess.STDOUT)
        return cls(name, log, child)

    def check(self) -> None:
        """
        Raise if the child has ended.

        Raises:
            StackError: it has ended; the text holds its exit status and the last lines of its log.
        """
        status = self.child.poll()
        if status is not None:
            raise StackError(
                f"{self.name} ended with status {status}; its last words:\n{self.log_tail()}"
            )

    def wait_until(self, ready: Callable[[], bool], *, within_s: float) -> None:
        """
        Wait until ``ready`` returns True, polling ten times a second.

        Raises:
            StackError: the child ended, or the time limit passed.
        """
        deadline = time.monotonic() + within_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.name} is not ready after {within_s:.0f} s; its last words:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(0.1)

    def log_tail(self, lines: int = 12) -> str:
        """Return the last lines of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End the child: SIGTERM, and SIGKILL if it does not react."""
        if self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child at once, as a crash does (SIGKILL). Safe to repeat."""
        self.child.kill()
        self.child.wait()

    def freeze(self) -> None:
        """Give the child no CPU (SIGSTOP) until ``thaw``."""
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen child continue."""
        self.child.send_signal(signal.SIGCONT)
