"""The record on disks that fail in every operation: said, nothing lost, nothing doubled."""

import contextlib
import errno
import fcntl
import itertools
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.spool.making import MS_NS
from tests.agent.spool.test_kill import collected
from tests.disk_faults import Fault, FaultyDisk
from thongsuot_schema.batch.model import NoticeCode

ON_DISK, OPEN_RECORD, LAYOUTS = "state/spool.db", "run/record/", "run/layouts/"

_ERRORS = {
    # The kernel makes a file system read-only when its disk fails.
    "write": (errno.ENOSPC, errno.EIO, errno.EROFS),
    "torn": (errno.ENOSPC, errno.EIO),
    "fsync": (errno.EIO, errno.EROFS),
    "open": (errno.EIO, errno.EMFILE, errno.EROFS),
    "rename": (errno.EIO, errno.EROFS),
    "unlink": (errno.EROFS,),
}
_OPERATIONS = {
    # SQLite renames nothing, and its file is open for as long as the process lives.
    ON_DISK: ("write", "torn", "fsync", "open"),
    # What lies in memory is not flushed.
    OPEN_RECORD: ("write", "torn", "open", "rename", "unlink"),
    LAYOUTS: ("write", "torn", "open", "rename"),
}

FAULTS = [
    Fault(operation=operation, number=number, part=part)
    for part, operations in _OPERATIONS.items()
    for operation in operations
    for number in _ERRORS[operation]
]
"""Every way in which an operation on the record fails."""

ENTRIES = 150
"""Made while a disk fails: some seals, moves to the disk and pushes are among them."""


class Writer:
    """A process that makes a record on a disk that may fail (see ``writer``)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.disk = FaultyDisk(root)
        self.made: set[int] = set()
        self.kept: set[int] = set()
        self._log = root / "log"
        self._seeds = itertools.count(1)
        self._last_serial = 0

    @contextlib.contextmanager
    def running(self, *more: str) -> Iterator[None]:
        """Run it; it is told to end within."""
        # Not by what is expected back: what a power cut took may have reached the disk before it.
        serial = self._last_serial + 2
        command = [sys.executable, "-m", "tests.agent.spool.writer", str(self.root)]
        command += [str(next(self._seeds)), str(serial), *more]
        with (
            self.disk.preloaded(),
            self._log.open("ab") as errors,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as self.process,
        ):
            assert self.process.stdout is not None
            # It goes on as it is read: else it would be far ahead of what a test does.
            fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
            try:
                yield
            except BaseException:
                self.process.kill()
                raise
            for line in self.process.stdout.read().splitlines():
                self._note(line)
        assert self.process.returncode in {0, -signal.SIGKILL}, self.log()
        assert "Traceback" not in self.log()

    def make(self, entries: int) -> None:
        """Wait until it has made so many entries more."""
        for _ in range(entries):
            self._read_one()

    def make_until_said(self, fault: Fault) -> None:
        """Wait until its log has a line of the files that fail."""
        part = fault.part.rstrip("/")
        refusal = re.compile(rf"cannot .*{re.escape(part)}|cannot remove batch")
        while not refusal.search(self.log()):
            self._read_one()

    def make_until_kept(self) -> None:
        """Wait until a few verdict changes more are on the disk, or would be."""
        wanted = len(self.kept) + 3
        while len(self.kept) < wanted:
            self._read_one()

    def drain(self) -> None:
        """Hand over all that there is."""
        with self.running("drain"):
            pass

    def end(self, number: signal.Signals) -> None:
        """Let it end in good order (SIGTERM), or kill it."""
        self.process.send_signal(number)

    def log(self) -> str:
        """Return what all of them have logged."""
        return self._log.read_text("utf-8")

    def check(self, *, is_boot: bool = False) -> None:
        """All that was made is there, once; nothing is called lost but by a power cut."""
        batches, _ = collected(self.root)
        serials = [result.boottime_ns // MS_NS for batch in batches for result in batch.results]
        changes = [
            change.decided_boottime_ns // MS_NS for batch in batches for change in batch.changes
        ]
        assert self.made <= set(serials)
        assert self.kept <= set(changes)
        assert len(serials) == len(set(serials))
        assert len(changes) == len(set(changes))
        lost = {NoticeCode.BATCHES_LOST, NoticeCode.GAP}
        texts = [note.text for batch in batches for note in batch.notices if note.code in lost]
        assert bool(texts) is is_boot, texts

    def _read_one(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it has ended:\n{self.log()}"
        self._note(line)

    def _note(self, line: bytes) -> None:
        step, _, serial = line.decode().partition(" ")
        (self.made if step == "made" else self.kept).add(int(serial))
        self._last_serial = max(self._last_serial, int(serial))


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_nothing_of_the_record_is_lost_or_doubled_by_a_disk_that_fails(
    tmp_path: Path, fault: Fault
) -> None:
    writer = Writer(tmp_path)
    is_done_at_start = fault.operation == "open" or fault.part == LAYOUTS
    with contextlib.ExitStack() as failing:
        if is_done_at_start:
            failing.enter_context(writer.disk.failing(fault))
        with writer.running():
            writer.make(ENTRIES)
            if not is_done_at_start:
                failing.enter_context(writer.disk.failing(fault))
            writer.make_until_said(fault)
            writer.make(ENTRIES)
            if fault.part == ON_DISK:
                # What the disk does not take the other half of the record holds.
                writer.end(signal.SIGKILL)
            failing.close()
            if fault.part != ON_DISK:
                writer.make(ENTRIES)
                # What could not be written is in this process alone, but for layouts: those are
                # written as soon as they can be.
                writer.end(signal.SIGKILL if fault.part == LAYOUTS else signal.SIGTERM)
    with writer.running():
        writer.make(ENTRIES)
        writer.end(signal.SIGKILL)
    writer.drain()
    writer.check()


@pytest.mark.parametrize("is_boot", [False, True], ids=["killed", "power-cut"])
@pytest.mark.parametrize("part", [ON_DISK, OPEN_RECORD, LAYOUTS])
def test_files_unreadable_at_one_start_are_found_at_a_later_one_and_measuring_continues(
    tmp_path: Path, part: str, *, is_boot: bool
) -> None:
    writer = Writer(tmp_path)
    for _ in range(2):
        with writer.running():
            writer.make_until_kept()
            writer.end(signal.SIGKILL)
    if is_boot:
        shutil.rmtree(tmp_path / "run")
        writer.made.clear()
    fault = Fault(operation="open", number=errno.EIO, part=part)
    with writer.disk.failing(fault), writer.running():
        writer.make_until_said(fault) if not is_boot or part == ON_DISK else None
        writer.make_until_kept()
        writer.end(signal.SIGTERM)
    writer.drain()
    writer.check(is_boot=is_boot)
