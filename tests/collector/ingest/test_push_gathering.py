"""
Pushes that arrive one by one are started together, late only by what the settings allow, and in
groups between which everything else has its turn.
"""

import asyncio
from functools import partial
from itertools import pairwise

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
    gathering.add(lambda: None)  # the first one is alone: it opens the time in which others wait
    await asyncio.wait_for(started.ended.wait(), WITHIN_S)
    started.ended.clear()
    started.add(gathering, *range(50))
    await asyncio.wait_for(started.ended.wait(), WITHIN_S)
    assert started.groups[1:] == [[*range(50)]]


async def test_between_groups_of_thousands_of_pushes_all_others_have_a_turn() -> None:
    """The first pushes of ten thousand agents that reconnect are seconds of work."""
    started = Started()
    gathering = PushGathering(0.0, started.end_group)
    started.add(gathering, *range(1000))
    assert started.groups == []
    groups_at_turns = []
    while len(started.groups) < 20:
        await asyncio.sleep(0)
        groups_at_turns.append(len(started.groups))
    assert max(after - before for before, after in pairwise([0, *groups_at_turns])) == 1
    assert [number for group in started.groups for number in group] == [*range(1000)]


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
