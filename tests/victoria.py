"""A real VictoriaMetrics for tests, from Debian's package, on a port that was free."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.plain_http import NO_AUTHORITIES
from tests.ports import free_port
from tests.servers import need

_READY_WITHIN_S = 180.0
"""It is ready in a second on an idle machine; only a machine in trouble comes near this."""

Labels = dict[str, str]
Samples = list[tuple[int, float]]


class VictoriaServer:
    """
    A VictoriaMetrics that keeps everything and shows it at once.

    It takes one of two equal samples, as its operators are told to have it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        # It has no way to say which port it took.
        self._port = free_port()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Start it, and return when it answers that it is well."""
        assert self._process is None, "already running"
        log = self._directory / "victoria.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "victoria-metrics",
                    f"-storageDataPath={self._directory / 'data'}",
                    f"-httpListenAddr=127.0.0.1:{self._port}",
                    "-retentionPeriod=10y",
                    "-dedup.minScrapeInterval=1ms",
                    "-search.latencyOffset=0s",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health", timeout=5, verify=NO_AUTHORITIES).text == "OK":
                    return self
            except httpx.TransportError:
                pass  # not listening yet; the deadline bounds how often
            time.sleep(0.02)
        self.stop()
        pytest.fail(f"victoria-metrics was not ready:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it as an operator would, and wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it as a machine does that loses power, but for what the kernel has of its files."""
        assert self._process is not None, "not started"
        self._process.kill()
        self._process.wait()
        self._process = None

    def exported(self, selector: str) -> list[tuple[Labels, Samples]]:
        """Return all raw samples of each series that a selector finds: time in ms and value."""
        httpx.get(f"{self.url}/internal/force_flush", timeout=120, verify=NO_AUTHORITIES)
        answer = httpx.get(
            f"{self.url}/api/v1/export",
            params={"match[]": selector, "reduce_mem_usage": "0"},
            timeout=120,
            verify=NO_AUTHORITIES,
        )
        assert answer.status_code == 200, answer.text
        exported_series: list[tuple[Labels, Samples]] = []
        for line in answer.text.splitlines():
            series = json.loads(line)
            values = zip(series["timestamps"], series["values"], strict=True)
            exported_series.append(
                (series["metric"], [(int(at), float(value)) for at, value in values])
            )
        return exported_series


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaServer]:
    """One VictoriaMetrics for all tests that only add to it: use a site name of your own."""
    need("victoria-metrics")
    server = VictoriaServer(tmp_path_factory.mktemp("victoria")).start()
    yield server
    server.stop()
