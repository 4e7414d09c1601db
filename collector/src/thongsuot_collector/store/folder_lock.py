"""
One process at a time uses the files in a state folder.

The lock is that of an open file, so it ends with the process, however that ends. It also holds
between containers that share the folder; between machines as far as their file system supports it.
"""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thongsuot_collector.errors import StoreError
from thongsuot_schema.words.language import Text

LOCK_FILE = "collector.lock"
"""It has the process id and the host of its last holder, and is never removed."""

_HOLDER_BYTES = 200

_log = logging.getLogger(__name__)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """
    Use a state folder alone; it is created if it does not exist.

    Raises:
        StoreError: another process uses it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, _HOLDER_BYTES, 0).decode(errors="replace").strip()
            raise StoreError(
                Text("collector.cli.error.folder_in_use", folder=str(folder), holder=holder or "?")
            ) from None
        _leave_to_owner(descriptor, folder)
        _write_holder(descriptor)
        yield
    finally:
        os.close(descriptor)


def _leave_to_owner(descriptor: int, folder: Path) -> None:
    """Let the collector's own user lock the folder after ``root`` has."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _write_holder(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"PID {os.getpid()}, {socket.gethostname()}\n".encode(), 0)
    except OSError as error:
        # On a full disk the collector starts all the same: only a message would name it.
        _log.warning("cannot write who uses the state folder: %s", error)
