"""What fails is started again, counted and told; what only a new process can mend ends this one."""

import asyncio
import logging

import pytest

from thongsuot_collector.app.supervisor import keep_running
from thongsuot_collector.errors import JournalDamaged, JournalRefused
from thongsuot_collector.metrics import Metrics


async def test_a_task_that_fails_is_started_again_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runs = 0
    good = asyncio.Event()

    async def fails_twice() -> None:
        nonlocal runs
        runs += 1
        if runs <= 2:
            raise JournalRefused("the disk is full")
        good.set()
        await asyncio.Event().wait()

    metrics = Metrics()
    with caplog.at_level(logging.ERROR):
        task = asyncio.create_task(keep_running("sink a", fails_twice, metrics, first_s=0.001))
        async with asyncio.timeout(60):
            await good.wait()
    task.cancel()
    counted = metrics.registry.get_sample_value(
        "thongsuot_collector_task_failures_total", {"task": "sink a"}
    )
    assert counted == 2
    assert "the disk is full" in caplog.text


async def test_a_broken_journal_is_not_tried_again() -> None:
    async def broken() -> None:
        raise JournalDamaged("torn")

    with pytest.raises(JournalDamaged):
        await keep_running("state", broken, Metrics())
