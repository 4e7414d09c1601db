"""One transaction of a SQLite journal: many jobs, one flush."""

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from thongsuot_collector.errors import JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.store.sqlite_file import is_damage

_FileId = tuple[int, int] | None
"""Device and number of a file; ``None``: there is none, such as no log in another journal mode."""

Job = Callable[[sqlite3.Connection], object]
"""Must only use the connection passed to it."""

_log = logging.getLogger(__name__)


class SqliteSession:
    """
    See ``CommitSession``. It owns ``connection``, which is to the file at ``path``.

    It commits only as long as that file and its log are at their place: SQLite continues to write
    to files that somebody has removed or replaced, and they are gone when the process ends.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._written: tuple[_FileId, ...] = ()

    def commit(self, jobs: Sequence[Job]) -> list[object]:
        """See ``CommitSession``."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._check_place()
            results = [job(self._connection) for job in jobs]
            self._connection.execute("COMMIT")
        except Exception as error:
            self._roll_back()
            raise _refusal(error, len(jobs)) from error
        return results

    def abort(self) -> None:
        """See ``CommitSession``: a hanging disk cannot be interrupted."""

    def close(self) -> None:
        """See ``CommitSession``."""
        self._connection.close()

    def _check_place(self) -> None:
        # Within the transaction: the log exists.
        at_place = tuple(_file_id(f"{self._path}{end}") for end in ("", "-wal"))
        self._written = self._written or at_place
        if at_place != self._written:
            raise FileNotFoundError(
                f"{self._path} or its log was removed or replaced while in use; put it back"
            )

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("cannot roll back the journal: %s; the next commit starts again", error)


def _file_id(path: str) -> _FileId:
    try:
        status = os.stat(path)  # noqa: PTH116 - with each commit
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _refusal(error: Exception, jobs: int) -> JournalError:
    if is_damage(error):
        return JournalDamaged(f"cannot commit to the journal ({jobs} jobs): {error}")
    return JournalRefused(f"cannot commit to the journal ({jobs} jobs): {error}; nothing was kept")
