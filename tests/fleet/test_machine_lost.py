"""
The collector's machine is lost: a new one is made from the backup and goes on with the same record.

Chosen by ``./run fleet``. Both machines are a Debian 13 that systemd boots, one after the other at
the same address; the device is a real agent that nobody touches meanwhile.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tools.build import build

from tests.fleet.machine import booted, inside, unpacked
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.small import INTERNET_V4, two_uplinks

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

ROOT = Path(__file__).parents[2]
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
SITE = "hoan-kiem-1"
HOST = INTERNET_V4[0]
URL = f"https://{HOST}:8480"
BACKUPS = "var/backups/thongsuot-collector"
PATIENCE_S = 180.0
INVENTORY = f"""
[[targets]]
name = "exchange"
role = "anchor"
segment = "transit"
addresses = ["{INTERNET_V4[1]}"]

[[carriers]]
name = "song-hong"
title = "Sông Hồng"

[[carriers]]
name = "cuu-long"
title = "Cửu Long"

[[sites]]
name = "hoan-kiem-1"
title = "Điểm phục vụ hành chính công phường Hoàn Kiếm"
commune = "00070"

[[sites.links]]
name = "fixed"
interface = "fix0"
carrier = "song-hong"
circuit = "HNI-1"

[[sites.links]]
name = "mobile"
interface = "wwan0"
medium = "5g"
carrier = "cuu-long"
circuit = "HNI-2"
"""
KEPT = (
    "rule",
    "title",
    "status",
    "closure",
    "opened_at",
    "known_at",
    "responsible",
    "sites",
    "segment",
)
"""What an incident is; who has to act now depends on the hour."""


@dataclass(frozen=True, kw_only=True)
class BootedMachine:
    """A booted collector's machine."""

    root: Path
    first: int

    def run(self, *words: str) -> str:
        """Run a command on the machine; it must not fail. Returns what it printed."""
        done = inside(self.first, *words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def collector(self, *words: str) -> str:
        """Run a command of the collector as its user; it must not fail."""
        return self.run("runuser", "-u", "thongsuot-collector", "--", "thongsuot-collector", *words)

    def incidents(self) -> dict[str, dict[str, object]]:
        """Return what the incidents are, by their names."""
        listed = json.loads(self.collector("incidents", "--json"))["items"]
        return {str(incident["id"]): {name: incident[name] for name in KEPT} for incident in listed}

    def statement(self, circuit: str) -> str:
        """Return the statement of last month, issued where it was not yet."""
        last = datetime.now(UTC).replace(day=1) - timedelta(days=2)
        return self.collector("sla", f"--month={last:%Y-%m}", f"--circuit={circuit}")

    def link_states(self) -> set[str]:
        """Return how the links of the site are."""
        return {link["state"] for link in json.loads(self.collector("links", "--json"))["items"]}

    def heard_at(self) -> str:
        """Return when the site was last heard, as the list of sites has it."""
        (site,) = json.loads(self.collector("sites", "--json"))["items"]
        return str(site["heard_at"] or "")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collector's package of this checkout, or that of a folder."""
    architecture = ARCHITECTURE[platform.machine()]
    if packages := os.environ.get("THONGSUOT_PACKAGES"):
        return next(Path(packages).glob(f"thongsuot-collector_*_{architecture}.deb"))
    made = build(ROOT, tmp_path_factory.mktemp("packages"), ["collector"], [architecture])
    return next(file for file in made if file.suffix == ".deb")


@contextmanager
def machine(folder: Path, lab: Lab, package: Path) -> Iterator[BootedMachine]:
    """Boot a new Debian with the collector's package where the collector is; then lose it."""
    folder.mkdir()
    root = unpacked("trixie", folder)
    shutil.copy(package, root / "collector.deb")
    with booted(root, lab.node("anchor").network, folder / "console.log") as first:
        made = BootedMachine(root=root, first=first)
        made.run("dpkg", "--install", "/collector.deb")
        yield made
    shutil.rmtree(root)


@contextmanager
def agent(lab: Lab, folder: Path, authority: Path, code: str) -> Iterator[None]:
    """Run a device that is enrolled with a code."""
    folder.mkdir()
    shutil.copyfile(authority, folder / "ca.pem")
    config = folder / "agent.toml"
    config.write_text(
        f'[site]\nname = "{SITE}"\n'
        f'[collector]\nurl = "{URL}"\nca_file = "{folder}/ca.pem"\ntoken_file = "{folder}/token"\n'
        "push_every_s = 2\n"
        f'[spool]\nstate_dir = "{folder}/state"\nruntime_dir = "{folder}/run"\n'
        f'[[links]]\nname = "fixed"\ninterface = "fix0"\n'
        f'[[links]]\nname = "mobile"\ninterface = "wwan0"\nmedium = "5g"\n',
        encoding="utf-8",
    )
    program = str(Path(sys.executable).with_name("thongsuot-agent"))
    device = lab.node("device")
    device.run([program, "enrol", "--config", str(config), "--code", code])
    with (folder / "agent.log").open("wb") as log:
        process = device.popen(
            [program, "run", "--config", str(config)], stdout=log, stderr=subprocess.STDOUT
        )
        yield
        process.terminate()
        process.wait()


def wait_until(seen: Callable[[], bool], awaited: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not seen():
        assert time.monotonic() < deadline, f"not in {PATIENCE_S:.0f} s: {awaited}"
        time.sleep(1)


def test_a_new_machine_continues_with_the_incidents_and_statements_of_the_lost_one(
    package: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    with Lab(two_uplinks()) as lab, ExitStack() as device:
        with machine(tmp_path / "first", lab, package) as lost:
            lost.run("thongsuot-collector", "init", "--host", HOST, "--site", SITE)
            inventory = lost.root / "etc/thongsuot/inventory/city.toml"
            inventory.write_text(INVENTORY, encoding="utf-8")
            lost.run("systemctl", "enable", "--now", "thongsuot-collector")
            code = lost.collector("enrol", SITE).split()[0]
            ready = ("--silent", "--fail", "--insecure", "--retry", "50", "--retry-connrefused")
            lost.run("curl", *ready, "--retry-delay", "1", f"{URL}/readyz")
            authority = lost.root / "var/lib/thongsuot-collector/ca/ca.pem"
            device.enter_context(agent(lab, tmp_path / "device", authority, code))
            wait_until(lambda: lost.link_states() == {"up"}, "both links are known to work")
            lab.node("ont").run(["ip", "link", "set", "lan", "down"])
            wait_until(lambda: bool(lost.incidents()), "an incident of the pulled cable")
            incidents = lost.incidents()
            statements = {name: lost.statement(name) for name in ("HNI-1", "HNI-2")}
            lost.run("systemctl", "start", "thongsuot-collector-backup.service")
            (backup,) = (lost.root / BACKUPS).iterdir()
            # Off the machine, owners and modes and all.
            subprocess.run(["cp", "-a", str(backup), str(saved)], check=True)
            pushed = lost.heard_at()
            wait_until(lambda: lost.heard_at() > pushed, "a push that no backup has")
        with machine(tmp_path / "second", lab, package) as new:
            subprocess.run(["cp", "-a", str(saved), str(new.root / "mnt" / "backup")], check=True)
            new.run("thongsuot-collector", "restore", "/mnt/backup")
            new.run("systemctl", "enable", "--now", "thongsuot-collector")
            before = new.heard_at()
            wait_until(lambda: new.heard_at() > before, "the device is heard again, untouched")
            incidents_there = new.incidents()
            assert {name: incidents_there.pop(name) for name in incidents} == incidents
            # While nobody listened nothing is known of the device; that was no fault of its own.
            assert [
                other for other in incidents_there.values() if other["closure"] != "withdrawn"
            ] == []
            assert {name: new.statement(name) for name in statements} == statements
            # What was acknowledged after the backup was on the lost machine alone, and is named.
            verified = inside(
                new.first, "runuser", "-u", "thongsuot-collector", "--", "thongsuot-collector",
                "verify",
            )  # fmt: skip
            assert verified.returncode == 1
            assert SITE in verified.stdout
            # Mended, the incident that the lost machine opened is closed by the new one.
            lab.node("ont").run(["ip", "link", "set", "lan", "up"])
            (name,) = incidents
            closed = ("incidents", "--json", "--where", "status=closed")
            wait_until(lambda: name in new.collector(*closed), "the incident is closed")
