"""
Elects the leader among several collectors on one database, which judges, delivers and notifies.

An advisory lock elects, and ends with its session; a term fences. The collector that takes the lock
raises the term, and every decision is a transaction that first locks the row of its term: if that
row no longer exists the collector is deposed, and the transaction ends. A stopped process keeps its
lock, so a candidate that sees no beat for three seconds terminates its sessions. It counts them
itself: the server's clock may be set by hours meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, event

from thongsuot_collector.postgresql import PostgresDatabase, abort, abort_all
from thongsuot_collector.store.postgresql import driver_of, unfinished
from thongsuot_collector.store.term import LEASE_S, Term

_LOCK = 0x7468_6F6E_6702
_TRY_EVERY_S = 0.25
_BEAT_EVERY_S = 0.5

_SILENT_CHECKS = 12
"""
Checks, half a second apart, after which a server that has not answered a statement counts as
stopped: it would itself have ended the statement after three seconds. In checks, so that a pause of
this machine costs one.
"""

_TRY = "SELECT pg_try_advisory_lock(%(lock)s)"
# The lock's session beats continuously: one in which nothing changes is stopped.
_HOLDER = """
SELECT pid, extract(epoch FROM state_change)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = %(high)s AND objid = %(low)s AND objsubid = 1
"""
# The other sessions of the process are terminated, too, because they may hold row locks.
_END_STALE = """
SELECT pg_terminate_backend(other.pid), other.application_name
FROM pg_stat_activity holder JOIN pg_stat_activity other USING (application_name)
WHERE holder.pid = %(pid)s AND extract(epoch FROM holder.state_change) = %(changed)s
"""
# The lock may be lost with its session alone: the other sessions of that process must not decide
# any more.
_END_PREDECESSOR = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN leadership ON application_name = holder
WHERE datname = current_database() AND pid <> pg_backend_pid() AND holder <> %(holder)s
"""
_RAISE_TERM = """
UPDATE leadership SET term = term + 1, holder = %(holder)s,
    since_ns = (extract(epoch FROM clock_timestamp()) * 1e9)::bigint,
    beat_ns = (extract(epoch FROM clock_timestamp()) * 1e9)::bigint RETURNING term
"""
# Not while rows are still being restored: the keys may have come first, with --schema-only.
_FIRST_TERM = """
INSERT INTO leadership (term, holder, since_ns, beat_ns, revision)
SELECT 1, %(holder)s, (extract(epoch FROM clock_timestamp()) * 1e9)::bigint,
    (extract(epoch FROM clock_timestamp()) * 1e9)::bigint, 0 FROM store_version RETURNING term
"""
_BEAT = """
UPDATE leadership SET beat_ns = (extract(epoch FROM clock_timestamp()) * 1e9)::bigint,
    revision = %(revision)s, unjudged = coalesce(%(unjudged)s::bigint, unjudged)
WHERE term = %(term)s AND holder = %(holder)s
"""
_CHANGES = ("INSERT", "UPDATE", "DELETE")

PostgresConnection = psycopg.Connection[TupleRow]

_log = logging.getLogger(__name__)


class LeaderCandidate:
    """
    A candidate: tries to get the lock in a thread of its own, and beats while it has it.
    ``changed`` is called in that thread with the new term, and with ``None`` at its end.
    ``is_alive`` returns whether the rest of the process still works.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        changed: Callable[[Term | None], None],
        is_alive: Callable[[], bool],
    ) -> None:
        self._database = database
        self._changed = changed
        self._is_alive = is_alive
        self._ended = threading.Event()
        self._connection: PostgresConnection | None = None
        self._asked_s = 0.0
        self._statements = 0
        self._is_asking = False
        self._holder: tuple[object, ...] = ()
        self._still_looks = 0
        """The session of the lock, and the looks since its last sign of life."""
        self._checked = (0, 0)
        """The statement that had no answer at the last checks, and their number."""
        self._warned = ""
        """The failure that was logged, until the election works again."""
        self._thread = threading.Thread(target=self._run, name="election", daemon=True)

    @property
    def name(self) -> str:
        """The application name of this process's sessions at the server."""
        return self._database.application

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Release the lock, if it is held; returns when others may take it."""
        self._ended.set()
        connection = self._connection
        self._thread.join(2 * LEASE_S)
        if self._thread.is_alive() and connection is not None:
            abort(connection)
            self._thread.join()

    def give_up_silent_server(self) -> bool:
        """
        End all connections of this process to a server that does not answer, and return whether it
        has come to that; called twice a second, by another thread.

        The kernel of a server that is stopped, or waits for a broken disk, still accepts everything
        that is sent to it: no time-out of TCP ends this, while another server may have taken over.
        """
        connection, statement = self._connection, self._statements
        if connection is None or not self._is_asking:
            return False
        before, checks = self._checked
        self._checked = statement, checks + 1 if before == statement else 1
        if self._checked[1] != _SILENT_CHECKS:
            return False
        _log.error(
            "the database does not answer: all connections to it are given up, and made again to "
            "the server that accepts writes"
        )
        abort_all(connection)
        return True

    def _run(self) -> None:
        while not self._ended.is_set():
            self._connection = None
            try:
                with self._database.connect(autocommit=True) as self._connection:
                    # A beat need not be durable, and must not wait for a disk.
                    self._connection.execute("SET synchronous_commit = off")
                    self._connection.execute("SET statement_timeout = '3s'")
                    self._stand(self._connection)
            except psycopg.errors.UndefinedTable:
                # A new database: this process, or another one, is about to create the store.
                self._ended.wait(_TRY_EVERY_S)
            except (psycopg.Error, OSError, ValueError) as error:
                if self._connection is not None and self._connection.broken:
                    self._database.note_lost(self._asked_s)
                message = self._database.message_of(error)
                if message != self._warned and not self._ended.is_set():
                    _log.warning("election: %s; retrying until it works", message)
                self._warned = message
                self._ended.wait(_TRY_EVERY_S)

    def _ask(
        self, connection: PostgresConnection, statement: LiteralString, values: Mapping[str, object]
    ) -> psycopg.Cursor[TupleRow]:
        with self._asking():
            return connection.execute(statement, values)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._statements += 1
        self._is_asking = True
        try:
            yield
        finally:
            self._is_asking = False

    def _stand(self, connection: PostgresConnection) -> None:
        # At once: the connection may have been opened to the server that has just taken over.
        while not self._ended.is_set():
            if self._is_alive():
                self._asked_s = time.monotonic()
                row = self._ask(connection, _TRY, {"lock": _LOCK}).fetchone()
                if row is not None and row[0]:
                    self._lead(connection)
                    return
                self._end_stale(connection)
                self._warned = ""
            self._ended.wait(_TRY_EVERY_S)

    def _end_stale(self, connection: PostgresConnection) -> None:
        place = {"high": _LOCK >> 32, "low": _LOCK & 0xFFFF_FFFF}
        holder = self._ask(connection, _HOLDER, place).fetchone() or ()
        # In looks, so that a pause of this machine costs one.
        self._still_looks = self._still_looks + 1 if holder and holder == self._holder else 0
        self._holder = holder
        if self._still_looks * _TRY_EVERY_S < LEASE_S:
            return
        self._still_looks = 0
        stale = {"pid": holder[0], "changed": holder[1]}
        ended = self._ask(connection, _END_STALE, stale).fetchall()
        if ended:
            _log.error("election: %s showed no sign of life for %g s; ended", ended[0][1], LEASE_S)

    def _lead(self, connection: PostgresConnection) -> None:
        """Start a term, and beat until it is over."""
        asked_s = time.monotonic()
        self._ask(connection, _END_PREDECESSOR, {"holder": self.name})
        number = self._begin_term(connection)
        if number is None:
            self._ended.wait(_TRY_EVERY_S)
            return
        term = Term(number=number, holder=self.name, confirmed_s=asked_s)
        self._warned = ""
        _log.info("leading term=%d", number)
        self._changed(term)
        try:
            while not self._ended.wait(_BEAT_EVERY_S) and self._is_alive() and not term.is_over:
                asked_s = self._asked_s = time.monotonic()
                count = term.count_unjudged
                unjudged = None if count is None else count()
                beat = {"term": number, "holder": self.name, "revision": term.revision}
                if self._ask(connection, _BEAT, {**beat, "unjudged": unjudged}).rowcount != 1:
                    break
                term.confirmed_s = asked_s
        finally:
            term.is_over = True
            self._changed(None)
            _log.warning("no longer leading term=%d", number)

    def _begin_term(self, connection: PostgresConnection) -> int | None:
        """Return the number of the next term; ``None``: the store is not complete."""
        holder = {"holder": self.name}
        with connection.transaction() as beginning:
            # The term itself must be as durable as decisions are: on all disks.
            connection.execute("SET LOCAL synchronous_commit = on")
            row = self._ask(connection, _RAISE_TERM, holder).fetchone()
            row = row or self._ask(connection, _FIRST_TERM, holder).fetchone()
            # After them: they have seen the tables, so no table is yet to come.
            with self._asking():
                why = unfinished(connection, self._database)
            if why:
                if why != self._warned:
                    _log.warning("election: %s", why)
                self._warned, row = why, None
                raise psycopg.Rollback(beginning)
        return None if row is None else int(row[0])


def fence(engine: Engine, term: Term) -> None:
    """
    Make every writing transaction of an engine first verify that the term is in force.

    Otherwise the transaction raises ``Deposed`` and is rolled back.
    """

    def prove(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.lstrip().upper().startswith(_CHANGES):
            return
        transaction = connection.get_transaction()
        if connection.info.get("fenced") is transaction:
            return
        term.lock(driver_of(connection))
        connection.info["fenced"] = transaction

    event.listen(engine, "before_cursor_execute", prove)
