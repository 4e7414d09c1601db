"""
Serialises the writers of an SQLite store, in order of arrival.

SQLite admits one writer at a time and makes the others poll for a while; a writer without success
in thirty seconds fails with ``database is locked``. That was observed on a busy machine, where one
transaction wrote the incidents of a whole city. Inside one process a queue avoids it: a transaction
takes its place here with its first writing statement, and leaves when its connection is returned.
Other processes, such as a command run beside the collector, are waited for by polling.
"""

import threading

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN", "CREATE", "ALTER", "DROP")
_HELD = "thongsuot_write_queue"


class WriteQueue:
    """A first-in, first-out lock."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = self._serving = 0
        self._holder = 0

    def enter(self) -> None:
        """
        Wait until no earlier thread is left.

        Raises:
            RuntimeError: this thread already writes through another connection: it would wait for
                itself.
        """
        with self._changed:
            if self._holder == threading.get_ident():
                raise RuntimeError("a thread cannot write in two transactions of a store at once")
            place = self._next
            self._next += 1
            while self._serving != place:
                self._changed.wait()
            self._holder = threading.get_ident()

    def leave(self) -> None:
        """Admit the next writer."""
        with self._changed:
            self._serving += 1
            self._holder = 0
            self._changed.notify_all()


def attach(engine: Engine) -> None:
    """Make all writers of an engine use the queue."""
    queue = WriteQueue()

    def before_statement(
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        _context: object,
        _is_many: bool,
    ) -> None:
        if _HELD not in connection.info and statement.lstrip().upper().startswith(_WRITES):
            queue.enter()
            connection.info[_HELD] = True

    def after_use(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        if entry.info.pop(_HELD, False):
            queue.leave()

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(engine, "checkin", after_use)
