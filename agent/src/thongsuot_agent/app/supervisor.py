"""Runs the process's tasks and restarts any task that fails, with back-off."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)

_FIRST_S = 1.0
_LONGEST_S = 60.0
_HEALTHY_S = 120.0
"""A task that ran this long before it failed is restarted at once again."""


@dataclass(slots=True, kw_only=True)
class FailedTask:
    """A task that failed: how often, and how the last time."""

    name: str
    restarts: int = 0
    error: str = ""


class Supervisor:
    """
    Keeps tasks running. An exception that nobody expected ends one task for a moment, not all.
    """

    def __init__(self) -> None:
        self._failed_tasks: dict[str, FailedTask] = {}

    @property
    def failed_tasks(self) -> tuple[FailedTask, ...]:
        """Tasks that had to be restarted."""
        return tuple(self._failed_tasks.values())

    async def run(
        self, tasks: dict[str, Callable[[], Awaitable[object]]], stop: asyncio.Event
    ) -> None:
        """Run tasks until ``stop`` is set, then cancel and await them."""
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(self._keep_running(name, task), name=name)
                for name, task in tasks.items()
            ]
            await stop.wait()
            for running_task in running:
                running_task.cancel()

    async def _keep_running(self, name: str, task: Callable[[], Awaitable[object]]) -> None:
        wait_s = _FIRST_S
        while True:
            began_s = time.monotonic()
            try:
                await task()
                error: str = "ended"
                _log.error("task %s ended; it is started again", name)
            except Exception as problem:  # noqa: BLE001 - the one place: counted, logged, restarted
                error = f"{type(problem).__name__}: {problem}"
                _log.error("task %s failed; it is started again", name, exc_info=problem)
            failed = self._failed_tasks.setdefault(name, FailedTask(name=name))
            failed.restarts += 1
            failed.error = error[:200]
            if time.monotonic() - began_s > _HEALTHY_S:
                wait_s = _FIRST_S
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_S)
