"""Cancelled work in a thread is waited for."""

import asyncio
import threading

import pytest

from thongsuot_collector.store.threads import run_to_completion


async def test_cancelling_waits_until_the_work_is_done() -> None:
    begun, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def work(word: str) -> None:
        begun.set()
        may_end.wait()
        done.append(word)

    task = asyncio.create_task(run_to_completion(work, "written"))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["written"]


async def test_results_and_exceptions_of_the_work_are_passed_on() -> None:
    assert await run_to_completion(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await run_to_completion(divmod, 1, 0)
