"""What cannot be processed is kept whole, and fills no log."""

import logging
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.engine import open_store


async def test_a_device_with_thousands_of_them_is_logged_once_a_minute_and_all_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(tmp_path / "store.sqlite")
    queue = DeadLetterQueue(store, Metrics())
    with caplog.at_level(logging.WARNING):
        for number in range(1, 31):
            await queue.put_conflict(entry(number))
        await queue.put_badly_signed(entry(1))
        await queue.put_conflict(entry(1, site="ba-dinh"))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" site=")[2].partition(" ")[0] for line in lines] == [
        "hoan-kiem",
        "hoan-kiem",
        "ba-dinh",
    ]
    assert len(dead_letters.listed(store)) == 32
    store.dispose()
