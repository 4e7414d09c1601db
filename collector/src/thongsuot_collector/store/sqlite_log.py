"""
The write-ahead log of a SQLite file, with a bad frame in it.

After a crash SQLite reads the log up to the first frame whose checksum is wrong, and drops what
comes behind: usually a transaction that was not complete, but all later ones if a disk has spoiled
a frame among them. These frames are still there. A checksum continues that of the frame before,
which has it in its header: so each frame can be checked although an earlier one is bad.

Source: https://www.sqlite.org/fileformat2.html#walformat
"""

import os
import struct
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER_BYTES, _FRAME_HEADER_BYTES, _CHECKED_BYTES = 32, 24, 8
_MAGIC = 0x377F0682
"""With its lowest bit checksums are of big-endian words."""

_INDEX_LAST_FRAME = 16
"""Where the file beside a log has the number of the last frame that SQLite uses."""


class LogHeader(NamedTuple):
    """The fields of a log's header that its frames depend on."""

    page_bytes: int
    salts: bytes
    is_big_endian: bool


class Frame(NamedTuple):
    """One frame: ``commits`` if a transaction ends with it."""

    header: bytes
    page: bytes

    @property
    def commits(self) -> bool:
        """Whether a transaction ends with it."""
        return self.header[4:8] != bytes(4)

    @property
    def salts(self) -> bytes:
        """Its log's salts, unless it is a remainder of an earlier one, or bad."""
        return self.header[8:16]

    @property
    def checksum(self) -> tuple[int, int]:
        """Its stored checksum."""
        return _as_sum(self.header[16:24])


def log_of(path: Path) -> Path:
    """Return the log of a database file."""
    return path.with_name(path.name + "-wal")


def database_bytes_in(path: Path) -> int:
    """
    Return the size of a database file after the last transaction in its log; 0: it has none.

    Bad frames count as well: the size is that of a copy, to be padded.
    """
    log = log_of(path)
    if not log.exists():
        return 0
    with log.open("rb") as opened:
        header = _header_of(opened)
        if header is None:
            return 0
        pages = 0
        for frame in _frame_headers(opened, header, after=0):
            if frame.salts == header.salts and frame.commits:
                pages = int.from_bytes(frame.header[4:8], "big")
    return pages * header.page_bytes


def last_frame_used(path: Path) -> int | None:
    """
    Return the number of the last frame that SQLite uses of a file's log; ``None``: it uses none.

    A connection has to have read the file, and still be open.
    """
    index = path.with_name(path.name + "-shm")
    if not index.exists():
        return None
    with index.open("rb") as opened:
        opened.seek(_INDEX_LAST_FRAME)
        return int.from_bytes(opened.read(4), sys.byteorder)


def has_dropped_commits(path: Path, used: int) -> bool:
    """
    Return whether complete transactions stand behind the frames that SQLite uses.

    The last one may be incomplete, because of a power cut: it was never acknowledged. A second one
    only begins when the first is on the disk.
    """
    log = log_of(path)
    if not log.exists():
        return False
    with log.open("rb") as opened:
        header = _header_of(opened)
        if header is None:
            return False
        commits = 0
        for frame in _frame_headers(opened, header, after=used):
            commits += frame.salts == header.salts and frame.commits
            if commits > 1:
                return True
    return False


def mend_log(path: Path, used: int) -> int:
    """
    Leave bad frames out of the log of a copied file; return how many later ones are in use now.

    The first ``used`` frames stay as they are.
    """
    log = log_of(path)
    mended = log.with_name(log.name + ".new")
    count = 0
    with log.open("rb") as opened, mended.open("wb") as written:
        mended.chmod(0o600)
        header = _header_of(opened)
        assert header is not None, "it was read before"
        opened.seek(0)
        head = opened.read(_HEADER_BYTES)
        written.write(head)
        checksum = _as_sum(head[24:])
        for number, frame in enumerate(_whole_frames(opened, header, used), start=1):
            if number <= used:
                checksum = frame.checksum
            else:
                checksum = _sum(frame, checksum, header)
                count += 1
            written.write(frame.header[:16] + struct.pack(">II", *checksum) + frame.page)
    mended.rename(log)
    return count


def _whole_frames(log: BinaryIO, header: LogHeader, used: int) -> Iterator[Frame]:
    """Yield the first ``used`` frames, and those after them that are not bad."""
    log.seek(0)
    before = _as_sum(log.read(_HEADER_BYTES)[24:])
    doubtful: tuple[Frame, tuple[int, int]] | None = None
    for number, frame in enumerate(_frames(log, header), start=1):
        if number <= used:
            before = frame.checksum
            yield frame
            continue
        if frame.salts != header.salts:
            before, doubtful = frame.checksum, None
            continue
        actual = _sum(frame, before, header)
        if actual == frame.checksum:
            yield frame
            doubtful = None
        elif doubtful is not None and _sum(frame, doubtful[1], header) == frame.checksum:
            # Of the one before only the stored checksum was bad.
            yield doubtful[0]
            yield frame
            doubtful = None
        else:
            doubtful = frame, actual
        before = frame.checksum


def _header_of(log: BinaryIO) -> LogHeader | None:
    log.seek(0)
    data = log.read(_HEADER_BYTES)
    if len(data) < _HEADER_BYTES or int.from_bytes(data[:4], "big") | 1 != _MAGIC | 1:
        return None
    page_bytes = int.from_bytes(data[8:12], "big")
    if not 512 <= page_bytes <= 65_536:
        return None
    return LogHeader(page_bytes, data[16:24], bool(data[3] & 1))


def _frame_headers(log: BinaryIO, header: LogHeader, *, after: int) -> Iterator[Frame]:
    """Yield the frames after the first ``after`` ones, without their pages."""
    frame_bytes = _FRAME_HEADER_BYTES + header.page_bytes
    last = (os.fstat(log.fileno()).st_size - _HEADER_BYTES) // frame_bytes
    for number in range(after, last):
        log.seek(_HEADER_BYTES + number * frame_bytes)
        yield Frame(log.read(_FRAME_HEADER_BYTES), b"")


def _as_sum(data: bytes) -> tuple[int, int]:
    first, second = struct.unpack(">II", data)
    return first, second


def _frames(log: BinaryIO, header: LogHeader) -> Iterator[Frame]:
    log.seek(_HEADER_BYTES)
    frame_bytes = _FRAME_HEADER_BYTES + header.page_bytes
    while len(data := log.read(frame_bytes)) == frame_bytes:
        yield Frame(data[:_FRAME_HEADER_BYTES], data[_FRAME_HEADER_BYTES:])


def _sum(frame: Frame, before: tuple[int, int], header: LogHeader) -> tuple[int, int]:
    """Return the checksum of a frame behind one with the checksum ``before``."""
    words = array("I", frame.header[:_CHECKED_BYTES] + frame.page)
    if header.is_big_endian == (sys.byteorder == "little"):
        words.byteswap()
    first, second = before
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & 0xFFFFFFFF
        second = (second + words[place + 1] + first) & 0xFFFFFFFF
    return first, second
