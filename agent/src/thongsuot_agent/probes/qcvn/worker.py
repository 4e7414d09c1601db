"""
One file each way, timed from the request to the last byte: one sample of QCVN 34.

The worker of the ``qcvn`` kind: ``python -m thongsuot_agent.probes.qcvn.worker``.
"""

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
from thongsuot_agent.probing.link_load.worker_process import serve_request
from thongsuot_schema.throughput import PATH_DOWN, PATH_UP


def run(request: FileTestRequest) -> LoadTestReport:
    """Carry out a request; errors are in the report."""
    factory = TransferFactory(
        request.route, key=request.key, ca_file=request.ca_file, ca_folder=request.ca_folder
    )
    down_s: float | None = None
    up_s: float | None = None
    code, status, problem = 0, 0, ""
    try:
        down = Download(factory, f"{request.url}{PATH_DOWN}?bytes={request.file_bytes}")
        down_s = _timed(down.handle, request.timeout_s)
        up = Upload(factory, request.url + PATH_UP, lambda: True, request.file_bytes)
        up_s = _timed(up.handle, request.timeout_s)
        if up.receipt().received_bytes != request.file_bytes:
            up_s = None
            problem = "the receiver did not get the whole file"
    except TransferFailed as failed:
        code, status, problem = failed.code, failed.status, str(failed)
    cost_bytes = factory.cost_bytes()
    factory.count_and_close()
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


if __name__ == "__main__":
    serve_request(FileTestRequest, run)
