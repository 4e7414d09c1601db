"""The event loop has its turns while a thread of the same process computes."""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from thongsuot_collector.app import thread_switching

DURING_S = 1.0
SOON_S = 0.0001


@pytest.fixture
def switching_restored() -> Iterator[None]:
    usual_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(usual_s)


def compute(until: threading.Event) -> None:
    while not until.is_set():
        sum(range(1000))


async def turns_beside_a_computing_thread() -> int:
    over = threading.Event()
    computing = asyncio.create_task(asyncio.to_thread(compute, over))
    turns, began_s = 0, time.monotonic()
    while time.monotonic() - began_s < DURING_S:
        await asyncio.sleep(SOON_S)  # gives the interpreter away, as waiting for a push does
        turns += 1
    over.set()
    await computing
    return turns


@pytest.mark.usefixtures("switching_restored")
async def test_the_event_loop_waits_less_for_a_computing_thread_than_by_default() -> None:
    sys.setswitchinterval(0.005)
    usual = await turns_beside_a_computing_thread()
    thread_switching.favour_event_loop()
    assert await turns_beside_a_computing_thread() > 1.5 * usual
