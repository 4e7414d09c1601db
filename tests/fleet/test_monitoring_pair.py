"""
Two of everything by the playbooks, on three booted Debians: databases, collectors, Alertmanagers,
Prometheus and VictoriaMetrics on two, the monitor of the failover and a device on the third.

One of each is stopped; an incident is notified, and in the end all databases have every sample.
Chosen by ``./run fleet``: it builds packages and makes a Debian root, which needs a registry.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml  # type: ignore[import-untyped]
from bench.cluster.machines import ADDRESSES, topology

from tests.collector.notify.receiver_process import ReceiverFolder
from tests.fleet.city import INVENTORY, SITE
from tests.fleet.machine import PAIR_PACKAGES, base_of, booted, inside, unpacked
from tests.fleet.packages import built_packages
from tests.fleet.test_database_pair import (
    NODES,
    forget_the_server_of_the_package,
    write_control_node,
)
from tests.fleet.test_fleet import AnsibleFleet
from tests.tools.test_ansible_database import documented
from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

FIRST, SECOND, DEVICE = "collector-1.example", "collector-2.example", "watch.example"
PAIR = {FIRST: ADDRESSES["m1"], SECOND: ADDRESSES["m2"]}
PAGER_PORT = 8495
PATIENCE_S = 300.0
STOPPED = ("thongsuot-collector", "prometheus-alertmanager", "victoria-metrics", "prometheus")
NO_GOOD_ANSWER = {7, 22, 28, 52, 56}
"""curl's: refused, an error of HTTP, too late, nothing at all, reset."""
SAMPLES = "{__name__=~'thongsuot_host_.*'}"


@dataclass(frozen=True, kw_only=True)
class CityCentre:
    """The booted machines by their names, the control node, and the pager of the city's people."""

    fleet: AnsibleFleet
    first: Mapping[str, int]
    pager: ReceiverFolder

    def run(self, name: str, *words: str) -> str:
        """Run a command on a machine; it must not fail. Returns what it printed."""
        done = inside(self.first[name], *words)
        assert done.returncode == 0, f"{name}: {words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def get(self, name: str, url: str, *more: str) -> str:
        """Return what a URL answers on a machine, or nothing if it does not answer well."""
        curl = ("curl", "--silent", "--show-error", "--fail", "--max-time", "20", url, *more)
        done = inside(self.first[name], *curl)
        assert done.returncode in {0, *NO_GOOD_ANSWER}, done.stderr
        return done.stdout

    def peers(self, name: str) -> int:
        """Return how many Alertmanagers the one of a machine knows, once it is settled."""
        status = self.get(name, "http://127.0.0.1:9093/api/v2/status")
        cluster = json.loads(status)["cluster"] if status else {"status": ""}
        return len(cluster["peers"]) if cluster["status"] == "ready" else 0

    def times(self, name: str, port: int) -> set[int]:
        """Return the times of all samples that a database of a machine has of the device, in ms."""
        url = f"http://{PAIR[name]}:{port}/api/v1"
        if port == 8428:
            self.get(name, f"http://{PAIR[name]}:{port}/internal/force_flush")
            lines = self.get(name, f"{url}/export?reduce_mem_usage=0", "-d", f"match[]={SAMPLES}")
            return {
                time_ms for line in lines.splitlines() for time_ms in json.loads(line)["timestamps"]
            }
        answer = self.get(name, f"{url}/query", "--data-urlencode", f"query={SAMPLES}[2h]")
        result: list[dict[str, Any]] = json.loads(answer)["data"]["result"] if answer else []
        return {round(1000 * value[0]) for series in result for value in series["values"]}

    def silences_notified(self, status: str) -> list[str]:
        """Return the incidents of a silent device that people were notified of, each time."""
        alerts = [alert for alert in self.pager.received() if alert["status"] == status]
        silent = ("AgentSilent", "SitePower")
        return [
            alert["incident"]
            for alert in alerts
            if json.loads(alert["labels"])["alertname"] in silent
        ]


def wait_until(is_so: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait for a condition; ``what`` describes what there was instead."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(1)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityCentre]:
    folder = tmp_path_factory.mktemp("pair")
    packages = built_packages(tmp_path_factory, ["agent", "collector"])
    base = base_of("trixie", "pair", PAIR_PACKAGES)
    names = {**{ADDRESSES[node]: name for node, name in NODES.items()}}
    names[ADDRESSES["sites"]] = "pager.example"
    hosts = "".join(f"{address} {name}\n" for address, name in names.items())
    pager = ReceiverFolder(folder / "pager")
    pager.path.mkdir()
    with ExitStack() as stack:
        lab = stack.enter_context(Lab(topology()))
        receiver = [sys.executable, "-m", "tests.collector.notify.alert_webhook_receiver"]
        receiver += [str(pager.path), str(PAGER_PORT), ADDRESSES["sites"]]
        log = stack.enter_context((folder / "pager.log").open("wb"))
        process = lab.node("sites").popen(receiver, stdout=log, stderr=subprocess.STDOUT)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        first = {}
        for node, name in NODES.items():
            root = unpacked("trixie", folder / name, base=base)
            (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}", "utf-8")
            forget_the_server_of_the_package(root)
            console = folder / f"{name}.log"
            first[name] = stack.enter_context(booted(root, lab.node(node).network, console))
        # The cables to both are the lines of the device: over each it reaches one collector.
        for metric, line in enumerate(("to-m1", "to-m2")):
            (address,) = gateways(lab.node("m3"), line)
            words = ("default", "via", address, "dev", line, "metric", str(metric))
            lab.node("m3").run(["ip", "route", "add", *words])
        write_inventory(folder, packages)
        fleet = AnsibleFleet(folder=folder, root=folder, first=first[FIRST])
        yield CityCentre(fleet=fleet, first=first, pager=pager)


def gateways(node: RunningNode, interface: str) -> set[str]:
    """Return the other ends of a node's cable."""
    listed = node.run(["ip", "-json", "route", "show", "dev", interface]).stdout
    return {route["gateway"] for route in json.loads(listed) if "gateway" in route}


def write_inventory(folder: Path, packages: Path) -> None:
    """Write what the how-to says, and what this city needs besides."""
    write_control_node(folder)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "web.pem")
    for name, address in PAIR.items():
        certificate = authority.issue_cert(name, address, "localhost")
        certificate.private_key_pem.write_to_path(folder / f"{name}-web.key")
        certificate.cert_chain_pems[0].write_to_path(folder / f"{name}-web.pem")
    (folder / "inventory").mkdir()
    (folder / "inventory" / "sites.toml").write_text(INVENTORY, "utf-8")
    (folder / "keys").mkdir()
    document = yaml.safe_load((folder / "hosts.yml").read_text("utf-8"))
    monitors = {name: {"monitoring_address": address} for name, address in PAIR.items()}
    document["all"]["children"] |= {
        "monitors": {"hosts": monitors, "vars": documented("monitoring_victoria_metrics")},
        "canary": {"hosts": {DEVICE: None}},
        "agents": {"children": {"canary": None}},
    }
    collectors = documented("collector_shared_keys_dir") | documented("collector_receivers")
    collectors["collector_shared_keys_dir"] = str(folder / "keys")
    collectors |= {
        "collector_inventory_dir": str(folder / "inventory"),
        "collector_certificate_file": f"{folder}/{{{{ inventory_hostname }}}}-web.pem",
        "collector_key_file": f"{folder}/{{{{ inventory_hostname }}}}-web.key",
        "collector_page_password": "only-in-this-test",
    }
    document["all"]["children"]["collectors"]["vars"] = collectors
    document["all"]["vars"] |= {
        "common_packages_dir": str(packages),
        # The lines have no name server.
        "agent_collector_url": f"https://{PAIR[FIRST]}:8480",
        "agent_collector_failover_urls": [f"https://{PAIR[SECOND]}:8480"],
        "agent_ca_file": str(folder / "web.pem"),
        "agent_settings": {
            "site": {"name": SITE},
            "links": [
                {"name": "fixed", "interface": "to-m1"},
                {"name": "mobile", "interface": "to-m2"},
            ],
        },
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump(document), "utf-8")


def test_two_of_everything_are_set_up_by_the_playbooks(centre: CityCentre) -> None:
    centre.fleet.play("database")
    centre.fleet.play("monitoring")
    for name in PAIR:
        wait_until(
            lambda: centre.peers(name) == 2,  # noqa: B023
            lambda: centre.run(name, "journalctl", "--unit=prometheus-alertmanager"),  # noqa: B023
        )
    # The first collector makes the keys that the second one gets.
    alone = ("--limit", FIRST, "--extra-vars", "collector_shared_keys_dir=")
    centre.fleet.play("collector", *alone)
    keys = centre.fleet.folder / "keys"
    for key in ("links.key", "sign-in.key"):
        made = centre.fleet.folder / FIRST / "root-trixie/var/lib/thongsuot-collector" / key
        wait_until(made.exists, lambda: centre.run(FIRST, "journalctl", "--unit=thongsuot-*"))
        shutil.copy(made, keys / key)
    centre.fleet.play("collector")
    centre.fleet.play("agents")
    for name, port in ((name, port) for name in PAIR for port in (8428, 9090)):
        wait_until(
            lambda: centre.times(name, port),  # noqa: B023
            lambda: centre.run(FIRST, "journalctl", "--unit=thongsuot-*"),
        )


def test_a_second_time_changes_nothing(centre: CityCentre) -> None:
    for playbook in ("monitoring", "collector", "agents"):
        again = centre.fleet.play(playbook)
        assert again.changed == 0, again.changes()
        checked = centre.fleet.play(playbook, "--check")
        assert checked.changed == 0, checked.changes()


def test_with_one_of_each_stopped_people_are_notified_and_no_sample_is_missing(
    centre: CityCentre,
) -> None:
    for unit in STOPPED:
        centre.run(FIRST, "systemctl", "stop", unit)
    leads = ("https://localhost:8480/leader", "--insecure")
    wait_until(
        lambda: centre.get(SECOND, *leads),
        lambda: centre.run(SECOND, "journalctl", "--unit=thongsuot-*"),
    )
    before = centre.times(SECOND, 8428)
    wait_until(
        lambda: len(centre.times(SECOND, 8428) - before) > 3,
        lambda: centre.run(DEVICE, "journalctl", "--unit=thongsuot-agent"),
    )
    centre.run(DEVICE, "systemctl", "stop", "thongsuot-agent")
    wait_until(
        lambda: centre.silences_notified("firing"),
        lambda: centre.run(SECOND, "journalctl", "--unit=thongsuot-*"),
    )
    (silent,) = set(centre.silences_notified("firing"))
    for unit in STOPPED:
        centre.run(FIRST, "systemctl", "start", unit)
    for port in (8428, 9090):
        wait_until(
            lambda: centre.times(FIRST, port) == centre.times(SECOND, port),  # noqa: B023
            lambda: centre.times(FIRST, port) ^ centre.times(SECOND, port),  # noqa: B023
        )
        assert len(centre.times(FIRST, port) - before) > 3
    # The collectors have sent the open alert to both again, and the one that came back knows by
    # gossip that people were notified.
    wait_until(lambda: centre.peers(FIRST) == 2, lambda: centre.peers(FIRST))
    centre.run(DEVICE, "systemctl", "start", "thongsuot-agent")
    wait_until(lambda: silent in centre.silences_notified("resolved"), centre.pager.received)
    assert centre.silences_notified("firing") == [silent], centre.pager.received()
