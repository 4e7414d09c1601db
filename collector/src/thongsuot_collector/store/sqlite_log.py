"""
The write-ahead log of a SQLite file, with a bad frame in it.

After a crash SQLite reads the log up to the first frame whose checksum is wrong, and drops what
comes behind: usually a transaction that was not complete, but all later ones if a disk has spoiled
a frame among them; and all of them if the log's own header is bad. These frames are still there. A
checksum continues that of the frame before, which has it in its header: so each frame can be
checked although an earlier one is bad, and a header can be told from two frames.

Source: https://www.sqlite.org/fileformat2.html#walformat
"""

import os
import struct
import sys
from array import array
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER_BYTES, _FRAME_HEADER_BYTES, _CHECKED_BYTES = 32, 24, 8
_MAGIC = 0x377F0682
"""With its lowest bit checksums are of big-endian words."""

_VERSION = 3007000
_PAGE_BYTES = tuple(512 << power for power in range(8))
_FRAMES_TRIED = 4
"""A bad sector covers the header and a page or two; they are looked for behind it."""

_INDEX_BYTES, _INDEX_LAST_FRAME, _INDEX_SALTS = 48, 16, slice(32, 40)
"""
The head of the file beside a log, which changes with each transaction; where in it the number of
the last frame is that SQLite uses, and the salts of the log.
"""

_HEADER_SALTS = slice(16, 24)


class LogHeader(NamedTuple):
    """
    The fields of a log's header that its frames depend on.

    ``checksum`` is that of the header, which the first frame's continues; ``None``: the header is
    bad, and the other fields are from the frames.
    """

    page_bytes: int
    salts: bytes
    is_big_endian: bool
    checksum: tuple[int, int] | None

    def encode(self) -> tuple[bytes, tuple[int, int]]:
        """Return a header with these fields, and its checksum."""
        magic = _MAGIC | self.is_big_endian
        fields = struct.pack(">IIII", magic, _VERSION, self.page_bytes, 0) + self.salts
        checksum = _sum_of(fields, (0, 0), is_big_endian=self.is_big_endian)
        return fields + struct.pack(">II", *checksum), checksum


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
    head = _index_of(path)
    return None if head is None else _last_frame_in(head)


def drops_commits(path: Path) -> int | None:
    """
    Return the number of the first frame of a log that SQLite drops although complete transactions
    stand behind it; ``None``: there is none.

    A connection has to have read the file, and still be open. Others may write meanwhile.
    """
    head = _index_of(path)
    while head is not None and has_dropped_commits(path, _last_frame_in(head)):
        if _is_begun_again(path, head[_INDEX_SALTS]):
            return None
        before, head = head, _index_of(path)
        if head == before:
            return _last_frame_in(head) + 1
        # Transactions that ended while the log was read stood behind the last one used until then.
    return None


def _is_begun_again(path: Path, salts: bytes) -> bool:
    """
    Return whether a writer is about to begin a log again: its frames are all in the file then.

    It has chosen new salts, and not written them. Of a log with a bad header SQLite knows none.
    """
    with log_of(path).open("rb") as log:
        return any(salts) and salts != log.read(_HEADER_BYTES)[_HEADER_SALTS]


def _index_of(path: Path) -> bytes | None:
    index = path.with_name(path.name + "-shm")
    if not index.exists():
        return None
    with index.open("rb") as opened:
        return opened.read(_INDEX_BYTES)


def _last_frame_in(head: bytes) -> int:
    return int.from_bytes(head[_INDEX_LAST_FRAME : _INDEX_LAST_FRAME + 4], sys.byteorder)


def has_dropped_commits(path: Path, used: int) -> bool:
    """
    Return whether complete transactions stand behind the frames that SQLite uses.

    The last one may be incomplete, because of a power cut: it was never acknowledged. A second one
    only begins when the first is on the disk; the first one when the log's header is. So a log with
    a bad header had transactions, unless there are zeros behind it.
    """
    log = log_of(path)
    if not log.exists():
        return False
    with log.open("rb") as opened:
        header = _header_of(opened)
        if header is None:
            opened.seek(_HEADER_BYTES)
            return any(opened.read(_FRAME_HEADER_BYTES))
        incomplete = 0 if header.checksum is None else 1
        commits = 0
        for frame in _frame_headers(opened, header, after=used):
            commits += frame.salts == header.salts and frame.commits
            if commits > incomplete:
                return True
    return False


def has_bad_header(path: Path) -> bool:
    """Return whether the header of a file's log is bad, and can be told from its frames."""
    log = log_of(path)
    if not log.exists():
        return False
    with log.open("rb") as opened:
        header = _header_of(opened)
    return header is not None and header.checksum is None


def mend_log(path: Path, used: int) -> int:
    """
    Leave bad frames out of the log of a copied file; return how many later ones are in use now.

    The first ``used`` frames stay as they are. A log without two successive frames stays as it is.
    """
    log = log_of(path)
    mended = log.with_name(log.name + ".new")
    count = 0
    with log.open("rb") as opened, mended.open("wb") as written:
        mended.chmod(0o600)
        header = _header_of(opened)
        if header is None:
            mended.unlink()
            return 0
        head, checksum = header.encode()
        if header.checksum is not None:
            opened.seek(0)
            head, checksum = opened.read(_HEADER_BYTES), header.checksum
        written.write(head)
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
    before = header.checksum
    doubtful: tuple[Frame, tuple[int, int]] | None = None
    for number, frame in enumerate(_frames(log, header), start=1):
        # The first one behind a bad header cannot be checked: its own salts say that it is no part
        # of what is bad.
        is_first_of_bad = before is None and frame.salts == header.salts
        if number <= used or is_first_of_bad:
            before = frame.checksum
            yield frame
            continue
        if before is None or frame.salts != header.salts:
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
    if len(data) < _HEADER_BYTES:
        return None
    magic, _version, page_bytes, _checkpoint = struct.unpack(">IIII", data[:16])
    if magic | 1 == _MAGIC | 1 and page_bytes in _PAGE_BYTES:
        checksum = _as_sum(data[24:])
        if _sum_of(data[:24], (0, 0), is_big_endian=bool(magic & 1)) == checksum:
            return LogHeader(page_bytes, data[16:24], bool(magic & 1), checksum)
    return _header_from_frames(log)


def _header_from_frames(log: BinaryIO) -> LogHeader | None:
    """Return the header that the first two successive frames of a log must have had."""
    for page_bytes in _PAGE_BYTES:
        unknown = LogHeader(page_bytes, b"", is_big_endian=False, checksum=None)
        frames = list(islice(_frames(log, unknown), _FRAMES_TRIED + 1))
        for before, frame in pairwise(frames):
            for is_big_endian in (False, True):
                header = LogHeader(page_bytes, frame.salts, is_big_endian, None)
                if _continues(frame, before, header):
                    if _is_restarted(frames[0], frame):
                        return header._replace(salts=frames[0].salts)
                    return header
    return None


def _continues(frame: Frame, before: Frame, header: LogHeader) -> bool:
    """Return whether a frame is the one behind another; zeros have valid checksums, but no page."""
    is_of_page = before.salts == frame.salts and frame.header[:4] != bytes(4)
    return is_of_page and _sum(frame, before.checksum, header) == frame.checksum


def _is_restarted(first: Frame, frame: Frame) -> bool:
    """Return whether a frame is a remainder: a log that begins again counts up its first salt."""
    salt = int.from_bytes(frame.salts[:4], "big")
    return int.from_bytes(first.salts[:4], "big") == (salt + 1) & 0xFFFFFFFF


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
    data = frame.header[:_CHECKED_BYTES] + frame.page
    return _sum_of(data, before, is_big_endian=header.is_big_endian)


def _sum_of(data: bytes, before: tuple[int, int], *, is_big_endian: bool) -> tuple[int, int]:
    words = array("I", data)
    if is_big_endian == (sys.byteorder == "little"):
        words.byteswap()
    first, second = before
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & 0xFFFFFFFF
        second = (second + words[place + 1] + first) & 0xFFFFFFFF
    return first, second
