"""
One thread that writes to a SQLite file, many jobs to a commit.

While one commit waits for the disk, the jobs that arrive gather; the next commit takes them all. So
one appender pays one flush, and a thousand pay hardly more than one. At a pace that leaves the disk
idle each would still come alone: so the first of a group waits a few milliseconds for others.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from thongsuot_collector.errors import JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.store.sqlite_file import is_damage

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], object]
Then = Callable[[object], None]
_Waiting = tuple[Job, Then | None, asyncio.Future[object]]

_JOBS_PER_COMMIT = 512
"""
Bounds how long a commit can take; the gain of larger groups is over by fifty (measured 2026-11).
"""

_JOBS_ENOUGH = 50
"""So many are not kept waiting for more."""

_log = logging.getLogger(__name__)


class GroupCommitWriter:
    """
    The writer of one SQLite connection.

    ``connect`` is called in the writer's own thread. ``committed`` is called in the event loop
    after each commit, with the number of jobs in it and the seconds it took.

    ``gather_s`` is how long the first job of a group waits for others; no longer than until there
    are enough of them.

    Groups are formed in the event loop and handed over whole: one wake-up of the thread a commit,
    and none of the tug-of-war over the interpreter that a queue of single jobs would bring.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        committed: Callable[[int, float], None],
        gather_s: float = 0.0,
    ) -> None:
        self._gather_s = gather_s
        self._gathering: asyncio.TimerHandle | None = None
        self._connect = connect
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Waiting] = []
        self._is_busy = False
        self._groups: queue.SimpleQueue[list[_Waiting] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def run(
        self,
        job: Callable[[sqlite3.Connection], T],
        *,
        then: Callable[[T], None] | None = None,
    ) -> T:
        """
        Run a job inside the next commit, and return its result when that is durable.

        Jobs run in the order in which they were given. A job must only use the connection it
        gets. ``then`` is called with the result in the event loop, in that order too, also when
        the one who waits was cancelled.

        Raises:
            JournalRefused: the commit failed; nothing of the job is kept.
            JournalDamaged: the file is broken.
        """
        future: asyncio.Future[object] = self._loop.create_future()
        self._waiting.append((job, then, future))  # type: ignore[arg-type]  # takes what job gives
        if not self._is_busy:
            self._gather()
        return await future  # type: ignore[return-value]  # the future of this job holds its result

    async def close(self) -> None:
        """Commit what waits and end the thread."""
        self._gather_s = 0.0
        while self._waiting or self._is_busy:
            self._hand_over()
            await self.run(lambda _connection: None)
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    def _gather(self) -> None:
        """See to it that what waits is handed over: soon, or at once where that is enough."""
        if not self._waiting:
            return
        if len(self._waiting) >= _JOBS_ENOUGH:
            self._hand_over()
        elif self._gathering is None:
            # Not at once: what else this turn of the loop brings goes along, at the least.
            self._gathering = self._loop.call_later(self._gather_s, self._hand_over)

    def _hand_over(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._waiting and not self._is_busy:
            group = self._waiting[:_JOBS_PER_COMMIT]
            del self._waiting[:_JOBS_PER_COMMIT]
            self._is_busy = True
            self._groups.put(group)

    def _run(self) -> None:
        connection = self._connect()
        while (group := self._groups.get()) is not None:
            self._commit(connection, group)
        connection.close()

    def _commit(self, connection: sqlite3.Connection, group: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [job(connection) for job, _, _ in group]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._roll_back(connection)
            self._call_in_loop(self._refuse, group, _refusal(error, len(group)))
        else:
            took_s = time.perf_counter() - started
            self._call_in_loop(self._resolve, group, results, took_s)

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("cannot roll back the journal: %s; the next commit starts anew", error)

    def _call_in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError as error:  # the loop is closed: nobody waits any more
            _log.warning("journal commit ended after its loop: %s", error)

    def _resolve(self, group: list[_Waiting], results: list[object], took_s: float) -> None:
        self._is_busy = False
        self._gather()
        self._committed(len(group), took_s)
        for (_, then, future), result in zip(group, results, strict=True):
            if then is not None:
                then(result)
            if not future.done():  # done: the one who waited was cancelled
                future.set_result(result)

    def _refuse(self, group: list[_Waiting], error: JournalError) -> None:
        self._is_busy = False
        self._gather()
        for _, _, future in group:
            if not future.done():
                future.set_exception(error)


def _refusal(error: Exception, jobs: int) -> JournalError:
    if is_damage(error):
        return JournalDamaged(f"cannot commit to the journal ({jobs} jobs): {error}")
    return JournalRefused(f"cannot commit to the journal ({jobs} jobs): {error}; nothing was kept")
