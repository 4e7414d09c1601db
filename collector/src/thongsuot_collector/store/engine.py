"""Opening the store: whole and of the newest version, or set aside and begun anew."""

import logging
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine, create_engine, event

from thongsuot_collector.store import sqlite_file
from thongsuot_collector.store.migrations import migrate

_log = logging.getLogger(__name__)


def open_store(path: Path) -> Engine:
    """
    Return the store at a path, a new one where there is none or where that one is broken.

    Raises:
        StoreError: it was written by a newer collector.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        sqlite_file.check_file(path)
    except sqlite3.DatabaseError as error:
        if not sqlite_file.is_damage(error):
            raise
        aside = sqlite_file.quarantine(path)
        _log.error(
            "store damaged: %s; set aside as %s, a new one started: every agent needs a new token "
            "(or put a copy of the store back)",
            error,
            aside,
        )
    if not path.exists():
        # It holds no secret in the clear, but who pushes what is nobody else's business.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    engine = create_engine(f"sqlite+pysqlite:///{path.absolute()}")
    event.listen(engine, "connect", _prepare)
    try:
        with engine.begin() as connection:
            migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 30000")
