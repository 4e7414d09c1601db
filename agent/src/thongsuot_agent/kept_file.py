"""Files that a restart takes up again: each is replaced as a whole."""

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


class KeptFile:
    """
    A file that is written again and again; a disk that takes no files is no reason to stop.

    What a power cut leaves is the file before or this one: nothing is flushed, and none of these is
    the record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failures = 0

    def replace(self, body: bytes) -> bool:
        """Write it, whole or not at all; return whether it was written. Failures are logged."""
        try:
            replace_file(self.path, body)
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


def replace_file(path: Path, body: bytes) -> None:
    """
    Write a file, whole or not at all; its folder is made where it is missing.

    Raises:
        OSError: the disk takes no files.
    """
    half = path.with_name(f"{path.name}.tmp")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half.write_bytes(body)
    half.rename(path)
