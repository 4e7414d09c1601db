"""Command: a program as a user starts it, seen from outside: addresses, end, and what it left."""

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tests.lab.waiting import WAIT_AT_MOST_S, wait_for

_PERSON = re.compile(r"person: (?P<name>\S+) (?P<password>\S+)")
_ADDRESS = re.compile(r"(?P<name>[\w.-]+): (?P<url>http://127\.0\.0\.1:\d+/\S*)")

Start = Callable[..., "subprocess.Popen[bytes]"]


class CommandProcess:
    """
    A running command.

    ``addresses`` are those that it has printed on standard output so far, ``person`` name and
    password of who may act on its pages; ``stderr_text`` is all that it wrote to standard error,
    kept in ``folder``.
    """

    def __init__(
        self,
        argv: list[str],
        folder: Path,
        *,
        start: Start = subprocess.Popen,
        env: dict[str, str] | None = None,
    ) -> None:
        self.addresses: dict[str, str] = {}
        self.person = ("", "")
        self._errors = folder / "stderr.log"
        with self._errors.open("wb") as errors:
            self._process = start(argv, stdout=subprocess.PIPE, stderr=errors, env=env)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for_addresses(self, *names: str) -> None:
        """Wait until these addresses are printed; fail with its last words if it ends instead."""
        wait_for(f"the addresses of {', '.join(names)}", lambda: self._has(names))

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self._process.send_signal(number)
        try:
            return self._process.wait(WAIT_AT_MOST_S)
        finally:
            self._reader.join()

    def kill(self) -> None:
        """End it whatever it does; for the end of a test that failed."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(WAIT_AT_MOST_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join()

    @property
    def stderr_text(self) -> str:
        """What it said to people."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def family(self) -> dict[int, str]:
        """Return the command and all that descends from it: process id to start time."""
        parents = {pid: int(stat[1]) for pid, stat in _stats().items()}
        pids = {self._process.pid}
        grown = True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in pids} - pids
            pids |= more
            grown = bool(more)
        return {pid: stat[19] for pid, stat in _stats().items() if pid in pids}

    def _has(self, names: tuple[str, ...]) -> bool:
        status = self._process.poll()
        assert status is None, f"ended with {status}:\n{self.stderr_text}"
        return set(names) <= self.addresses.keys()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                address = _ADDRESS.fullmatch(line.decode().strip())
                person = _PERSON.fullmatch(line.decode().strip())
                if person:
                    self.person = (person["name"], person["password"])
                if address:
                    self.addresses[address["name"]] = address["url"].rstrip("/")


def alive(family: dict[int, str]) -> list[int]:
    """Return who of a family is still there: the same process, not another of its number."""
    now = _stats()
    return [pid for pid, started in family.items() if pid in now and now[pid][19] == started]


def namespaces(pids: Iterable[int]) -> set[str]:
    """Return the network namespaces that processes live in or hold open, but for this one's own."""
    links = set()
    for pid in pids:
        process = Path(f"/proc/{pid}")
        try:
            held = [process / "ns" / "net", *(process / "fd").iterdir()]
        except OSError:
            continue  # it has just ended
        for link in held:
            with suppress(OSError):
                links.add(str(link.readlink()))
    is_network = re.compile(r"net:\[\d+\]").fullmatch
    own = str(Path("/proc/self/ns/net").readlink())
    return {name for name in links if is_network(name)} - {own}


def inhabited() -> set[str]:
    """Return the network namespaces that a process lives in or holds open, or that are mounted."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    return namespaces(pids) | set(re.findall(r"net:\[\d+\]", mounts))


def _stats() -> dict[int, list[str]]:
    """Return each process' ``stat`` after its name: [0] is state, [1] parent, [19] start time."""
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it has just ended
            fields = text.rpartition(")")[2].split()
            if fields[0] not in "ZX":
                stats[int(entry.name)] = fields
    return stats
