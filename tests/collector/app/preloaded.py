"""
Collectors as processes of their own without an interpreter's start for each.

Importing the collector takes a second of CPU, and the tests of its pages start it a hundred times.
One process imports it and does nothing else; each collector is a fork of it, which runs the same
command line and can be watched, stopped and killed as any process. The program itself, as a user
starts it, runs where a test asks for nothing else (``CollectorProcess``).

Started by :func:`start` as ``python -m tests.collector.app.preloaded SOCKET``; it ends with its
standard input.
"""

import array
import asyncio
import atexit
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_MEASURED = "COVERAGE_PROCESS_START"
"""What a fork executes counts for the test that started the first one: there each is a program."""


def is_possible() -> bool:
    """Return whether collectors may be forks: not where their own start is measured."""
    return _MEASURED not in os.environ


class ForkedProcess:
    """A collector that was forked, with what the tests use of ``asyncio.subprocess.Process``."""

    def __init__(self, pid: int, connection: socket.socket, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self._connection = connection
        self._status: int | None = None

    @property
    def returncode(self) -> int | None:
        """How it ended, negative by a signal; ``None`` while it runs."""
        if self._status is None:
            with suppress(BlockingIOError):
                self._ended(self._connection.recv(16))
        return self._status

    async def wait(self) -> int:
        """Wait until it is gone; return how it ended."""
        if self.returncode is None:
            loop = asyncio.get_running_loop()
            self._ended(await loop.sock_recv(self._connection, 16))
        assert self._status is not None
        return self._status

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self.returncode is None:
            # It may have ended just now, and who forked it has yet to say so.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ended(self, message: bytes) -> None:
        assert message, "what forks the collectors is gone"
        self._status = int(message)
        self._connection.close()


class _Parent:
    """The process that has imported the collector, from this side."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ts-fork-")
        self._address = str(Path(self._folder.name, "s"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, self._address],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n", "the collector cannot be imported"

    def fork(self, words: list[str], files: tuple[int, int]) -> tuple[int, socket.socket]:
        """Start a command line with standard output and error; return its PID and connection."""
        request = {"words": words, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        connection.sendmsg(
            [b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
        )
        body = json.dumps(request).encode()
        connection.sendall(len(body).to_bytes(4, "big") + body)
        pid = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
        connection.setblocking(False)
        return pid, connection

    def stop(self) -> None:
        """End it; collectors that it has forked are ended by their tests."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


_parents: dict[str, _Parent] = {}
"""By the library that is preloaded into them and so into what they fork; mostly there is none."""


def _parent() -> _Parent:
    library = os.environ.get("LD_PRELOAD", "")
    if library not in _parents:
        _parents[library] = _Parent()
        atexit.register(lambda: _parents.pop(library).stop())
    return _parents[library]


async def start(words: list[str], error_file: int) -> ForkedProcess:
    """Start the collector's command line; its standard output is read, the other goes to a file."""
    parent = _parent()
    read_end, write_end = os.pipe()
    try:
        pid, connection = parent.fork(words, (write_end, error_file))
    finally:
        os.close(write_end)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", 0)
    )
    return ForkedProcess(pid, connection, reader)


# The other side.


def main(address: str) -> int:
    """Import the collector and fork at each request; in a fork, return the program's status."""
    import thongsuot_collector.app.collector
    from thongsuot_collector.cli.main import build_parser

    build_parser()
    assert thongsuot_collector.app.collector is not None
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.freeze()
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    forks: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(address)
        listener.listen()
        for source in (listener, woken, 0):
            selector.register(source, selectors.EVENT_READ)
        os.write(1, b"ready\n")
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                os.read(woken, 64)
                _tell_of_ends(forks)
            if listener in ready and (words := _forked(listener, forks)) is not None:
                break
            if 0 in ready:
                return 0
    # A fork from here on.
    from thongsuot_collector.cli.main import main as run_program

    return run_program(words)


def _forked(listener: socket.socket, forks: dict[int, socket.socket]) -> list[str] | None:
    """Fork for a request; return the words of the command line in the fork, else nothing."""
    connection, _ = listener.accept()
    _, files, _, _ = socket.recv_fds(connection, 1, 2)
    size = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
    request = json.loads(connection.recv(size, socket.MSG_WAITALL))
    if pid := os.fork():
        for file in files:
            os.close(file)
        forks[pid] = connection
        connection.sendall(pid.to_bytes(4, "big"))
        return None
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with Path(os.devnull).open("rb") as nothing:
        for number, file in enumerate((nothing.fileno(), *files)):
            os.dup2(file, number)
    for other in (connection, *forks.values()):
        other.close()
    for file in files:
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    words: list[str] = request["words"]
    sys.argv = ["thongsuot-collector", *words]
    return words


def _tell_of_ends(forks: dict[int, socket.socket]) -> None:
    """Tell who asked for it how each fork has ended that is gone."""
    while forks:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with forks.pop(pid) as connection, suppress(BrokenPipeError):
            connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
