import asyncio
import json
import subprocess
import sys
import time

from thongsuot_agent.links.lateness import (
    LATE_S,
    LatenessMonitor,
    LatenessWatch,
    cpu_wait_ns,
)


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
    async def is_late() -> bool:
        with LatenessWatch() as watch:
            await asyncio.sleep(0)
        return watch.is_late

    # One in which the machine itself stood still was late.
    assert not all([await is_late() for _ in range(10)])


def test_many_short_waits_for_the_cpu_make_a_run_late_as_one_long_one_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.agent.links.starved_program"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    reports = json.loads(done.stdout)
    assert reports[-1]["is_late"]
    assert reports[-1]["cpu_wait_s"] > LATE_S


def test_the_kernel_counts_how_long_a_thread_waits_for_the_cpu() -> None:
    before_ns = cpu_wait_ns()
    time.sleep(0.01)
    after_ns = cpu_wait_ns()
    assert before_ns is not None, "kernels since 2.6 have this account where CONFIG_SCHED_INFO is"
    assert after_ns is not None
    assert 0 <= before_ns <= after_ns
