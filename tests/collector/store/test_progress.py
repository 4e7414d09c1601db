"""Work that is one call reports on itself meanwhile, and no longer."""

import threading

import pytest

from tests.collector.running import WITHIN_S
from thongsuot_collector.store.progress import reporting


def test_reports_come_until_the_end_of_the_work_however_it_ends() -> None:
    threads = threading.active_count()
    reported = threading.Semaphore(0)

    def work() -> None:
        with reporting(reported.release, every_s=0.001):
            for _ in range(3):
                assert reported.acquire(timeout=WITHIN_S)
            raise OSError("the work")

    with pytest.raises(OSError, match="the work"):
        work()
    assert threading.active_count() == threads
