"""A task that fails is counted and restarted; the others never notice."""

import asyncio
import itertools
import logging

import pytest

from tests.fakes.clock import FakeClock
from thongsuot_runtime.supervisor import Supervisor


class Broken(Exception):
    """What only a new process can mend."""


def no_jitter() -> float:
    return 0.0


def test_a_failing_task_is_restarted_with_growing_waits_and_the_others_continue() -> None:
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
        supervisor = Supervisor(random=no_jitter)
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(30, stop.set)
        await supervisor.run({"failing": failing, "steady": steady}, stop)
        return supervisor

    supervisor = clock.run(main())
    waits = [round(b - a) for a, b in itertools.pairwise(started_s)]
    assert waits == [1, 2, 4, 8]
    assert ticks >= 29
    (failed,) = supervisor.failed_tasks
    assert (failed.name, failed.restarts) == ("failing", 5)
    assert failed.error == "RuntimeError: our own bug"


def test_a_task_that_just_ends_is_started_again() -> None:
    async def main() -> tuple[int, Supervisor]:
        runs = 0

        async def short() -> None:
            nonlocal runs
            runs += 1

        supervisor = Supervisor(random=no_jitter)
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(4, stop.set)
        await supervisor.run({"short": short}, stop)
        return runs, supervisor

    runs, supervisor = FakeClock().run(main())
    assert runs == 3
    assert supervisor.failed_tasks[0].error == "ended"


def test_of_a_group_of_tasks_the_error_that_ended_it_is_named() -> None:
    async def main() -> Supervisor:
        async def failing() -> None:
            raise RuntimeError("permission denied")

        async def group() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(failing())

        supervisor = Supervisor(random=no_jitter)
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(1, stop.set)
        await supervisor.run({"group": group}, stop)
        return supervisor

    assert FakeClock().run(main()).failed_tasks[0].error == "RuntimeError: permission denied"


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
        await Supervisor(random=no_jitter).run({"endless": endless}, stop)

    FakeClock().run(main())
    assert ended == ["endless"]


def test_each_failure_is_reported_and_the_log_has_the_first_and_then_one_per_doubling(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures: list[str] = []

    async def failing() -> None:
        raise OSError("the disk is full")

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(100, stop.set)
        supervisor = Supervisor(
            random=no_jitter, on_failure=lambda task: failures.append(task.name)
        )
        await supervisor.run({"sink a": failing}, stop)

    with caplog.at_level(logging.ERROR):
        FakeClock().run(main())
    assert failures == ["sink a"] * 7
    assert [record.getMessage() for record in caplog.records] == [
        "task sink a failed: the disk is full; restarted in 1 s",
        "task sink a failed: the disk is full; restarted in 2 s",
        "task sink a failed: the disk is full; restarted in 8 s",
    ]
    assert all(record.exc_info for record in caplog.records)


def test_a_task_that_was_healthy_for_long_begins_with_the_shortest_wait_again() -> None:
    clock = FakeClock()
    started_s: list[float] = []

    async def failing() -> None:
        started_s.append(clock.monotonic_s())
        if len(started_s) == 3:
            await asyncio.sleep(200)
        raise RuntimeError("our own bug")

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(209, stop.set)
        await Supervisor(random=no_jitter).run({"failing": failing}, stop)

    clock.run(main())
    waits = [round(b - a) for a, b in itertools.pairwise(started_s)]
    assert waits == [1, 2, 201, 2]


def test_a_fatal_exception_is_not_tried_again_and_ends_the_other_tasks() -> None:
    ended: list[str] = []
    runs = 0

    async def broken() -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1)
        raise Broken("torn")

    async def endless() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("endless")

    async def main() -> None:
        supervisor = Supervisor(random=no_jitter, fatal=(Broken,))
        await supervisor.run({"broken": broken, "endless": endless}, asyncio.Event())

    with pytest.raises(ExceptionGroup) as raised:
        FakeClock().run(main())
    assert raised.group_contains(Broken, match="torn")
    assert (runs, ended) == (1, ["endless"])


def test_waits_grow_up_to_the_limit_of_the_process() -> None:
    clock = FakeClock()
    started_s: list[float] = []

    async def failing() -> None:
        started_s.append(asyncio.get_running_loop().time())
        raise OSError("the database takes no writes")

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(30, stop.set)
        await Supervisor(random=no_jitter, limit_s=5.0).run({"failing": failing}, stop)

    clock.run(main())
    waits = [round(b - a) for a, b in itertools.pairwise(started_s)]
    assert waits == [1, 2, 4, 5, 5, 5, 5]
