"""
One thread that writes to a SQLite file, many jobs to a commit.

While one commit waits for the disk, the jobs that arrive gather; the next commit takes them all. So
one appender pays one flush, and a thousand pay hardly more than one.
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
from thongsuot_collector.sqlite_file import is_damage

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], object]
_Waiting = tuple[Job, asyncio.Future[object]]

_JOBS_PER_COMMIT = 512
"""
Bounds how long a commit can take; the gain of larger groups is over by fifty (FACTS section 9).
"""

_log = logging.getLogger(__name__)


class GroupWriter:
    """
    The writer of one SQLite connection.

    ``connect`` is called in the writer's own thread. ``committed`` is called in the event loop
    after each commit, with the number of jobs in it and the seconds it took.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        committed: Callable[[int, float], None],
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """
        Run a job inside the next commit, and return its result when that is durable.

        A job must only use the connection it is given, and may run again after a failure of others.

        Raises:
            JournalRefused: the commit failed; nothing of the job is kept.
            JournalDamaged: the file is broken.
        """
        future: asyncio.Future[object] = self._loop.create_future()
        self._jobs.put((job, future))
        return await future  # type: ignore[return-value]  # the future of this job holds its result

    async def close(self) -> None:
        """Commit what waits and end the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection = self._connect()
        open_for_jobs = True
        while open_for_jobs:
            group: list[_Waiting] = []
            item = self._jobs.get()
            while item is not None:
                group.append(item)
                if len(group) >= _JOBS_PER_COMMIT or self._jobs.empty():
                    break
                item = self._jobs.get()
            open_for_jobs = item is not None
            if group:
                self._commit(connection, group)
        connection.close()

    def _commit(self, connection: sqlite3.Connection, group: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [job(connection) for job, _ in group]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._roll_back(connection)
            self._tell(self._refuse, group, _refusal(error, len(group)))
        else:
            took_s = time.perf_counter() - started
            self._tell(self._resolve, group, results, took_s)

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("cannot roll back the journal: %s; the next commit starts anew", error)

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError as error:  # the loop is closed: nobody waits any more
            _log.warning("journal commit ended after its loop: %s", error)

    def _resolve(self, group: list[_Waiting], results: list[object], took_s: float) -> None:
        self._committed(len(group), took_s)
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():  # done: the one who waited was cancelled
                future.set_result(result)

    def _refuse(self, group: list[_Waiting], error: JournalError) -> None:
        for _, future in group:
            if not future.done():
                future.set_exception(error)


def _refusal(error: Exception, jobs: int) -> JournalError:
    if is_damage(error):
        return JournalDamaged(f"cannot commit to the journal ({jobs} jobs): {error}")
    return JournalRefused(f"cannot commit to the journal ({jobs} jobs): {error}; nothing was kept")
