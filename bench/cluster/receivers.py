"""
Databases and Alertmanagers of the cluster: a VictoriaMetrics and an Alertmanager on each machine of
the pair.

Each VictoriaMetrics is a sink of its own with its own cursor, and must have every sample in the
end, however often it was killed. The two Alertmanagers gossip; each receives every alert, and
people must be notified once.
"""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.cluster.machines import ADDRESSES, Play, Service, python_program
from tests.collector.notify.receiver_process import ReceiverFolder

PAIR = ("m1", "m2")
_OF_ADDRESS = {ADDRESSES[name]: name for name in PAIR}
SAMPLES = "thongsuot_icmp_success"
_VICTORIA_PORT, _ALERTS_PORT, _GOSSIP_PORT, _PAGER_PORT = 8428, 9093, 9094, 8495

_ALERTS_CONFIG = """
# The interval is longer than --cluster.peer-timeout: the second one waits for so long with what it
# knew before, and would tell again what the first has called resolved meanwhile.
route:
  receiver: pager
  group_by: [...]
  group_wait: 1s
  group_interval: 20s
  repeat_interval: 4h
receivers:
  - name: pager
    webhook_configs: [{{url: "http://{pager}/", send_resolved: true}}]
"""


class Telling(NamedTuple):
    """
    A notification of people about an alert: its time (Unix), and the machine of its Alertmanager.
    """

    at_s: float
    machine: str


class Receivers:
    """Both pairs, and the pager that receives people's notifications."""

    def __init__(self, play: Play, folder: Path) -> None:
        self._play = play
        self._folder = folder
        self._pager = ReceiverFolder(folder / "pager")

    @property
    def sinks(self) -> list[str]:
        """The names of the collectors' sinks."""
        return [f"victoria-{name}" for name in PAIR]

    @property
    def settings(self) -> str:
        """Tables of the collectors of the cluster; the name of the channel is ``alerts``."""
        sinks = "".join(
            f'[[sinks]]\nkind = "remote_write"\nname = "victoria-{name}"\n'
            f'url = "{_victoria(name)}/api/v1/write"\n'
            f'process_metrics_url = "{_victoria(name)}/metrics"\ntimeout_s = 5\n'
            "min_backoff_s = 0.5\nmax_backoff_s = 2\n"
            for name in PAIR
        )
        urls = ", ".join(f'"http://{ADDRESSES[name]}:{_ALERTS_PORT}"' for name in PAIR)
        return (
            f'{sinks}[[channels]]\nkind = "alertmanager"\nname = "alerts"\nurls = [{urls}]\n'
            "repeat_s = 10\ntimeout_s = 5\n"
        )

    def build(self) -> None:
        """Start them without waiting until they are ready."""
        pager = [python_program("python"), "-m", "tests.collector.notify.alert_webhook_receiver"]
        pager += [str(self._pager.path), str(_PAGER_PORT), ADDRESSES["sites"]]
        self._pager.path.mkdir()
        self._add("sites", "pager", pager)
        config = self._folder / "alertmanager.yml"
        config.write_text(_ALERTS_CONFIG.format(pager=f"{ADDRESSES['sites']}:{_PAGER_PORT}"))
        for name, other in (PAIR, PAIR[::-1]):
            address = ADDRESSES[name]
            alerts = ["prometheus-alertmanager", f"--config.file={config}"]
            alerts += [f"--storage.path={self._folder / f'alertmanager-{name}'}"]
            alerts += [f"--web.listen-address={address}:{_ALERTS_PORT}"]
            alerts += [f"--cluster.listen-address={address}:{_GOSSIP_PORT}"]
            alerts += [f"--cluster.advertise-address={address}:{_GOSSIP_PORT}"]
            alerts += [f"--cluster.peer={ADDRESSES[other]}:{_GOSSIP_PORT}"]
            alerts += ["--cluster.peer-timeout=5s"]  # as the playbook
            self._add(name, f"alertmanager-{name}", alerts)
            victoria = ["victoria-metrics", f"-storageDataPath={self._folder / f'victoria-{name}'}"]
            victoria += [f"-httpListenAddr={address}:{_VICTORIA_PORT}", "-retentionPeriod=10y"]
            victoria += ["-dedup.minScrapeInterval=1ms", "-search.latencyOffset=0s"]
            victoria += ["-memory.allowedBytes=64MB"]
            self._add(name, f"victoria-{name}", victoria)

    def starts(self) -> Counter[str]:
        """Return how often each was started."""
        return Counter(
            {
                service.name: service.starts
                for name in PAIR
                for service in self._play.machines[name].services.values()
                if service.name.startswith(("alertmanager", "victoria"))
            }
        )

    def missing(self, name: str, measured_ms: Mapping[str, Sequence[int]]) -> int:
        """Return how many samples a VictoriaMetrics lacks; all of them if it does not answer."""
        node = self._play.machines["sites"].node
        try:
            kept_ms = node.call(lambda: _exported_ms(name))
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            kept_ms = {}
        return sum(
            len(set(times) - kept_ms.get(site, set())) for site, times in measured_ms.items()
        )

    def alerts_told(self) -> dict[tuple[str, str], list[Telling]]:
        """Return when people were notified of each alert, by its fingerprint and status."""
        tellings: dict[tuple[str, str], list[Telling]] = {}
        for record in self._pager.received():
            telling = Telling(float(record["at_s"]), _OF_ADDRESS[record["sender"]])
            tellings.setdefault((record["fingerprint"], record["status"]), []).append(telling)
        return tellings

    def _add(self, machine: str, name: str, argv: list[str]) -> None:
        folder = Path.cwd() if machine == "sites" else self._folder
        service = Service(name=name, argv=argv, folder=folder, log_folder=self._folder)
        self._play.machines[machine].add(service)


def _victoria(name: str) -> str:
    return f"http://{ADDRESSES[name]}:{_VICTORIA_PORT}"


def _exported_ms(name: str) -> dict[str, set[int]]:
    """Return the times of all samples of a VictoriaMetrics, by site."""
    with urllib.request.urlopen(f"{_victoria(name)}/internal/force_flush", timeout=30) as flushed:
        flushed.read()
    url = f"{_victoria(name)}/api/v1/export?match[]={SAMPLES}&reduce_mem_usage=0"
    kept_ms: dict[str, set[int]] = {}
    with urllib.request.urlopen(url, timeout=60) as answer:
        for line in answer:
            series = json.loads(line)
            kept_ms.setdefault(series["metric"]["site"], set()).update(series["timestamps"])
    return kept_ms
