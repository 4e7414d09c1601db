"""A run that lasts too long is ended; one that somebody else ends is not mistaken for that."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.fakes.clock import FakeClock
from thongsuot_agent.scheduler.run_guards import RunGuards


def play(act: Callable[[RunGuards], Awaitable[None]]) -> None:
    async def main() -> None:
        await act(RunGuards())

    FakeClock().run(main())


async def endless(guards: RunGuards, outcomes: list[str], deadline_ns: int) -> None:
    task: asyncio.Task[None] | None = asyncio.current_task()
    assert task is not None
    guards.begin(task, deadline_ns)
    try:
        await asyncio.sleep(1e6)
    except asyncio.CancelledError:
        if not guards.was_overdue(task):
            raise
        outcomes.append("overdue")
    finally:
        guards.end(task)


def test_only_runs_past_their_deadline_are_ended_and_go_on_as_broken_ones() -> None:
    async def act(guards: RunGuards) -> None:
        outcomes: list[str] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(endless(guards, outcomes, 100))
            late = group.create_task(endless(guards, outcomes, 200))
            await asyncio.sleep(0)
            assert guards.next_ns == 100
            guards.end_overdue(99)
            assert guards.next_ns == 100
            guards.end_overdue(100)
            await asyncio.sleep(1)
            assert outcomes == ["overdue"]
            assert guards.next_ns == 200
            late.cancel()
        assert late.cancelled()
        assert guards.next_ns is None

    play(act)


def test_a_run_that_is_also_cancelled_by_its_owner_ends() -> None:
    async def act(guards: RunGuards) -> None:
        outcomes: list[str] = []
        run = asyncio.ensure_future(endless(guards, outcomes, 100))
        await asyncio.sleep(0)
        guards.end_overdue(100)
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        assert outcomes == []

    play(act)
