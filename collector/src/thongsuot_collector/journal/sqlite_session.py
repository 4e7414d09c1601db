"""One transaction of a SQLite journal: many jobs, one flush."""

import logging
import sqlite3
from collections.abc import Callable, Sequence

from thongsuot_collector.errors import JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.store.sqlite_file import is_damage

Job = Callable[[sqlite3.Connection], object]
"""Must only use the connection passed to it."""

_log = logging.getLogger(__name__)


class SqliteSession:
    """See ``CommitSession``. It owns ``connection``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def commit(self, jobs: Sequence[Job]) -> list[object]:
        """See ``CommitSession``."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
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

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("cannot roll back the journal: %s; the next commit starts again", error)


def _refusal(error: Exception, jobs: int) -> JournalError:
    if is_damage(error):
        return JournalDamaged(f"cannot commit to the journal ({jobs} jobs): {error}")
    return JournalRefused(f"cannot commit to the journal ({jobs} jobs): {error}; nothing was kept")
