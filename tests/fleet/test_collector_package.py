"""
The collector's package on a booted Debian: what `init` writes runs as a service, outlives kills,
power cuts and an upgrade with its data, and is gone after a purge.

The package before is this one under an earlier version; with ``THONGSUOT_PREVIOUS_PACKAGES`` it is
that of a folder.
"""

import asyncio
import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.collector.reporting_agent import ReportingAgent
from tests.fleet.machine import booted, inside, unpacked
from tests.fleet.packages import built_packages, repacked
from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces import enter
from thongsuot_lab.topology.small import two_uplinks
from thongsuot_schema.state import State

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

UNIT = "thongsuot-collector.service"
SITE = "phuong-ba-dinh"
USER = "thongsuot-collector"
STATE = "/var/lib/thongsuot-collector"
ADDRESS = "https://localhost:8480"
PATIENCE_S = 180.0


class CollectorMachine:
    """A Debian with a collector, which may lose its power and be switched on again."""

    def __init__(self, folder: Path, network: str) -> None:
        self.folder = folder
        self.network = network
        self.root = unpacked("trixie", folder)
        self.first = 0
        self._power = ExitStack()

    def switch_on(self) -> None:
        """Boot the machine."""
        log = self.folder / "console.log"
        self.first = self._power.enter_context(booted(self.root, self.network, log))

    def cut_power(self) -> None:
        """End every process of the machine at once."""
        self._power.close()

    def run(self, *words: str) -> str:
        """Run a command on the machine; it must not fail. Returns what it printed."""
        done = inside(self.first, *words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}{self.journal()}"
        return done.stdout.strip()

    def collector(self, *words: str) -> str:
        """Run the collector's command as the service's user; return what it printed."""
        return self.run("runuser", "-u", USER, "--", "thongsuot-collector", *words)

    def install(self, package: Path) -> None:
        """Install a package as a person does."""
        place = self.root / package.name
        place.write_bytes(package.read_bytes())
        self.run("dpkg", "--install", f"/{package.name}")
        place.unlink()

    def wait_until_ready(self) -> None:
        """Wait until the collector takes batches."""
        ready = ("--retry", str(int(PATIENCE_S)), "--retry-connrefused", "--retry-delay", "1")
        trusted = ("--cacert", f"{STATE}/ca/ca.pem")
        self.run("curl", "--silent", "--fail", *ready, *trusted, f"{ADDRESS}/readyz")

    def main_process(self) -> str:
        """Return the number of the service's process; ``0`` where it has none."""
        return self.run("systemctl", "show", "--value", "--property=MainPID", UNIT)

    def journal(self) -> str:
        """Return what the service has logged."""
        return inside(self.first, "journalctl", "--no-pager", f"--unit={UNIT}").stdout

    def push(self, agent: ReportingAgent) -> None:
        """Push one batch from within the machine's network; it must be acknowledged."""
        trusted = ssl.create_default_context(cafile=str(self.root) + f"{STATE}/ca/ca.pem")

        async def report() -> None:
            async with httpx.AsyncClient(base_url=ADDRESS, verify=trusted, timeout=60) as client:
                await agent.report(client, {"fixed": State.UP})

        enter.inside(self.network, lambda: asyncio.run(report()))

    def record(self) -> dict[str, object]:
        """Return what `verify` says of the whole record; it must be intact."""
        report: dict[str, object] = json.loads(self.collector("verify", "--json"))
        assert report["is_intact"], report
        return report

    def entries(self) -> int:
        """Return how many entries the journal has."""
        status = json.loads(self.collector("journal", "status", "--json"))
        return int(status["last_sequence"])

    def people(self) -> list[str]:
        """Return the names of those who have an account."""
        return [row["name"] for row in json.loads(self.collector("person", "list", "--json"))]


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(built_packages(tmp_path_factory, ["collector"]).glob("thongsuot-collector_*.deb"))


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory, newest: Path) -> Path:
    if folder := os.environ.get("THONGSUOT_PREVIOUS_PACKAGES"):
        return next(Path(folder).glob("thongsuot-collector_*.deb"))
    version = newest.name.split("_")[1]
    return repacked(newest, version, "0.0.1", tmp_path_factory.mktemp("previous"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorMachine]:
    folder = tmp_path_factory.mktemp("machine")
    with Lab(two_uplinks()) as lab:
        machine = CollectorMachine(folder, lab.node("device").network)
        machine.switch_on()
        try:
            yield machine
        finally:
            machine.cut_power()


def wait_for_another(machine: CollectorMachine, process: str) -> None:
    """Wait until systemd runs the collector as another process."""
    deadline = time.monotonic() + PATIENCE_S
    while machine.main_process() in {process, "0"}:
        assert time.monotonic() < deadline, machine.journal()
        time.sleep(0.5)


def test_the_service_of_init_lives_through_kills_power_cuts_and_an_upgrade_with_its_data(
    machine: CollectorMachine, previous: Path, newest: Path
) -> None:
    machine.install(previous)
    said = machine.run("thongsuot-collector", "init", "--host", "localhost", "--site", SITE)
    assert f"systemctl enable --now {UNIT}" in said
    machine.run("systemctl", "enable", "--now", UNIT)
    machine.wait_until_ready()
    agent = ReportingAgent(SITE, machine.collector("token", "create", SITE))
    machine.push(agent)
    machine.collector("person", "add", "lan", "--title", "Lan")
    kept, people = machine.entries(), machine.people()
    assert kept > 0

    process = machine.main_process()
    machine.run("kill", "-KILL", process)
    wait_for_another(machine, process)
    machine.wait_until_ready()
    machine.push(agent)
    assert machine.entries() > kept
    kept = machine.entries()

    machine.cut_power()
    machine.switch_on()
    machine.wait_until_ready()
    assert machine.entries() >= kept
    machine.push(agent)

    kept, process = machine.entries(), machine.main_process()
    machine.install(newest)
    wait_for_another(machine, process)
    machine.wait_until_ready()
    assert (machine.entries() >= kept, machine.people()) == (True, people)
    machine.push(agent)
    machine.record()
    assert machine.run("systemctl", "show", "--value", "--property=NRestarts", UNIT) == "0"


def test_removed_it_keeps_the_record_and_purged_it_leaves_nothing(
    machine: CollectorMachine,
) -> None:
    backups = "/var/backups/thongsuot-collector"
    machine.collector("backup", "--to", f"{STATE}/copies")
    machine.run("dpkg", "--remove", "thongsuot-collector")
    assert inside(machine.first, "systemctl", "is-active", UNIT).returncode != 0
    assert inside(machine.first, "systemctl", "is-enabled", UNIT).returncode != 0
    for place in (f"{STATE}/ca/ca.pem", "/etc/thongsuot/collector.toml"):
        assert (machine.root / place[1:]).exists(), "what is not the program's stays"
    machine.run("dpkg", "--purge", "thongsuot-collector")
    residue = machine.run(
        *("find", "/etc", "/usr", "/var", "/run", "-xdev", "-iname", "*thongsuot*"),
        *("-not", "-path", f"{backups}*", "-not", "-path", "/var/lib/dpkg/*"),
        *("-not", "-path", "/usr/share/*", "-not", "-path", "/var/log/*"),
    )
    assert residue == ""
    failed = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "thongsuot*")
    assert failed == ""
