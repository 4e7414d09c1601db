"""Workers are real processes here."""

import pytest

from thongsuot_agent.probes.qcvn.protocol import FileTestRequest
from thongsuot_agent.probing.link_load.protocol import LoadTestReport, WorkerRoute
from thongsuot_agent.worker import WorkerFailed, request_report
from thongsuot_schema.result import Family

WORKER = "thongsuot_agent.probes.qcvn.worker"


def order(host: str = "127.0.0.1", url: str = "http://127.0.0.1:1") -> FileTestRequest:
    way = WorkerRoute(interface="lo", source="127.0.0.1", family=Family.IP4, host=host)
    return FileTestRequest(
        route=way, url=url, key="", ca_file="", ca_folder="", file_bytes=1000, timeout_s=20.0
    )


async def test_errors_are_reported() -> None:
    report = await request_report(WORKER, order(), LoadTestReport, 60.0)
    assert report.code == 7
    assert report.problem
    assert report.file_down_s is None


async def test_a_worker_that_does_not_end_is_ended() -> None:
    with pytest.raises(WorkerFailed, match="was not done after 0 s"):
        await request_report(WORKER, order(), LoadTestReport, 0.01)


async def test_a_worker_that_dies_is_reported_with_its_last_line_of_output() -> None:
    with pytest.raises(WorkerFailed, match=r"ended with 1: .*ValidationError"):
        await request_report(WORKER, LoadTestReport(), LoadTestReport, 60.0)
