"""
blackbox_exporter, Prometheus and Alertmanager.

On the device, the exporter and a Prometheus that evaluates the rules and writes its samples to a
Prometheus in the centre (remote write); Alertmanager is also in the centre, and routes by the label
``party``, which each target carries. A rule in the centre fires when a site stops sending.
"""

import json
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.compare.checks import CENTRE, OwnedCheck, owned_checks, tell_by_second_line
from bench.compare.contract import Message, PeerKind, PeerPlace, StoredRuns
from bench.compare.programs import Programs, absent_commands, debian_version, fetch_json
from bench.compare.receiver import centre_address
from bench.reference import config
from bench.reference.config import AGGRESSIVE, RECOMMENDED, ReferencePace
from bench.reference.stack import route_by_source, sources

from thongsuot_lab.node import RunningNode
from thongsuot_lab.stack import components
from thongsuot_schema.segment import LADDER, Party, Segment

EXPORTER_PORT, DEVICE_PORT = 21000, 21001
FIRST_CENTRE_PORT = {RECOMMENDED.name: 21010, AGGRESSIVE.name: 21020}
"""In the centre: Prometheus, and Alertmanager above it."""

SHOWN = ("alertname", "job", "target")

INHIBITION_WAIT = "5s"
"""Alertmanager can only inhibit an alert by another one that exists before the group is sent."""


@dataclass(slots=True)
class PrometheusPeer:
    """The three at one pace; see ``Peer``."""

    place: PeerPlace
    pace: ReferencePace
    _programs: Programs = field(init=False)
    _checks: list[OwnedCheck] = field(init=False)
    _device: str = ""
    _centre: str = ""

    def __post_init__(self) -> None:
        self._programs = Programs(self.place.folder)
        self._checks = owned_checks(self.place.lab, self.place.site)

    def start(self) -> None:
        """Start the centre, then the device."""
        lab, site = self.place.lab, self.place.site
        device, centre = lab.node(lab.topology.site(site).device), lab.node(CENTRE)
        route_by_source(lab, site)
        if self.pace is AGGRESSIVE:
            # Alerts leave over the second line, so that they are sent even if the first one is
            # dead.
            tell_by_second_line(lab, site, self._alertmanager_port)
        self._write_files()
        self._start_prometheus(centre, "centre", self._centre_port, remote_write=True)
        alertmanager = [
            "prometheus-alertmanager",
            f"--config.file={self.place.folder / 'alertmanager.yml'}",
            f"--storage.path={self.place.folder / 'notified'}",
            f"--web.listen-address={centre_address(lab)}:{self._alertmanager_port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]
        self._programs.start(centre, "alertmanager", alertmanager)
        exporter = [
            "prometheus-blackbox-exporter",
            f"--config.file={self.place.folder / 'blackbox.yml'}",
            f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}",
            "--log.level=error",
        ]
        self._programs.start(device, "blackbox", exporter)
        self._start_prometheus(device, "device", DEVICE_PORT)
        self._device = f"http://127.0.0.1:{lab.expose(device.name, DEVICE_PORT)}"
        address = centre_address(lab)
        port = lab.expose(centre.name, self._centre_port, address=address)
        self._centre = f"http://127.0.0.1:{port}"
        for process in self._programs.running:
            process.wait_until(
                lambda: components.responds(f"{self._device}/-/ready"), within_s=components.READY_S
            )

    def stop(self) -> None:
        """End everything."""
        self._programs.stop()

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Return the alerts of one notification."""
        return [
            Message(
                boottime_ns=boottime_ns,
                party=party,
                thread=alert["fingerprint"],
                subject=" ".join(alert["labels"].get(label, "") for label in SHOWN),
                is_over=alert["status"] == "resolved",
            )
            for alert in json.loads(body)["alerts"]
        ]

    def is_calm(self) -> bool:
        """Return whether all probes succeed, and no alert is pending or firing anywhere."""
        self._programs.check()
        return self._all_succeed() and not any(
            fetch_json(f"{base}/api/v1/alerts")["data"]["alerts"]
            for base in (self._device, self._centre)
        )

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return how many probe outcomes of a period both databases have."""
        query = f"sum(count_over_time(probe_success[{round(until_s - since_s)}s]))"
        counts = [_value(base, query, until_s) for base in (self._device, self._centre)]
        return StoredRuns(on_device=counts[0], in_centre=counts[1])

    @property
    def _centre_port(self) -> int:
        return FIRST_CENTRE_PORT[self.pace.name]

    @property
    def _alertmanager_port(self) -> int:
        return self._centre_port + 1

    def _all_succeed(self) -> bool:
        query = "sum(probe_success)"
        return all(
            _value(base, query, time.time()) == len(self._checks)
            for base in (self._device, self._centre)
        )

    def _start_prometheus(
        self,
        node: RunningNode,
        name: str,
        port: int,
        *,
        remote_write: bool = False,
    ) -> None:
        host = centre_address(self.place.lab) if remote_write else "127.0.0.1"
        command = [
            "prometheus",
            f"--config.file={self.place.folder / f'{name}.yml'}",
            f"--storage.tsdb.path={self.place.folder / f'data-{name}'}",
            f"--web.listen-address={host}:{port}",
            "--log.level=warn",
        ]
        if remote_write:
            command.append("--web.enable-remote-write-receiver")
        self._programs.start(node, f"prometheus-{name}", command)

    def _write_files(self) -> None:
        lab, site, folder = self.place.lab, self.place.site, self.place.folder
        folder.mkdir(parents=True, exist_ok=True)
        alertmanager = f"{centre_address(lab)}:{self._alertmanager_port}"
        exporter = config.exporter(
            [owned.check for owned in self._checks], sources(lab, site), lab.ca_file
        )
        common: dict[str, object] = {
            "global": {
                "scrape_interval": self.pace.every,
                "evaluation_interval": self.pace.every,
            }
            | ({"scrape_timeout": "1s"} if self.pace.every == "1s" else {}),
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        }
        write = f"http://{centre_address(lab)}:{self._centre_port}/api/v1/write"
        device = common | {
            "rule_files": [str(folder / "rules.yml")],
            "scrape_configs": scrape_configs(self._checks, site),
            "remote_write": [{"url": write}],
        }
        centre = common | {"rule_files": [str(folder / "absent.yml")]}
        files: dict[str, object] = {
            "device.yml": device,
            "centre.yml": centre,
            "rules.yml": json.loads(config.rules(self.pace)),
            "absent.yml": absent_rule(self.pace, site),
            "alertmanager.yml": alertmanager_config(self.pace, self.place.hook),
        }
        for name, content in files.items():
            # JSON is YAML, and needs no library.
            (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
        (folder / "blackbox.yml").write_text(exporter, encoding="utf-8")


def scrape_configs(checks: Sequence[OwnedCheck], site: str) -> list[dict[str, object]]:
    """Return a job for each module of the exporter, with targets labelled by their owner."""
    jobs: list[dict[str, object]] = []
    for module in dict.fromkeys(owned.check.module for owned in checks):
        targets = [
            {
                "targets": [owned.check.at],
                "labels": {
                    "site": site,
                    "link": owned.check.link,
                    "target": owned.check.target,
                    "segment": owned.segment.value,
                    "party": owned.party.value,
                },
            }
            for owned in checks
            if owned.check.module == module
        ]
        jobs.append(
            {
                "job_name": module,
                "metrics_path": "/probe",
                "params": {"module": [module]},
                "static_configs": targets,
                "relabel_configs": [
                    {"source_labels": ["__address__"], "target_label": "__param_target"},
                    {"source_labels": ["__param_target"], "target_label": "instance"},
                    {"target_label": "__address__", "replacement": f"127.0.0.1:{EXPORTER_PORT}"},
                ],
            }
        )
    return jobs


def absent_rule(pace: ReferencePace, site: str) -> dict[str, object]:
    """Return the centre's alert about a site that sends nothing; the commune checks first."""
    window = "1m" if pace is RECOMMENDED else "10s"
    alert = {
        "alert": "SiteSilent",
        "expr": f'absent_over_time(probe_success{{site="{site}"}}[{window}])',
        "for": pace.hold,
        "labels": {"party": Party.COMMUNE.value},
    }
    return {"groups": [{"name": "absent", "rules": [alert]}]}


def alertmanager_config(pace: ReferencePace, hook: str) -> dict[str, object]:
    """
    Return routes by party.

    At the aggressive pace a failure inhibits those beyond it on the same link; the manual's first
    configuration has no inhibition.
    """
    grouped: dict[str, object] = {
        "group_by": ["site", "party"],
        "group_wait": pace.group_wait if pace is RECOMMENDED else INHIBITION_WAIT,
        # By default Alertmanager waits five minutes before it notifies additional alerts of a
        # group, and the results of our rounds would depend on their order.
        "group_interval": "1s",
    }
    routes = [{"matchers": [f'party="{party.value}"'], "receiver": party.value} for party in Party]
    receivers = [
        {
            "name": party.value,
            "webhook_configs": [{"url": f"{hook}{party.value}", "send_resolved": True}],
        }
        for party in Party
    ]
    content: dict[str, object] = {
        "route": {"receiver": Party.CITY.value, **grouped, "routes": routes},
        "receivers": receivers,
    }
    if pace is AGGRESSIVE:
        content["inhibit_rules"] = [
            {
                "source_matchers": [f'segment="{segment.value}"'],
                "target_matchers": [f'segment=~"{"|".join(_beyond(segment))}"'],
                "equal": ["site", "link"],
            }
            for segment in LADDER
            if segment is not Segment.DEVICE and _beyond(segment)
        ]
    return content


def _beyond(segment: Segment) -> list[str]:
    return [other.value for other in LADDER[LADDER.index(segment) + 1 :]]


def _value(base: str, query: str, at_s: float) -> int:
    asked = urllib.parse.urlencode({"query": query, "time": f"{at_s:.3f}"})
    answered = fetch_json(f"{base}/api/v1/query?{asked}")["data"]["result"]
    return round(float(answered[0]["value"][1])) if answered else 0


PROGRAMS = ("prometheus-blackbox-exporter", "prometheus", "prometheus-alertmanager")


def _kind(pace: ReferencePace, settings: str) -> PeerKind:
    return PeerKind(
        name=f"blackbox + Prometheus + Alertmanager, {pace.name}",
        settings=settings,
        version=partial(debian_version, *PROGRAMS),
        missing=partial(absent_commands, *PROGRAMS),
        create=partial(PrometheusPeer, pace=pace),
    )


KINDS = (
    _kind(
        RECOMMENDED,
        "scraped every 15 s, `for: 1m`, `group_wait: 30s`, routed by a label of each target",
    ),
    _kind(
        AGGRESSIVE,
        "scraped every second, `for: 2s`, `group_wait: 5s`, inhibition along the path, alerts "
        "over the second line",
    ),
)
