"""
Runs speedtest-cli, restricted to one link and to a data limit.

speedtest-cli first requests a configuration from Ookla's host, for any server; if one of our
servers is configured, that one gets all requests for Ookla. Names of Ookla's servers are resolved
by the device's own resolver, possibly over another link; the connections themselves use this link.

The worker of the ``speedtest`` kind: ``python -m thongsuot_agent.probes.speedtest.worker``.
"""

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import speedtest  # type: ignore[import-not-found, import-untyped, unused-ignore]

from thongsuot_agent.links.sockets import connect_stream_by
from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport, SpeedtestRequest
from thongsuot_agent.probing.link_load.worker_process import serve_request

_OOKLA = ("://www.speedtest.net", "http://www.speedtest.net", "http://c.speedtest.net")
_LOOK_EVERY_S = 0.05
_THREADS = 4
_MS_PER_S = 1000
_BLOCK = os.urandom(1 << 16)


def run(request: SpeedtestRequest) -> SpeedtestReport:
    """Carry out a request; errors are in the report."""
    _limit_memory()
    _bind_connections(request)
    if request.url:
        _use_own_server(request.url)
    watch = _VolumeGuard(request.interface, request.max_bytes)
    try:
        test = speedtest.Speedtest(timeout=round(request.timeout_s), shutdown_event=watch.over)
        if request.url:
            # Its own test for a mini server; the list of servers then holds that one.
            test.get_best_server(test.set_mini_server(request.url))
        else:
            test.get_servers()
            test.get_best_server()
        with watch:
            test.download(threads=_THREADS)
            if not watch.over.is_set():
                test.upload(threads=_THREADS, pre_allocate=False)
    except (speedtest.SpeedtestException, OSError) as error:
        return SpeedtestReport(problem=f"{type(error).__name__}: {error}"[:200])
    results = test.results.dict()
    server = results["server"]
    return SpeedtestReport(
        down_bits_per_second=results["download"] or None,
        up_bits_per_second=results["upload"] or None,
        latency_s=results["ping"] / _MS_PER_S,
        server=f"{server.get('sponsor', '')} {server.get('host', '')}".strip(),
        received_bytes=results["bytes_received"],
        sent_bytes=results["bytes_sent"],
        capped=watch.over.is_set(),
    )


class _LazyUploadBody:
    """
    An upload's body, generated while it is read: speedtest-cli would hold hundreds of MB in memory.
    """

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def read(self, size_bytes: int) -> bytes:
        """Return data up to the rest of the limit."""
        piece = _BLOCK[: min(size_bytes, self._left)]
        self._left -= len(piece)
        return piece


def _limit_memory() -> None:
    def pre_allocate(self: Any) -> None:  # noqa: ANN401 - theirs
        self._data = _LazyUploadBody(self.length)  # the attribute that holds the body

    speedtest.HTTPUploaderData.pre_allocate = pre_allocate


def _bind_connections(request: SpeedtestRequest) -> None:
    """Open every connection over the link, to the address from the link's resolver."""

    def connect(
        address: tuple[str, int],
        timeout: object = None,
        source_address: object = None,
        **_: object,
    ) -> socket.socket:
        del source_address
        host, port = address
        timeout_s = timeout if isinstance(timeout, int | float) else request.timeout_s
        return connect_stream_by(
            request.interface, request.selector, request.host or host, port, timeout_s
        )

    speedtest.create_connection = connect
    speedtest.socket.create_connection = connect


def _use_own_server(url: str) -> None:
    """Send requests for Ookla's host to a server of ours."""
    original = speedtest.build_request

    def build(asked: str, *arguments: Any, **named: Any) -> object:  # noqa: ANN401 - theirs
        for host in _OOKLA:
            if asked.startswith(host):
                asked = url + asked[len(host) :]
        return original(asked, *arguments, **named)

    speedtest.build_request = build


class _VolumeGuard:
    """Ends the test when the interface has carried the allowed volume."""

    def __init__(self, interface: str, max_bytes: int) -> None:
        folder = Path("/sys/class/net", interface, "statistics")
        self._files = [folder / "rx_bytes", folder / "tx_bytes"]
        self._max_bytes = max_bytes
        self._done = threading.Event()
        self.over = _CompatibleEvent()

    def __enter__(self) -> None:
        threading.Thread(target=self._stop_if_exceeded, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _stop_if_exceeded(self) -> None:
        begun = self._interface_bytes()
        while not self._done.is_set():
            if self._interface_bytes() - begun > self._max_bytes:
                self.over.set()
                return
            time.sleep(_LOOK_EVERY_S)

    def _interface_bytes(self) -> int:
        return sum(int(path.read_text("ascii")) for path in self._files)


class _CompatibleEvent(threading.Event):
    """An event in the form that speedtest-cli expects."""

    def isSet(self) -> bool:  # noqa: N802 - the name that it uses, gone from newer Pythons
        """Return whether it is set."""
        return self.is_set()


if __name__ == "__main__":
    serve_request(SpeedtestRequest, run)
