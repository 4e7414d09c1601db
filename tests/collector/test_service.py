"""The unit that systemd runs the collector by: known word for word, and closely shut in."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import thongsuot_collector

DATA = Path(thongsuot_collector.__file__).parent / "data"
UNITS = [
    DATA / "thongsuot-collector.service",
    DATA / "thongsuot-collector-backup.service",
    DATA / "thongsuot-collector-watch.service",
]
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    """The program that knows units."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return program


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_service_is_closely_shut_in(analyze: str, unit: Path) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert exposure is not None, done.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


@pytest.mark.parametrize(
    "unit", [*UNITS, DATA / "thongsuot-collector-backup.timer"], ids=lambda unit: unit.name
)
def test_systemd_knows_every_word_of_it(analyze: str, unit: Path) -> None:
    command = [analyze, "verify", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [
        line
        for line in done.stderr.splitlines()
        # Here the program is not installed where the unit expects it.
        if unit.name in line and "is not executable" not in line
    ]
    assert complaints == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_has_no_capability_and_a_user_of_its_own(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    assert {
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "User=thongsuot-collector",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
    } <= set(lines)


def test_a_wrong_configuration_is_not_tried_again_and_again() -> None:
    assert "RestartPreventExitStatus=2" in UNITS[0].read_text(encoding="utf-8").splitlines()


def test_ten_thousand_agents_and_as_many_strangers_have_a_descriptor_each() -> None:
    assert "LimitNOFILE=65536" in UNITS[0].read_text(encoding="utf-8").splitlines()


def test_it_waits_until_the_clock_is_set_but_not_without_end() -> None:
    ordering = dict(
        line.split("=", 1)
        for line in UNITS[0].read_text(encoding="utf-8").splitlines()
        if line.startswith(("Wants=", "After="))
    )
    waiting = "systemd-time-wait-sync.service"
    assert waiting in ordering["Wants"].split()
    assert "time-sync.target" in ordering["After"].split()
    limit = (DATA / "thongsuot-collector-time-wait.conf").read_text(encoding="utf-8")
    assert "TimeoutStartSec=2min" in limit.splitlines()
    installed = Path("/usr/lib/systemd/system") / waiting
    if not installed.exists():
        pytest.skip(f"{waiting} is not installed")
    before = re.search(r"^Before=(.*)$", installed.read_text(encoding="utf-8"), re.MULTILINE)
    assert before is not None
    assert "time-sync.target" in before[1].split()
