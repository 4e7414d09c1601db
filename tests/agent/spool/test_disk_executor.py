"""The disk's thread: a disk that refuses is told of once, and logged ever more seldom."""

import asyncio
import logging
import re
import threading
from pathlib import Path

import pytest

from thongsuot_agent.errors import SpoolError
from thongsuot_agent.spool.disk import Disk
from thongsuot_agent.spool.disk_executor import DiskExecutor
from thongsuot_schema.batch.model import NoticeCode


async def test_a_disk_that_refuses_is_reported_once_and_logged_once_per_doubling(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file stands where the directory should be")
    reported: list[NoticeCode] = []
    executor = DiskExecutor(in_the_way / "spool.db", lambda code, _: reported.append(code))
    with caplog.at_level(logging.INFO):
        for _ in range(9):
            with pytest.raises(SpoolError):
                await executor.run(Disk.totals)
        states = [executor.is_refusing]
        in_the_way.unlink()
        for is_reading in (True, False):
            await executor.run(Disk.totals, is_reading=is_reading)
            states.append(executor.is_refusing)
    assert states == [True, True, False], "to be read does not show that it takes writes"
    assert reported == [NoticeCode.SPOOL_FULL]
    failures = re.findall(r"failures=(\d+)", caplog.text)
    assert failures == ["1", "2", "4", "8", "9"], "and the last line tells that it is over"
    await executor.close()


async def test_work_on_the_disk_is_done_one_after_the_other(tmp_path: Path) -> None:
    """Two at once would write by two connections, or one within the other's transaction."""
    executor = DiskExecutor(tmp_path / "spool.db", lambda _code, _text: None)
    at_work = 0
    seen: list[int] = []
    may_end = threading.Event()

    def first(_disk: Disk) -> None:
        nonlocal at_work
        at_work += 1
        # Two threads would have begun the other work long before; one never does.
        may_end.wait(0.05)
        at_work -= 1

    def second(_disk: Disk) -> None:
        seen.append(at_work)
        may_end.set()

    await asyncio.gather(executor.run(first), executor.run(second))
    assert seen == [0]
    await executor.close()
