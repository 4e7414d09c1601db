"""
Who writes to an SQLite store next: one after the other, in the order in which they came.

SQLite lets one write at a time and has the others look again and again for a while; whoever has no
luck in thirty seconds fails with ``database is locked``. That was seen on a busy machine, where one
transaction wrote the incidents of a whole city. Inside one process nobody needs luck: a transaction
takes its place here with the first statement that writes, and gives it up when its connection goes
back. Other processes, such as a command beside the collector, are waited for as before.
"""

import threading

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN", "CREATE", "ALTER", "DROP")
_HELD = "thongsuot_write_queue"


class WriteQueue:
    """Places in the order in which they were asked for; ``waiting`` is how many have none yet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = self._serving = 0
        self._holder = 0

    @property
    def waiting(self) -> int:
        """How many wait, besides the one that writes."""
        with self._changed:
            return max(0, self._next - self._serving - 1)

    def enter(self) -> None:
        """
        Return when nobody is left who came before.

        Raises:
            RuntimeError: this thread writes already, by another connection: it would wait for
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
        """Let the next one write."""
        with self._changed:
            self._serving += 1
            self._holder = 0
            self._changed.notify_all()


def attach(engine: Engine) -> WriteQueue:
    """Have all who write by an engine take their places."""
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
    return queue
