"""Runs the tasks of a process and restarts any task that fails, with back-off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from thongsuot_runtime.backoff import Backoff

_log = logging.getLogger(__name__)

_FIRST_S = 1.0
_LIMIT_S = 60.0
_HEALTHY_S = 120.0
"""A task that ran for this long before its failure starts again with the shortest wait."""
_ERROR_CHARACTERS = 200


@dataclass(slots=True, kw_only=True)
class FailedTask:
    """A task that failed: the number of failures, and the last one."""

    name: str
    restarts: int = 0
    error: str = ""


class Supervisor:
    """
    Keeps tasks running: an unexpected exception stops one task for a moment, not all.

    A task that returns has failed as well. Exceptions in ``fatal`` can only be recovered from by a
    new process: they end ``run``. ``random`` and ``limit_s`` as for ``Backoff``; ``on_failure`` is
    called with the task at each failure.
    """

    def __init__(
        self,
        *,
        random: Callable[[], float],
        fatal: tuple[type[Exception], ...] = (),
        on_failure: Callable[[FailedTask], None] | None = None,
        limit_s: float = _LIMIT_S,
    ) -> None:
        self._random = random
        self._limit_s = limit_s
        self._fatal = fatal
        self._on_failure = on_failure
        self._failed_tasks: dict[str, FailedTask] = {}

    @property
    def failed_tasks(self) -> tuple[FailedTask, ...]:
        """Tasks that had to be restarted."""
        return tuple(self._failed_tasks.values())

    async def run(
        self, tasks: Mapping[str, Callable[[], Awaitable[object]]], stop: asyncio.Event
    ) -> None:
        """
        Run tasks until ``stop`` is set, then cancel and await them.

        Raises:
            ExceptionGroup: of the exceptions in ``fatal``; the other tasks were cancelled.
        """
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(self._keep_running(name, task), name=name)
                for name, task in tasks.items()
            ]
            await stop.wait()
            for running_task in running:
                running_task.cancel()

    async def _keep_running(self, name: str, task: Callable[[], Awaitable[object]]) -> None:
        backoff = Backoff(first_s=_FIRST_S, limit_s=self._limit_s, random=self._random)
        clock = asyncio.get_running_loop().time
        while True:
            began_s = clock()
            failure: Exception | None = None
            try:
                await task()
            except self._fatal:
                raise
            except Exception as error:  # noqa: BLE001 - the one place: counted, logged, restarted
                failure = error
            if clock() - began_s > _HEALTHY_S:
                backoff.reset()
            wait_s = backoff.next_wait_s()
            cause = None if failure is None else _cause_of(failure)
            self._record(name, "ended" if cause is None else f"{type(cause).__name__}: {cause}")
            if backoff.is_worth_logging():
                _log.error(
                    "task %s %s; restarted in %.0f s",
                    name,
                    "ended" if failure is None else f"failed: {cause}",
                    wait_s,
                    exc_info=failure,
                )
            await asyncio.sleep(wait_s)

    def _record(self, name: str, error: str) -> None:
        failed = self._failed_tasks.setdefault(name, FailedTask(name=name))
        failed.restarts += 1
        failed.error = error[:_ERROR_CHARACTERS]
        if self._on_failure is not None:
            self._on_failure(failed)


def _cause_of(failure: BaseException) -> BaseException:
    """Return the error that made a task fail: of a group of tasks the first one's."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
