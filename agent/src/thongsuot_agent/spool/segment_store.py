"""
Segment stores: the open log and the sealed batches of one stream, before the disk is needed.

``RuntimeSegments`` keeps them in the runtime directory (a tmpfs): page cache only, so nothing is
written to the device's card, yet a killed process loses nothing. ``MemorySegments`` is the fallback
when even that directory refuses a write. A store that fails once is abandoned: the stream ends
there and a new one begins elsewhere, so that no number can ever identify two different batches.

Files of a stream in ``record/<name>/``: ``identity`` (JSON), ``<number>.open``, ``<number>.batch``.
The open log has its later number as a batch. Sealing renames a written file, then begins the next
log, then removes the old one; after a kill at any point each entry is found exactly once.
"""

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from thongsuot_agent.errors import RecordUnreadable
from thongsuot_agent.spool.frame import LogHeading, OpenLogContent, pack_heading, unpack_log
from thongsuot_agent.spool.stream import StreamIdentity

_log = logging.getLogger(__name__)

_IDENTITY = "identity"
_OPEN = ".open"
_BATCH = ".batch"
_HALF_WRITTEN = ".tmp"
_DAMAGED = ".damaged"
_NUMBER = re.compile(r"[0-9]{8,12}")


class SegmentStore(Protocol):
    """The store of one stream. ``OSError`` from a write: abandon this store."""

    def append(self, frame: bytes) -> None:
        """Add one frame to the open log."""

    def seal(self, number: int, body: bytes, heading: LogHeading) -> None:
        """Seal the open log as batch ``number`` and open the next log with ``heading``."""

    def end(self, number: int, body: bytes) -> None:
        """Seal the open log as batch ``number``, the last of the stream."""

    def read(self, number: int) -> bytes:
        """Return a sealed batch."""

    def replace(self, number: int, body: bytes) -> None:
        """Replace the bytes of a sealed batch."""

    def remove(self, number: int) -> None:
        """Remove a batch that is acknowledged or stored elsewhere."""

    def close(self) -> None:
        """Release the process's resources; all data stays."""


class MemorySegments:
    """A stream in the memory of this process."""

    def __init__(self) -> None:
        self._batches: dict[int, bytes] = {}

    def append(self, frame: bytes) -> None:
        """Do nothing: the spool itself has the open entries."""

    def seal(self, number: int, body: bytes, heading: LogHeading) -> None:
        """Store a batch."""
        del heading
        self._batches[number] = body

    def end(self, number: int, body: bytes) -> None:
        """Store the last batch."""
        self._batches[number] = body

    def read(self, number: int) -> bytes:
        """Return a batch."""
        return self._batches[number]

    def replace(self, number: int, body: bytes) -> None:
        """Replace the bytes of a batch."""
        self._batches[number] = body

    def remove(self, number: int) -> None:
        """Remove a batch."""
        self._batches.pop(number, None)

    def close(self) -> None:
        """Do nothing."""


class AbandonedSegments(MemorySegments):
    """
    Segments in memory after a store's failure; the files of that store are removed with the
    batches.

    After a kill the next process finds the same entries in the abandoned open log.
    """

    def __init__(self, behind: SegmentStore) -> None:
        super().__init__()
        self._behind = behind

    def remove(self, number: int) -> None:
        """Remove a batch here and in the failed store."""
        super().remove(number)
        try:
            self._behind.remove(number)
        except OSError as error:
            # After a restart it will be pushed again, and recognised as a repetition.
            _log.warning("cannot remove batch number=%d: %s", number, error)


class RuntimeSegments:
    """
    A stream in the runtime directory; see the module for the files and the order of the steps.
    """

    def __init__(self, path: Path, stream: StreamIdentity) -> None:
        self.path = path
        self.stream = stream
        self._log = -1
        self.last_sealed: int | None = None
        """
        Number of the newest batch ever sealed here, as shown by the open log of an earlier process
        (see ``open_log_left``): of the batches themselves the newest may be acknowledged already.
        """

    @classmethod
    def create(cls, record: Path, stream: StreamIdentity, heading: LogHeading) -> "RuntimeSegments":
        """Begin a stream. Raises ``OSError`` if the directory is not writable."""
        path = record / stream.name
        path.mkdir(mode=0o700, parents=True)
        segments = cls(path, stream)
        try:
            _write(path / _IDENTITY, msgspec.json.encode(stream))
            segments.open_log(heading)
        except OSError:
            segments.discard()
            raise
        return segments

    def open_log(self, heading: LogHeading) -> None:
        """Begin an empty open log, atomically."""
        path = self._open_path(heading.number)
        half = path.with_suffix(_HALF_WRITTEN)
        self.close()
        self._log = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        _write_all(self._log, pack_heading(heading))
        half.rename(path)

    def resume_log(self, number: int, good_bytes: int) -> None:
        """Continue an open log, truncating an incomplete frame after a kill."""
        self.close()
        self._log = os.open(self._open_path(number), os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._log, good_bytes)

    def append(self, frame: bytes) -> None:
        """Add one frame with a single write: page cache only, safe from a kill once it returns."""
        _write_all(self._log, frame)

    def seal(self, number: int, body: bytes, heading: LogHeading) -> None:
        """Seal the open log; from the rename on the batch is authoritative."""
        _write(self._batch_path(number), body)
        self.open_log(heading)
        self._open_path(number).unlink(missing_ok=True)

    def end(self, number: int, body: bytes) -> None:
        """Seal the open log and begin no other."""
        _write(self._batch_path(number), body)
        self.close()
        self._open_path(number).unlink(missing_ok=True)

    def read(self, number: int) -> bytes:
        """Return a sealed batch."""
        return self._batch_path(number).read_bytes()

    def replace(self, number: int, body: bytes) -> None:
        """Replace the bytes of a batch, atomically."""
        _write(self._batch_path(number), body)

    def remove(self, number: int) -> None:
        """Remove a batch, and the open log it was made from if sealing was interrupted."""
        self._batch_path(number).unlink(missing_ok=True)
        self._open_path(number).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the open log's file."""
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def discard(self) -> None:
        """Remove the stream's directory, which has no waiting batches."""
        self.close()
        for file in self.path.iterdir():
            file.unlink()
        self.path.rmdir()

    def batches(self) -> list[int]:
        """Return the numbers of the sealed batches, in order."""
        return _numbers(self.path, _BATCH)

    def open_log_left(self) -> OpenLogContent | None:
        """
        Return the entries of the open log that are in no batch yet.

        Raises:
            RecordUnreadable: there is one, but without a valid heading.
        """
        sealed = set(self.batches())
        left = None
        for number in _numbers(self.path, _OPEN):
            self.last_sealed = number if number in sealed else number - 1
            if number in sealed:
                # The process was killed between the rename of the batch and this removal.
                self._open_path(number).unlink()
                continue
            left = unpack_log(self._open_path(number).read_bytes())
            if left is None:
                raise RecordUnreadable(f"{self._open_path(number)} has no heading")
        return left

    def _open_path(self, number: int) -> Path:
        return self.path / f"{number:08d}{_OPEN}"

    def _batch_path(self, number: int) -> Path:
        return self.path / f"{number:08d}{_BATCH}"


@dataclass(slots=True)
class Leftovers:
    """
    The data of earlier processes in a record directory: segment stores, the oldest stream first,
    and the names of streams with unreadable directories, which are left for a later start.

    ``unidentified``: directories with data whose identity is missing or damaged; each has the name
    of its stream.
    """

    segments: list[RuntimeSegments] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unidentified: list[Path] = field(default_factory=list)


def leftover_segments(record: Path) -> Leftovers:
    """
    Return the data of earlier processes in a record directory.

    Incomplete files are removed; a directory without identity and data never became a stream.

    Raises:
        OSError: the directory itself cannot be read.
    """
    leftovers = Leftovers()
    for path in sorted(record.iterdir()) if record.is_dir() else ():
        if not path.is_dir() or path.suffix == _DAMAGED:
            continue
        try:
            for half in path.glob(f"*{_HALF_WRITTEN}"):
                half.unlink()
            stream = _identity(path)
        except OSError as error:
            _log.error("cannot read record directory=%s: %s; a later start will retry", path, error)
            leftovers.unreadable.append(path.name)
            continue
        if stream is not None:
            leftovers.segments.append(RuntimeSegments(path, stream))
        elif _numbers(path, _BATCH) or _numbers(path, _OPEN):
            leftovers.unidentified.append(path)
    leftovers.segments.sort(key=lambda segments: segments.stream.ordinal)
    return leftovers


def set_aside(path: Path) -> list[int]:
    """
    Rename the directory of a stream that nobody can identify, so that it is reported only once.

    Returns the numbers of the batches in it.
    """
    aside = path.with_name(path.name + _DAMAGED)
    _log.error("cannot identify record directory=%s; set aside as %s", path, aside.name)
    try:
        path.rename(aside)
    except OSError as error:
        _log.error("cannot set aside record directory=%s: %s", path, error)
        return _numbers(path, _BATCH)
    return _numbers(aside, _BATCH)


def _identity(path: Path) -> StreamIdentity | None:
    """Return the identity in a directory; ``None`` if that is missing, damaged or another's."""
    try:
        stream = msgspec.json.decode((path / _IDENTITY).read_bytes(), type=StreamIdentity)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return stream if stream.name == path.name else None


def _numbers(path: Path, suffix: str) -> list[int]:
    # Files of other names are a person's, or a file system check's.
    return sorted(
        int(file.stem) for file in path.glob(f"*{suffix}") if _NUMBER.fullmatch(file.stem)
    )


def _write(path: Path, content: bytes) -> None:
    half = path.with_name(path.name + _HALF_WRITTEN)
    half.write_bytes(content)
    half.rename(path)


def _write_all(file: int, content: bytes) -> None:
    # A nearly full file system accepts a part without an error; the next write fails.
    while content:
        content = content[os.write(file, content) :]
