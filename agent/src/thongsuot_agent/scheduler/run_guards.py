"""
Run guards: end runs that last far longer than their kind's own time limit, which is our bug.

The runner, which wakes at the moments of its jobs anyway, looks at all of them: a timer for each
run would be set and cancelled several times a second for nothing.
"""

import asyncio

_Task = asyncio.Task[None]


class RunGuards:
    """The runs in progress, each with the boot time at which it is ended."""

    def __init__(self) -> None:
        self._deadlines_ns: dict[_Task, int] = {}
        self._overdue: set[_Task] = set()

    @property
    def next_ns(self) -> int | None:
        """When the next run is ended, if it lasts that long; ``None`` if none is in progress."""
        return min(self._deadlines_ns.values(), default=None)

    def begin(self, task: _Task, deadline_ns: int) -> None:
        """Guard a run; call ``end`` after it, however it ends."""
        self._deadlines_ns[task] = deadline_ns

    def end_overdue(self, now_ns: int) -> None:
        """Cancel the runs that have lasted too long."""
        for task, deadline_ns in tuple(self._deadlines_ns.items()):
            if deadline_ns <= now_ns:
                del self._deadlines_ns[task]
                self._overdue.add(task)
                task.cancel()

    def was_overdue(self, task: _Task) -> bool:
        """
        Return whether a cancelled run was ended here and by nobody else; it goes on then.
        """
        return task in self._overdue and task.uncancel() == 0

    def end(self, task: _Task) -> None:
        """Forget a run."""
        self._deadlines_ns.pop(task, None)
        self._overdue.discard(task)
