"""A task that fails is counted and started again; the others never notice."""

import asyncio
import itertools

from tests.fakes.clock import FakeClock
from thongsuot_agent.app.supervisor import Supervisor


def test_a_failing_task_is_restarted_with_growing_waits_and_the_others_go_on() -> None:
    clock = FakeClock()
    started_s: list[float] = []
    ticks = 0

    async def failing() -> None:
        started_s.append(clock.monotonic_s())
        await asyncio.sleep(0)
        raise RuntimeError("our own bug")

    async def steady() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(1)
            ticks += 1

    async def main() -> Supervisor:
        supervisor = Supervisor()
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(30, stop.set)
        await supervisor.run({"failing": failing, "steady": steady}, stop)
        return supervisor

    supervisor = clock.run(main())
    waits = [round(b - a) for a, b in itertools.pairwise(started_s)]
    assert waits == [1, 2, 4, 8]
    assert ticks >= 29
    (casualty,) = supervisor.failed_tasks
    assert (casualty.name, casualty.restarts) == ("failing", 5)
    assert casualty.error == "RuntimeError: our own bug"


def test_a_task_that_just_ends_is_started_again() -> None:
    async def main() -> tuple[int, Supervisor]:
        runs = 0

        async def short() -> None:
            nonlocal runs
            runs += 1

        supervisor = Supervisor()
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(4, stop.set)
        await supervisor.run({"short": short}, stop)
        return runs, supervisor

    runs, supervisor = FakeClock().run(main())
    assert runs == 3
    assert supervisor.failed_tasks[0].error == "ended"


def test_all_tasks_have_ended_when_the_run_is_over() -> None:
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("endless")

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(1, stop.set)
        await Supervisor().run({"endless": endless}, stop)

    FakeClock().run(main())
    assert ended == ["endless"]
