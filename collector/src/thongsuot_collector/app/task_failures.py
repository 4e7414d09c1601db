"""Which tasks fail again and again: without those of some the collector is not ready."""

import time
from collections.abc import Callable

from thongsuot_runtime.supervisor import FailedTask

_IN_A_ROW = 3
_APART_S = 30.0
"""
Failures further apart are separate events: a task waits for at most five seconds after one, and ten
for a lock.
"""


class TaskFailures:
    """The latest failures in a row of each task."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: dict[str, tuple[int, float, str]] = {}

    def note(self, task: FailedTask) -> None:
        """Note a failure."""
        now_s = self._clock()
        count, failed_s, _ = self._rows.get(task.name, (0, now_s, ""))
        count = count + 1 if now_s - failed_s < _APART_S else 1
        self._rows[task.name] = count, now_s, task.error.partition("\n")[0]

    def reason(self, name: str) -> str:
        """Return why a task fails again and again; empty if it does not."""
        count, failed_s, error = self._rows.get(name, (0, 0.0, ""))
        return error if count >= _IN_A_ROW and self._clock() - failed_s < _APART_S else ""
