"""Receivers of remote write with which the collector is compared, with their default settings."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerDatabase:
    """A receiver of remote write: how it is started, and where it listens."""

    name: str
    program: str
    """Its executable."""

    command: Callable[[Path], list[str]]
    listening: str
    """A pattern with one group that finds its port in its log."""


def prometheus(folder: Path) -> list[str]:
    """Prometheus with the window that a backlog needs."""
    config = folder / "prometheus.yml"
    config.write_text("storage: {tsdb: {out_of_order_time_window: 24h}}\n")
    return [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-remote-write-receiver",
    ]


def victoria_metrics(folder: Path) -> list[str]:
    """VictoriaMetrics with its defaults; it cannot report which port it took, so one is chosen."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return [
        "victoria-metrics",
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
    ]


PEERS = (
    PeerDatabase(
        name="Prometheus",
        program="prometheus",
        command=prometheus,
        listening=r'"Listening on" address=127\.0\.0\.1:(\d+)',
    ),
    PeerDatabase(
        name="VictoriaMetrics",
        program="victoria-metrics",
        command=victoria_metrics,
        listening=r"started server at http://127\.0\.0\.1:(\d+)/",
    ),
)


@contextmanager
def running(peer: PeerDatabase, folder: Path) -> Iterator[tuple[int, str]]:
    """Run a database; yields its process id, and the URL that accepts samples."""
    path = folder / "log"
    with path.open("wb") as log:
        process = subprocess.Popen(peer.command(folder), stdout=log, stderr=subprocess.STDOUT)
    try:
        match = None
        while match is None:
            time.sleep(0.1)
            text = path.read_text()
            if process.poll() is not None:
                raise SystemExit(text)
            match = re.search(peer.listening, text)
        yield process.pid, f"http://127.0.0.1:{match.group(1)}/api/v1/write"
    finally:
        process.terminate()
        process.wait()
