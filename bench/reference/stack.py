"""ReferenceStack: blackbox_exporter, Prometheus and Alertmanager in a device's own namespace."""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

from bench.reference import config
from bench.reference.config import ReferencePace

from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode
from thongsuot_lab.spaces.enter import inside
from thongsuot_lab.stack import components
from thongsuot_lab.stack.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAlert:
    """One notification that an alert fires: when (CLOCK_BOOTTIME), and about what."""

    boottime_ns: int
    link: str
    target: str


@dataclass(slots=True)
class ReferenceStack:
    """
    One reference on one device, probing the targets of the agent there, over the same links.

    Everything is on the device itself: no failing line lies between its parts, which is more
    favourable than a remote Prometheus would be. It uses three ports of the device's loopback,
    starting with ``first_port``.
    """

    lab: Lab
    site: str
    pace: ReferencePace
    folder: Path
    first_port: int
    received_alerts: list[ReceivedAlert] = field(default_factory=list)
    _processes: list[Process] = field(default_factory=list)
    _webhook: ThreadingHTTPServer | None = None
    _prometheus: str = ""

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        node = self.lab.node(self.lab.topology.site(self.site).device)
        self.folder.mkdir(parents=True)
        checks = config.checks_of(self.lab, self.site)
        at = [f"127.0.0.1:{self.first_port + number}" for number in range(3)]
        webhook = self._listen(node)
        files = {
            "blackbox.yml": config.exporter(checks, sources(self.lab, self.site), self.lab.ca_file),
            "rules.yml": config.rules(self.pace),
            "prometheus.yml": config.prometheus(
                checks,
                self.pace,
                rules=self.folder / "rules.yml",
                exporter_at=at[0],
                alertmanager_at=at[1],
            ),
            "alertmanager.yml": config.alertmanager(self.pace, webhook),
        }
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        self._start(node, "blackbox", _blackbox(self.folder, at[0]))
        self._start(node, "alertmanager", _alertmanager(self.folder, at[1]))
        self._start(node, "prometheus", _prometheus(self.folder, at[2]))
        port = self.lab.expose(node.name, self.first_port + 2)
        self._prometheus = f"http://127.0.0.1:{port}"
        ready = f"{self._prometheus}/-/ready"
        self._processes[-1].wait_until(
            lambda: components.responds(ready), within_s=components.READY_S
        )
        for process in self._processes:
            process.wait_until(lambda: self._succeed(len(checks)), within_s=components.READY_S)

    def _succeed(self, checks: int) -> bool:
        """Return whether every check has run, and succeeds."""
        query = f"{self._prometheus}/api/v1/query?query=sum(probe_success)"
        with urllib.request.urlopen(query, timeout=30) as answer:
            answered = json.load(answer)["data"]["result"]
        return bool(answered) and float(answered[0]["value"][1]) == checks

    def stop(self) -> None:
        """End everything."""
        while self._processes:
            self._processes.pop().stop()
        if self._webhook is not None:
            self._webhook.shutdown()
            self._webhook.server_close()
            self._webhook = None

    def alerts(self) -> int:
        """Return how many alerts are pending or firing now."""
        with urllib.request.urlopen(f"{self._prometheus}/api/v1/alerts", timeout=30) as answer:
            alerts: list[object] = json.load(answer)["data"]["alerts"]
        return len(alerts)

    def first_alert(
        self, after_ns: int, *, link: str = "", target: str = ""
    ) -> ReceivedAlert | None:
        """Return the first notification after a moment about a link or a target."""
        for alert in self.received_alerts:
            if (
                alert.boottime_ns >= after_ns
                and link in ("", alert.link)
                and target in ("", alert.target)
            ):
                return alert
        return None

    def _start(self, node: RunningNode, name: str, command: list[str]) -> None:
        def spawn(
            argv: Sequence[str], /, *, stdout: IO[bytes], stderr: int
        ) -> "subprocess.Popen[bytes]":
            return node.popen(argv, stdout=stdout, stderr=stderr)

        self._processes.append(Process.start(name, command, self.folder, spawn))

    def _listen(self, node: RunningNode) -> str:
        """Receive notifications inside the device; returns the address for them."""
        received_alerts = self.received_alerts

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    labels = alert["labels"]
                    received = ReceivedAlert(
                        boottime_ns=now_ns, link=labels["link"], target=labels["target"]
                    )
                    received_alerts.append(received)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing."""

        server = inside(node.network, lambda: ThreadingHTTPServer(("127.0.0.1", 0), Hook))
        self._webhook = server
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"


def sources(lab: Lab, site: str) -> dict[tuple[str, str], str]:
    """Return a device's own address on each link, by link and family."""
    topology = lab.topology
    device = topology.site(site).device
    ends = {end.interface: end for end in topology.ends_of(device)}
    addresses = {}
    for uplink in topology.site(site).uplinks:
        end = ends[uplink.interface]
        addresses[uplink.name, "ip4"] = str(end.v4[0].ip)
        addresses[uplink.name, "ip6"] = str(end.v6[0].ip)
    return addresses


def route_by_source(lab: Lab, site: str) -> None:
    """Route packets from a link's address over that link: the exporter does not bind to a link."""
    topology = lab.topology
    device = topology.site(site).device
    node = lab.node(device)
    own = sources(lab, site)
    for number, uplink in enumerate(topology.site(site).uplinks, start=100):
        for family, flag in (("ip4", "-4"), ("ip6", "-6")):
            shown = node.run(["ip", flag, "route", "show", "default", "dev", uplink.interface])
            words = shown.stdout.split()
            via = words[words.index("via") + 1]
            way = ["default", "via", via, "dev", uplink.interface, "table", str(number)]
            node.run(["ip", flag, "route", "replace", *way])
            rule = ["from", own[uplink.name, family], "lookup", str(number)]
            node.run(["ip", flag, "rule", "add", *rule])


def _blackbox(folder: Path, listen: str) -> list[str]:
    return [
        "prometheus-blackbox-exporter",
        f"--config.file={folder / 'blackbox.yml'}",
        f"--web.listen-address={listen}",
        "--log.level=error",
    ]


def _prometheus(folder: Path, listen: str) -> list[str]:
    return [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        "--log.level=warn",
    ]


def _alertmanager(folder: Path, listen: str) -> list[str]:
    return [
        "prometheus-alertmanager",
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'notified'}",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
