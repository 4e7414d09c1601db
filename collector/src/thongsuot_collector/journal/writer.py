"""
One writing thread per journal, many jobs per commit.

While one commit waits for the disk, arriving jobs gather; the next commit takes them all. So one
job costs one flush, and a thousand hardly more than one. At a rate that leaves the disk idle each
job would still be committed alone: so the first of a group waits a few milliseconds for others.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from thongsuot_collector.errors import JournalBusy, JournalError, JournalRefused

J = TypeVar("J")
J_contra = TypeVar("J_contra", contravariant=True)
Then = Callable[[Any], None]
_Waiting = tuple[J, Then | None, asyncio.Future[object]]

_JOBS_PER_COMMIT = 512
"""
Limits the duration of a commit; larger groups than fifty bring no further gain (measured 2026-11).
"""

_JOBS_ENOUGH = 50
"""A group of this size does not wait for more."""

_WAITING_BYTES = 64 << 20
"""
Bodies that may wait for the disk: a second of 10,000 agents is 1 MB, so this means a hanging disk.
"""

_log = logging.getLogger(__name__)


class WaitingBodies:
    """Limits the bodies that wait to be stored; ``keeper`` is the name for messages."""

    def __init__(self, keeper: str) -> None:
        self._keeper = keeper
        self._size_bytes = 0

    def add(self, size_bytes: int) -> None:
        """
        Add a waiting body; a single one is always accepted, whatever its size.

        Raises:
            JournalBusy: too many bytes are waiting.
        """
        if self._size_bytes and self._size_bytes + size_bytes > _WAITING_BYTES:
            raise JournalBusy(
                f"cannot append a batch ({size_bytes} bytes): {self._size_bytes} bytes wait for "
                f"{self._keeper}; try again later"
            )
        self._size_bytes += size_bytes

    def remove(self, size_bytes: int) -> None:
        """Remove a body that was stored or refused."""
        self._size_bytes -= size_bytes


class CommitSession(Protocol[J_contra]):
    """Commits jobs: used by one thread, except ``abort``."""

    def commit(self, jobs: Sequence[J_contra]) -> list[object]:
        """
        Do all jobs in one transaction; return their results, in order, when that is durable.

        Raises:
            JournalError: none of them may be acknowledged.
        """

    def abort(self) -> None:
        """Make the running commit fail, if possible; called by another thread."""

    def close(self) -> None:
        """Close the connection."""


class GroupCommitWriter(Generic[J]):
    """
    The writer of one journal; ``J`` is the type of its session's jobs.

    ``open_session`` is called in the writer's own thread. ``committed`` is called in the event loop
    after each commit, with the number of jobs in it and the seconds it took.

    ``gather_s`` is how long the first job of a group waits for others, at most until there are
    enough. A commit that takes longer than ``limit_s`` is aborted.

    Groups are formed in the event loop and passed as a whole: one wake-up of the thread per commit,
    without the contention for the interpreter lock that a queue of single jobs would cause.
    """

    def __init__(
        self,
        open_session: Callable[[], CommitSession[J]],
        *,
        committed: Callable[[int, float], None],
        gather_s: float = 0.0,
        limit_s: float | None = None,
    ) -> None:
        self._gather_s = gather_s
        self._limit_s = limit_s
        self._gathering: asyncio.TimerHandle | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._open_session = open_session
        self._session: CommitSession[J] | None = None
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Waiting[J]] = []
        self._is_complete = False
        self._is_busy = False
        self._ended = asyncio.Event()
        self._groups: queue.SimpleQueue[list[_Waiting[J]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def run(self, job: J, *, then: Then | None = None) -> object:
        """
        Do a job inside the next commit, and return its result when it is durable.

        Jobs are done in the order of their calls. ``then`` is called with the result in the event
        loop, in that order too, even if the waiting task was cancelled.

        Raises:
            JournalRefused: the commit failed; nothing of the job was stored.
            JournalDamaged: the file is broken.
        """
        future: asyncio.Future[object] = self._loop.create_future()
        self._waiting.append((job, then, future))
        if not self._is_busy:
            self._gather()
        return await future

    def commit_soon(self) -> None:
        """Let waiting jobs not wait for others, only for the commit before theirs."""
        self._is_complete = bool(self._waiting)
        self._hand_over()

    async def close(self) -> None:
        """Commit the waiting jobs and end the thread."""
        self._gather_s = 0.0
        while self._waiting or self._is_busy:
            self._hand_over()
            self._ended.clear()
            await self._ended.wait()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    def _gather(self) -> None:
        """Make sure that waiting jobs are passed on: soon, or at once if there are enough."""
        if not self._waiting:
            return
        if self._is_complete or len(self._waiting) >= _JOBS_ENOUGH:
            self._hand_over()
        elif self._gathering is None:
            # Not at once: at least all other jobs of this event-loop iteration join.
            self._gathering = self._loop.call_later(self._gather_s, self._hand_over)

    def _hand_over(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._waiting and not self._is_busy:
            group = self._waiting[:_JOBS_PER_COMMIT]
            del self._waiting[:_JOBS_PER_COMMIT]
            self._is_busy = True
            self._is_complete = self._is_complete and bool(self._waiting)
            self._groups.put(group)
            if self._limit_s is not None:
                self._overdue = self._loop.call_later(self._limit_s, self._abort)

    def _abort(self) -> None:
        assert self._session is not None, "a group is in the thread that has opened it"
        _log.error("commit to the journal did not end after %g s: aborted", self._limit_s)
        self._session.abort()

    def _run(self) -> None:
        session = self._session = self._open_session()
        while (group := self._groups.get()) is not None:
            self._commit(session, group)
        session.close()

    def _commit(self, session: CommitSession[J], group: list[_Waiting[J]]) -> None:
        started = time.perf_counter()
        try:
            results = session.commit([job for job, _, _ in group])
        except JournalError as error:
            self._call_in_loop(self._refuse, group, error)
        except Exception as error:  # noqa: BLE001 - any error must reach those who wait
            refusal = JournalRefused(f"cannot commit to the journal ({len(group)} jobs): {error}")
            self._call_in_loop(self._refuse, group, refusal)
        else:
            took_s = time.perf_counter() - started
            self._call_in_loop(self._resolve, group, results, took_s)

    def _call_in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError as error:  # the loop is closed: there is no waiting task
            _log.warning("journal commit ended after its loop: %s", error)

    def _resolve(self, group: list[_Waiting[J]], results: list[object], took_s: float) -> None:
        self._end_commit()
        self._committed(len(group), took_s)
        for (_, then, future), result in zip(group, results, strict=True):
            if then is not None:
                then(result)
            if not future.done():  # done: the waiting task was cancelled
                future.set_result(result)

    def _refuse(self, group: list[_Waiting[J]], error: JournalError) -> None:
        self._end_commit()
        for _, _, future in group:
            if not future.done():
                future.set_exception(error)

    def _end_commit(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        self._is_busy = False
        self._ended.set()
        self._gather()
