"""
Files that a restart takes up again: each is replaced as a whole, and counts only if it is whole.

A file is the digest of its content and the content. A memory card may return other bytes than were
written: in a history a changed byte is another time or another state, and no decoder notices.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from thongsuot_schema.batch.digest import DIGEST_BYTES, digest_of

_log = logging.getLogger(__name__)

T = TypeVar("T")


class KeptFile:
    """
    A file that is written again and again; a disk that takes no files is no reason to stop.

    What a power cut leaves is the file before or this one: nothing is flushed, and none of these is
    the record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failures = 0

    def read(self, decode: Callable[[bytes], T]) -> T | None:
        """
        Return the content, by a ``decode`` of msgspec; ``None`` if there is no file, or none that
        can be read: that is logged, and is no reason not to start.
        """
        try:
            return decode(_whole(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("cannot read file=%s: %s; continuing without it", self.path, error)
            return None

    def replace(self, body: bytes) -> bool:
        """Write it, whole or not at all; return whether it was written. Failures are logged."""
        try:
            replace_file(self.path, digest_of(body) + body)
        except OSError as error:
            self._failures += 1
            if self._failures & (self._failures - 1) == 0:  # the first, then once per doubling
                _log.warning(
                    "cannot write file=%s failures=%d: %s; the old version is kept",
                    self.path,
                    self._failures,
                    error,
                )
            return False
        if self._failures:
            _log.info("file=%s is written again after failures=%d", self.path, self._failures)
            self._failures = 0
        return True


def replace_file(path: Path, content: bytes) -> None:
    """
    Write a file, whole or not at all; its folder is made where it is missing.

    Raises:
        OSError: the disk takes no files.
    """
    half = path.with_name(f"{path.name}.tmp")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half.write_bytes(content)
    half.rename(path)


def flush_folder(folder: Path) -> None:
    """Make a renamed file survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _whole(content: bytes) -> bytes:
    body = content[DIGEST_BYTES:]
    if digest_of(body) != content[:DIGEST_BYTES]:
        raise msgspec.DecodeError("its digest does not fit")
    return body
