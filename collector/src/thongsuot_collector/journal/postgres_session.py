"""Connections of the PostgreSQL journal, reopened after a failover, and commits on them."""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg
from psycopg.errors import Diagnostic

from thongsuot_collector.errors import JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.journal import postgres_rows as rows
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.journal.postgres_tables import (
    JournalIdentity,
    PostgresConnection,
    identity,
    other_user,
    take_order,
    use,
    used_by,
)
from thongsuot_collector.postgresql import PostgresDatabase, abort
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_runtime.backoff import Backoff

Job = JournalEntry | Callable[[PostgresConnection], object]
"""An entry to append, or a job that only uses the connection."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 2.0
"""A failover takes about ten seconds: its end is noticed within two."""

_SETTINGS = (
    # A plan made while the tables were empty scans them completely, and is cached. Every statement
    # of the writer has an index.
    "SET enable_seqscan = off",
    # For the planner this makes the one row of `journal` extremely expensive, and worth JIT
    # compilation: two seconds a statement (measured 2026-11).
    "SET jit = off",
    # A statement holds a group of large pushes twice; beyond this size it uses files.
    "SET work_mem = '64MB'",
)
"""Of the writer's session."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class JournalConnection:
    """
    A connection to one journal, for one thread; reopened after the server was unavailable.

    ``known`` returns the journal's name and the newest sequence seen: another journal, or one with
    a lower sequence, is not used. ``opened`` is called with each new connection.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        known: Callable[[], JournalIdentity],
        *,
        autocommit: bool,
        opened: Callable[[PostgresConnection], None] = lambda _connection: None,
    ) -> None:
        self._database = database
        self._known = known
        self._autocommit = autocommit
        self._opened = opened
        self._connection: PostgresConnection | None = None
        self._lock = threading.Lock()
        self._backoff = Backoff(
            first_s=_FIRST_WAIT_S, limit_s=_LONGEST_WAIT_S, random=random.random
        )
        self._next_try_s = self._asked_s = 0.0
        self._message = ""

    def get(self) -> PostgresConnection:
        """
        Return the connection.

        Raises:
            JournalRefused: the server cannot be reached; retried with growing pauses.
            JournalDamaged: it has another journal, or one without entries that were read before.
        """
        self._asked_s = time.monotonic()
        if self._connection is not None and not self._connection.closed:
            return self._connection
        if time.monotonic() < self._next_try_s:
            raise JournalRefused(self._message)
        try:
            connection = self._connect()
        except (psycopg.Error, OSError, ValueError) as error:
            wait_s = self._backoff.next_wait_s()
            self._next_try_s = time.monotonic() + wait_s
            self._message = (
                f"cannot reach the journal at {self._database.shown}: "
                f"{self._database.message_of(error)}; tried again in {wait_s:.1f} s"
            )
            if self._backoff.is_worth_logging():
                _log.warning("%s", self._message)
            raise JournalRefused(self._message) from error
        if failures := self._backoff.reset():
            _log.info("journal reachable again after %d failures", failures)
        self._connection = connection
        return connection

    def query(self, query: Callable[[PostgresConnection], T]) -> T:
        """
        Return the result of a query that may be repeated.

        Raises:
            JournalRefused: the server cannot be reached, or refuses.
            JournalDamaged: see ``get``.
        """
        try:
            return query(self.get())
        except psycopg.Error as error:
            refused = self.fail(error)
            if not isinstance(error, psycopg.OperationalError):
                raise refused from error
        # The server has ended an idle connection, or another took over.
        try:
            return query(self.get())
        except psycopg.Error as error:
            raise self.fail(error) from error

    def fail(self, error: psycopg.Error) -> JournalRefused:
        """
        Return the exception to raise for an error of the connection, which is reset or closed.
        """
        connection = self._connection
        if connection is not None and not connection.closed and not self._autocommit:
            with contextlib.suppress(psycopg.Error):  # then it is broken, and closed below
                connection.rollback()
        if connection is not None and connection.broken:
            # One that only reads waits for nothing but its server. Unless it is said that this is
            # silent, the next connection waits for it as well, and all that wait for that.
            if self._autocommit:
                self._database.note_lost(self._asked_s)
            self.close()
        return JournalRefused(
            f"the journal at {self._database.shown} failed: {self._database.message_of(error)}"
        )

    def abort(self) -> None:
        """Have the running statement fail; called by another thread."""
        with self._lock:
            if self._connection is not None and not self._connection.closed:
                abort(self._connection)

    def close(self) -> None:
        """Close the connection; the next ``get`` opens a new one."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _connect(self) -> PostgresConnection:
        connection = self._database.connect(autocommit=self._autocommit)
        try:
            self._check(connection)
            self._opened(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: PostgresConnection) -> None:
        # In this order: others append meanwhile, and the head that this process knows changes.
        known = self._known()
        try:
            there = identity(connection)
        except JournalError as error:
            # It is being restored, or a newer collector has migrated it: neither passes by itself.
            raise JournalDamaged(f"{self._database.shown}: {error}") from error
        is_same = rows.has_entry(connection, *known.newest)
        connection.commit()
        if there.name == known.name and there.head >= known.head and is_same:
            return
        if there.name != known.name:
            raise JournalDamaged(f"{self._database.shown} has another journal now")
        if there.head >= known.head:
            raise JournalDamaged(
                f"the journal at {self._database.shown} has another entry {known.newest[0]} now: "
                "it was put back, or a server took over that had not all of it, and others append"
            )
        raise JournalDamaged(
            f"the journal at {self._database.shown} ends at {there.head} now, and was read up to "
            f"{known.head}: it was put back, or a server took over that had not all of it"
        )


class PostgresSession:
    """
    See ``CommitSession``: one transaction per group, one statement for all its appends.

    With a synchronous standby a commit waits until the standby has flushed it. If the wait is
    cancelled, the server reports success and a warning; no such entry is acknowledged.
    ``turn_within_s`` is how long a group waits for its turn among those of other processes.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        known: Callable[[], JournalIdentity],
        *,
        turn_within_s: float,
    ) -> None:
        self._database = database
        self._turn_within_s = turn_within_s
        self._notices: list[str] = []
        self._is_aborted = False
        self._connection = JournalConnection(
            database, known, autocommit=False, opened=self._prepare
        )

    def _prepare(self, connection: PostgresConnection) -> None:
        for setting in _SETTINGS:
            connection.execute(setting)
        # A commit that waits for its standby keeps its turn, even after its client has given up:
        # those behind it must not queue up until no connection is left.
        milliseconds = round(self._turn_within_s * 1000)
        connection.execute(f"SET lock_timeout = {milliseconds}".encode())
        connection.commit()
        connection.add_notice_handler(self._keep_notice)

    def _keep_notice(self, notice: Diagnostic) -> None:
        self._notices.append(notice.message_primary or "a notice without words")

    def commit(self, jobs: Sequence[Job]) -> list[object]:
        """See ``CommitSession``."""
        self._is_aborted = False
        connection = self._in_order()
        try:
            results = _do(connection, jobs)
            self._notices.clear()
            connection.commit()
        except psycopg.Error as error:
            raise self._refusal_of(error) from error
        except BaseException:
            connection.rollback()
            raise
        if self._notices:
            self._connection.close()
            raise JournalRefused(
                f"a commit to the journal ({len(jobs)} jobs) came with a notice: "
                f"{self._notices[0]}; it may be on one disk only, and is not acknowledged"
            )
        return results

    def _in_order(self) -> PostgresConnection:
        """
        Return the connection when it is its turn (``take_order``).

        Nothing was asked of it before: if it has ended while it was idle (by a proxy in between,
        for instance) another one is opened.
        """
        connection = self._connection.get()
        try:
            take_order(connection)
        except psycopg.Error as error:
            was_ended = connection.broken and not self._is_aborted
            refused = self._refusal_of(error)
            if not was_ended:
                raise refused from error
            connection = self._connection.get()
            try:
                take_order(connection)
            except psycopg.Error as second:
                raise self._refusal_of(second) from second
        return connection

    def _refusal_of(self, error: psycopg.Error) -> JournalRefused:
        """Return the exception to raise; of a commit that was aborted the error says nothing."""
        refused = self._connection.fail(error)
        if not self._is_aborted:
            return refused
        return JournalRefused(
            f"the journal at {self._database.shown} did not commit within {self._turn_within_s:g} "
            "s: it waits for its standby, or for what somebody has locked"
        )

    def abort(self) -> None:
        """See ``CommitSession``."""
        self._is_aborted = True
        self._connection.abort()

    def close(self) -> None:
        """See ``CommitSession``."""
        self._connection.close()


def _do(connection: PostgresConnection, jobs: Sequence[Job]) -> list[object]:
    """Do all jobs, the appends together and last; return their results in the order of the jobs."""
    results: list[object] = [
        None if isinstance(job, JournalEntry) else job(connection) for job in jobs
    ]
    places = [place for place, job in enumerate(jobs) if isinstance(job, JournalEntry)]
    entries = [job for job in jobs if isinstance(job, JournalEntry)]
    if entries:
        for place, result in zip(places, rows.append(connection, entries), strict=True):
            results[place] = result
    return results


class HeadListener:
    """
    Follows the journal's newest sequence, whichever process appends: by notifications of the
    server, and by polling.

    Its session uses the journal, alone if ``is_sole``. ``grown`` is called with the sequence, and
    ``failed`` with a fatal error, in a thread.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        known: Callable[[], JournalIdentity],
        *,
        grown: Callable[[int], None],
        failed: Callable[[JournalError], None],
        is_sole: bool,
    ) -> None:
        self._database = database
        self._is_sole = is_sole
        self._connection = JournalConnection(database, known, autocommit=True, opened=self._listen)
        self._grown = grown
        self._failed = failed
        self._closing = threading.Event()
        self._warnings = RepeatedWarnings()
        self._thread = threading.Thread(target=self._run, name="journal-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; blocks until it has ended."""
        self._closing.set()
        self._connection.abort()
        self._thread.join()

    def _listen(self, connection: PostgresConnection) -> None:
        if not use(connection, is_sole=self._is_sole):
            if other := other_user(connection, is_sole=self._is_sole):
                raise JournalDamaged(used_by(self._database, other))
            raise JournalRefused("the server still has the last session of this process")
        connection.execute(f"LISTEN {rows.CHANNEL}")

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._follow(self._connection.get())
            except JournalRefused:
                self._closing.wait(_FIRST_WAIT_S)
            except psycopg.Error as error:
                refused = self._connection.fail(error)
                ending = self._warnings.ending(str(refused))
                if ending is not None and not self._closing.is_set():
                    _log.warning("%s%s", refused, ending)
                # A server that answers, and refuses: a right was revoked.
                self._closing.wait(_FIRST_WAIT_S)
            except JournalError as error:
                self._failed(error)
                return
        self._connection.close()

    def _follow(self, connection: PostgresConnection) -> None:
        # Includes entries appended before listening began, and detects an unreachable server.
        row = connection.execute("SELECT head FROM journal", prepare=True).fetchone()
        assert row is not None, "the journal has its row"
        self._grown(row[0])
        for notify in connection.notifies(timeout=_ASKED_EVERY_S):
            self._grown(int(notify.payload))


_ASKED_EVERY_S = 1.0
