"""Pushes that arrive one by one are started together, and late only by what the settings allow."""

import asyncio
from functools import partial

from thongsuot_collector.ingest.push_gathering import PushGathering

NEVER_S = 3600.0
WITHIN_S = 60.0


class Started:
    """What was started, group by group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.running: list[int] = []
        self.ended = asyncio.Event()

    def end_group(self) -> None:
        self.groups.append(self.running)
        self.running = []
        self.ended.set()

    def add(self, gathering: PushGathering, *numbers: int) -> None:
        for number in numbers:
            gathering.add(partial(self._start, number))

    def _start(self, number: int) -> None:
        self.running.append(number)


async def test_pushes_of_one_moment_are_started_together_in_their_order() -> None:
    started = Started()
    gathering = PushGathering(0.0, started.end_group)
    started.add(gathering, 1, 2, 3)
    assert (started.running, started.groups) == ([], [])
    await started.ended.wait()
    started.ended.clear()
    started.add(gathering, 4)
    await started.ended.wait()
    assert started.groups == [[1, 2, 3], [4]]


async def test_a_push_that_comes_alone_does_not_wait_for_others_as_the_next_one_does() -> None:
    started = Started()
    gathering = PushGathering(NEVER_S, started.end_group)
    started.add(gathering, 1)
    await asyncio.wait_for(started.ended.wait(), WITHIN_S)
    started.add(gathering, 2)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (started.running, started.groups) == ([], [[1]])
    gathering.start_all()
    assert started.groups == [[1], [2]]


async def test_fifty_pushes_do_not_wait_for_more() -> None:
    started = Started()
    gathering = PushGathering(NEVER_S, started.end_group)
    started.add(gathering, *range(120))
    assert started.groups == [[*range(50)], [*range(50, 100)]]
    gathering.start_all()
    assert started.groups[-1] == [*range(100, 120)]


async def test_a_push_that_arrives_while_others_are_started_waits_for_the_next_group() -> None:
    started = Started()
    gathering = PushGathering(NEVER_S, started.end_group)
    gathering.add(lambda: started.add(gathering, 1))
    gathering.start_all()
    assert started.groups == [[]]
    gathering.start_all()
    assert started.groups == [[], [1]]


async def test_nothing_is_started_where_nothing_waits() -> None:
    started = Started()
    PushGathering(0.0, started.end_group).start_all()
    assert started.groups == []
