"""
Real servers for tests: started on free ports, in directories of their own.

A server that is not installed skips the test with its name; CI fails when anything skipped there.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.plain_http import NO_AUTHORITIES
from tests.ports import free_port

_READY_WITHIN_S = 180.0
"""Prometheus is ready in 0.2 s on an idle machine; only a machine in trouble comes near this."""

_PROMETHEUS_CONFIG = """\
global: {{scrape_interval: 15s}}
storage: {{tsdb: {{out_of_order_time_window: {window_s}s}}}}
"""


class PrometheusServer:
    """
    A Prometheus that receives by remote write, with an out-of-order window.

    The first start takes a free port; later starts come back on the same one, with the
    same data, so that a test can take the receiver away and bring it back.
    """

    def __init__(
        self,
        directory: Path,
        *,
        window_s: int = 24 * 3600,
        more_config: str = "",
        retention: str = "15d",
    ) -> None:
        self._directory = directory
        self._retention = retention
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        config = directory / "prometheus.yml"
        text = _PROMETHEUS_CONFIG.format(window_s=window_s) + more_config
        config.write_text(text, encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        assert self._port, "not started"
        return f"http://127.0.0.1:{self._port}"

    @property
    def write_url(self) -> str:
        """Where remote write goes."""
        return f"{self.url}/api/v1/write"

    @property
    def pid(self) -> int:
        """Process id, for those who look at its CPU time."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> Self:
        """Start it, and return when it answers that it is ready."""
        assert self._process is None, "already running"
        log = self._directory / "prometheus.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self._directory / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port or free_port()}",
                    "--web.enable-remote-write-receiver",
                    "--query.lookback-delta=5m",
                    f"--storage.tsdb.retention.time={self._retention}",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        port = _port_when_ready("prometheus", self._process, log)
        if not port:
            self.stop()
            pytest.fail(f"prometheus was not ready:\n{log.read_text(errors='replace')}")
        self._port = port
        return self

    def stop(self) -> None:
        """End it as an operator would, and wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def query(self, expression: str, *, at_s: float | None = None) -> list[dict[str, object]]:
        """Return the result of an instant query: one entry a series."""
        params = {"query": expression} | ({} if at_s is None else {"time": f"{at_s:.3f}"})
        answer = httpx.get(
            f"{self.url}/api/v1/query", params=params, timeout=120, verify=NO_AUTHORITIES
        )
        assert answer.status_code == 200, answer.text
        results: list[dict[str, object]] = answer.json()["data"]["result"]
        return results

    def samples(self, selector: str, *, at_s: float, range_s: int) -> dict[str, list[list[object]]]:
        """
        Return the raw samples of each series that a selector finds, ending at a time.

        Keyed by the series' labels in one text (``a=1,b=2``, sorted, with ``__name__``); values are
        ``[time in seconds, value as text]``, as stored, oldest first.
        """
        result = self.query(f"{selector}[{range_s}s]", at_s=at_s)
        samples_by_labels: dict[str, list[list[object]]] = {}
        for series in result:
            labels, values = series["metric"], series["values"]
            assert isinstance(labels, dict)
            assert isinstance(values, list)
            samples_by_labels[",".join(f"{key}={labels[key]}" for key in sorted(labels))] = values
        return samples_by_labels


_ALERTMANAGER_CONFIG = """\
route: {{receiver: hook, group_by: [...], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers:
  - name: hook
    webhook_configs: [{{url: "{hook}", send_resolved: true}}]
"""


class AlertmanagerServer:
    """
    An Alertmanager that tells a webhook of every alert by itself, at once.

    The first start takes a free port; later starts come back on the same one with the
    same data: what was told is kept, alerts are not (it holds those in memory).
    """

    def __init__(self, directory: Path, hook: str, more: str = "") -> None:
        self._directory = directory
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        config = directory / "alertmanager.yml"
        config.write_text(_ALERTMANAGER_CONFIG.format(hook=hook) + more, encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        assert self._port, "not started"
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Start it, and return when it answers that it is ready."""
        assert self._process is None, "already running"
        log = self._directory / "alertmanager.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "prometheus-alertmanager",
                    f"--config.file={self._directory / 'alertmanager.yml'}",
                    f"--storage.path={self._directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port or free_port()}",
                    "--cluster.listen-address=",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        port = _port_when_ready("alertmanager", self._process, log)
        if not port:
            self.stop()
            pytest.fail(f"alertmanager was not ready:\n{log.read_text(errors='replace')}")
        self._port = port
        return self

    def stop(self) -> None:
        """End it as an operator would, and wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it holds now and that are not over."""
        answer = httpx.get(f"{self.url}/api/v2/alerts", timeout=120, verify=NO_AUTHORITIES)
        assert answer.status_code == 200, answer.text
        alerts: list[dict[str, Any]] = answer.json()
        return alerts

    def notified(self) -> int:
        """Return how many tellings to its webhook it has finished, by its own count."""
        text = httpx.get(f"{self.url}/metrics", timeout=120, verify=NO_AUTHORITIES).text
        name = "alertmanager_notification_latency_seconds_count"
        counts = re.findall(rf'^{name}{{.*integration="webhook".*}} (\d+)', text, re.MULTILINE)
        return sum(map(int, counts))


def _port_when_ready(name: str, process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port on which a server of Prometheus' kin answers that it is ready; 0: never."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"{name} ended at start:\n{log.read_text(errors='replace')}")
        match = re.search(r'"Listening on" address=127\.0\.0\.1:(\d+)', log.read_text("utf-8"))
        if match:
            port = int(match.group(1))
            try:
                if (
                    httpx.get(
                        f"http://127.0.0.1:{port}/-/ready", timeout=5, verify=NO_AUTHORITIES
                    ).status_code
                    == 200
                ):
                    return port
            except httpx.TransportError:
                pass  # not listening yet; the deadline bounds how often
        time.sleep(0.02)
    return 0


def need(program: str) -> None:
    """Skip the test, naming the program, where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def linted(metrics: str) -> str:
    """Return what promtool has to say about a ``/metrics``; empty when it is content."""
    need("promtool")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True, check=False
    )
    return (
        checked.stdout
        + checked.stderr
        + (f"exit {checked.returncode}" if checked.returncode else "")
    )


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """One Prometheus for all tests that only add to it: use a site name of your own."""
    need("prometheus")
    server = PrometheusServer(tmp_path_factory.mktemp("prometheus")).start()
    yield server
    server.stop()


@pytest.fixture
def own_prometheus(tmp_path: Path) -> Iterator[PrometheusServer]:
    """A Prometheus for one test, which may stop and start it; not yet started."""
    need("prometheus")
    directory = tmp_path / "own-prometheus"
    directory.mkdir()
    server = PrometheusServer(directory)
    yield server
    server.stop()


@pytest.fixture
def own_alertmanager(tmp_path: Path) -> Iterator[Callable[..., AlertmanagerServer]]:
    """
    Makes an Alertmanager for one test that tells a webhook; not yet started.

    A second argument is added to its configuration.
    """
    need("prometheus-alertmanager")
    made: list[AlertmanagerServer] = []

    def make(hook: str, more: str = "") -> AlertmanagerServer:
        directory = tmp_path / f"alertmanager-{len(made)}"
        directory.mkdir()
        made.append(AlertmanagerServer(directory, hook, more))
        return made[-1]

    yield make
    for server in made:
        server.stop()
