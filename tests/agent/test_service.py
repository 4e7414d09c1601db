"""The unit that systemd runs the agent by: known to systemd word for word, and closely shut in."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import thongsuot_agent
from thongsuot_agent.spool.paths import SpoolPaths

DATA = Path(thongsuot_agent.__file__).parent / "data"
UNIT = DATA / "thongsuot-agent.service"
ROUTES = DATA / "thongsuot-agent-routes.service"
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    """The program that knows units."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return program


@pytest.mark.parametrize("unit", [UNIT, ROUTES], ids=["agent", "routes"])
def test_the_service_is_closely_shut_in(analyze: str, unit: Path) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert exposure is not None, done.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def test_systemd_knows_every_word_of_them(analyze: str) -> None:
    units = [UNIT, *sorted(DATA.glob("thongsuot-agent-routes.*"))]
    assert len(units) == 3
    command = [analyze, "verify", "--no-pager", *(str(unit) for unit in units)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [
        line
        for line in done.stderr.splitlines()
        # Here the program is not installed where the unit expects it.
        if any(unit.name in line for unit in units) and "is not executable" not in line
    ]
    assert complaints == []


def test_the_record_outlives_a_restart_and_the_capability_is_the_only_one() -> None:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    assert {
        "RuntimeDirectoryPreserve=yes",
        "StateDirectory=thongsuot-agent",
        "AmbientCapabilities=CAP_NET_RAW",
        "CapabilityBoundingSet=CAP_NET_RAW",
        "Type=notify",
        "NoNewPrivileges=yes",
        "RestartPreventExitStatus=2",
        # A page that is besieged must not leave probes without a descriptor: see the page's bound.
        "LimitNOFILE=4096",
        "Wants=thongsuot-agent-routes.service thongsuot-agent-routes.path",
    } <= set(lines)


def test_the_unit_that_makes_routes_can_do_only_that_and_is_started_by_the_agents_file() -> None:
    lines = ROUTES.read_text(encoding="utf-8").splitlines()
    assert {"Type=oneshot", "CapabilityBoundingSet=CAP_NET_ADMIN", "NoNewPrivileges=yes"} <= set(
        lines
    )
    paths = SpoolPaths(state_dir=Path("/var"), runtime_dir=Path("/run/thongsuot-agent"))
    watched = f"PathChanged={paths.route_request_file}"
    assert watched in ROUTES.with_suffix(".path").read_text(encoding="utf-8").splitlines()
