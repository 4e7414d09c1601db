"""One file each way, timed from the request to the last byte: one sample of QCVN 34."""

import time

import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.probes.qcvn.protocol import FileTestRequest
from thongsuot_agent.probing.link_load.protocol import LoadTestReport
from thongsuot_agent.probing.link_load.transfer import (
    Download,
    TransferFactory,
    TransferFailed,
    TransferPool,
    Upload,
)
from thongsuot_schema.throughput import PATH_DOWN, PATH_UP


def run(order: FileTestRequest) -> LoadTestReport:
    """Carry out an order; what went wrong stands in the report."""
    door = TransferFactory(
        order.route, key=order.key, ca_file=order.ca_file, ca_folder=order.ca_folder
    )
    down_s: float | None = None
    up_s: float | None = None
    code, status, problem = 0, 0, ""
    try:
        down = Download(door, f"{order.url}{PATH_DOWN}?bytes={order.file_bytes}")
        down_s = _timed(down.handle, order.timeout_s)
        up = Upload(door, order.url + PATH_UP, lambda: True, order.file_bytes)
        up_s = _timed(up.handle, order.timeout_s)
        if up.receipt().received_bytes != order.file_bytes:
            up_s = None
            problem = "the receiver did not get the whole file"
    except TransferFailed as failed:
        code, status, problem = failed.code, failed.status, str(failed)
    cost_bytes = door.cost_bytes()
    door.count_and_close()
    return LoadTestReport(
        code=code,
        status=status,
        problem=problem,
        cost_bytes=cost_bytes,
        file_down_s=down_s,
        file_up_s=up_s,
    )


def _timed(handle: pycurl.Curl, timeout_s: float) -> float:
    handle.setopt(pycurl.TIMEOUT_MS, round(timeout_s * 1000))
    pool = TransferPool()
    begun_s = time.monotonic()
    pool.add(handle)
    while pool.running:
        for _ in pool.completed():
            pass  # there is only one
    return time.monotonic() - begun_s
