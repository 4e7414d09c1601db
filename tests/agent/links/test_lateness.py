import asyncio
import time

from thongsuot_agent.links.lateness import LATE_S, LatenessMonitor, LatenessWatch


def test_each_reader_gets_the_longest_since_it_last_asked() -> None:
    lateness = LatenessMonitor()
    assert lateness.take_longest("a") == 0.0
    lateness.note(0.2)
    assert lateness.take_longest("b") == 0.0
    lateness.note(0.1)
    lateness.note(-0.5)
    assert (lateness.take_longest("a"), lateness.take_longest("b")) == (0.2, 0.1)
    assert (lateness.take_longest("a"), lateness.take_longest("b")) == (0.0, 0.0)


async def test_a_loop_that_stands_still_is_noticed() -> None:
    with LatenessWatch() as watch:
        await asyncio.sleep(0)
        time.sleep(0.4)  # noqa: ASYNC251 - that is what is to be noticed
    assert watch.is_late
    assert watch.longest_s > LATE_S


async def test_a_run_that_is_over_before_any_timer_is_due_is_not_late() -> None:
    with LatenessWatch() as watch:
        await asyncio.sleep(0)
    assert not watch.is_late
