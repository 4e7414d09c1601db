"""
One test: idle latency, then full load down and up, with small requests in parallel.

The worker of the ``throughput`` kind: ``python -m thongsuot_agent.probes.throughput.worker``.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.probes.throughput.protocol import LoadTestRequest
from thongsuot_agent.probing.link_load.protocol import LoadReport, LoadTestReport, RequestTiming
from thongsuot_agent.probing.link_load.transfer import (
    Download,
    TransferFactory,
    TransferFailed,
    TransferPool,
    Upload,
    request_timing,
)
from thongsuot_agent.probing.link_load.worker_process import serve_request
from thongsuot_schema.throughput import PATH_DOWN, PATH_NOTHING, PATH_UP, ThroughputReport, sum_bins

_IDLE_ECHOES = 10
_ECHO_EVERY_S = 0.1
_ECHO_MS = 5000
_DRAIN_S = 10.0
"""Time limit for the receiver's count after the last byte was given to the kernel."""


def run(request: LoadTestRequest) -> LoadTestReport:
    """Carry out a request; errors are in the report."""
    factory = TransferFactory(
        request.route, key=request.key, ca_file=request.ca_file, ca_folder=request.ca_folder
    )
    try:
        return _LoadTest(request, factory).run()
    finally:
        factory.count_and_close()


@dataclass(slots=True)
class _BackgroundRequests:
    """Small requests in parallel to a load, one after the other."""

    transfers: TransferFactory
    pool: TransferPool
    url: str
    count_from_s: float
    timings: list[RequestTiming] = field(default_factory=list)
    handle: pycurl.Curl | None = None
    begun_s: float = 0.0

    def start_if_due(self, now_s: float) -> None:
        """Start the next request when it is due."""
        if self.handle is None and now_s - self.begun_s >= _ECHO_EVERY_S:
            self.handle = self.transfers.handle(self.url)
            self.handle.setopt(pycurl.TIMEOUT_MS, _ECHO_MS)
            self.begun_s = now_s
            self.pool.add(self.handle)

    def finish(self, handle: pycurl.Curl) -> None:
        """Record the end of a request."""
        if handle is self.handle:
            if self.begun_s >= self.count_from_s:
                self.timings.append(request_timing(handle))
            self.handle = None

    def stop(self) -> None:
        """Abort the request in progress."""
        if self.handle is not None:
            self.pool.remove(self.handle)
            self.handle = None


class _LoadTest:
    def __init__(self, request: LoadTestRequest, factory: TransferFactory) -> None:
        self._request = request
        self._factory = factory
        self._pool = TransferPool()
        self._idle: list[RequestTiming] = []
        self._down: LoadReport | None = None
        self._up: LoadReport | None = None

    def run(self) -> LoadTestReport:
        code, status, problem = 0, 0, ""
        try:
            self._measure_idle()
            self._down = self._fill_down()
            self._up = self._fill_up()
        except TransferFailed as failed:
            code, status, problem = failed.code, failed.status, str(failed)
        return LoadTestReport(
            idle=tuple(self._idle),
            down=self._down,
            up=self._up,
            code=code,
            status=status,
            problem=problem,
            cost_bytes=self._factory.cost_bytes(),
        )

    def _measure_idle(self) -> None:
        """Measure the latency without load."""
        background = self._background_requests(0.0)
        while len(background.timings) < _IDLE_ECHOES:
            background.start_if_due(time.monotonic())
            for handle in self._pool.completed():
                background.finish(handle)
        self._idle = background.timings
        self._factory.count_and_close()

    def _fill_down(self) -> LoadReport:
        request = self._request
        seconds = request.warmup_s + request.duration_s + 1
        url = f"{request.url}{PATH_DOWN}?seconds={seconds:g}"
        streams = [Download(self._factory, url) for _ in range(request.streams)]

        def received() -> int:
            return sum(stream.counter.received_bytes for stream in streams)

        background = self._background_requests(time.monotonic() + request.warmup_s)
        end_s = time.monotonic() + request.warmup_s + request.duration_s
        self._drive(
            [stream.handle for stream in streams],
            background,
            lambda now_s: now_s >= end_s or received() >= request.max_bytes,
        )
        return _load_report(
            [stream.counter.receipt() for stream in streams],
            background.timings,
            capped=received() >= request.max_bytes,
        )

    def _fill_up(self) -> LoadReport:
        request = self._request
        background = self._background_requests(time.monotonic() + request.warmup_s)
        end_s = time.monotonic() + request.warmup_s + request.duration_s
        url = request.url + PATH_UP
        most = request.max_bytes // request.streams
        streams = [
            Upload(self._factory, url, lambda: time.monotonic() < end_s, most)
            for _ in range(request.streams)
        ]
        handles = [stream.handle for stream in streams]
        self._drive(handles, background, lambda now_s: now_s >= end_s, is_kept=True)
        self._drain()
        receipts = [stream.receipt() for stream in streams]
        capped = all(stream.is_exhausted for stream in streams)
        return _load_report(receipts, background.timings, capped=capped)

    def _drive(
        self,
        handles: Sequence[pycurl.Curl],
        background: _BackgroundRequests,
        is_over: Callable[[float], bool],
        *,
        is_kept: bool = False,
    ) -> None:
        """Run transfers until the time is over, or all have ended; then abort the rest."""
        for handle in handles:
            self._pool.add(handle)
        while not is_over(now_s := time.monotonic()) and self._pool.running.intersection(handles):
            background.start_if_due(now_s)
            for handle in self._pool.completed():
                background.finish(handle)
        background.stop()
        if not is_kept:
            for handle in handles:
                self._pool.remove(handle)
            self._factory.count_and_close()

    def _drain(self) -> None:
        end_s = time.monotonic() + _DRAIN_S
        while self._pool.running:
            if time.monotonic() > end_s:
                raise TransferFailed(28, 0, "the receiver did not say what it got")
            for _ in self._pool.completed():
                pass  # each stream reads its own answer

    def _background_requests(self, count_from_s: float) -> _BackgroundRequests:
        return _BackgroundRequests(
            self._factory, self._pool, self._request.url + PATH_NOTHING, count_from_s
        )


def _load_report(
    receipts: Sequence[ThroughputReport], echoes: Sequence[RequestTiming], *, capped: bool
) -> LoadReport:
    bins = sum_bins(receipts)
    numbers = range(min(bins, default=0), max(bins, default=-1) + 1)
    return LoadReport(
        bins=tuple(bins.get(number, 0) for number in numbers),
        received_bytes=sum(receipt.received_bytes for receipt in receipts),
        timings=tuple(echoes),
        capped=capped,
    )


if __name__ == "__main__":
    serve_request(LoadTestRequest, run)
