"""
Each room can be installed by itself, from its wheel, with nothing but what its requirements pin.

A device never gets the collector's packages, and what a room needs beside code (units, data) is in
its wheel.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.contract.house import ROOMS, ROOT

UV = [sys.executable, "-m", "uv", "--quiet"]


def uv(*words: str | Path) -> None:
    """Run uv; show what it said if it fails."""
    outcome = subprocess.run(
        [*UV, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert outcome.returncode == 0, outcome.stderr


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of all rooms, built once."""
    folder = tmp_path_factory.mktemp("wheels")
    for room in ROOMS:
        uv("build", "--wheel", "--no-build-isolation", "--out-dir", folder, ROOT / room)
    return folder


@pytest.mark.parametrize("room", ROOMS)
def test_a_wheel_holds_every_file_of_its_room(wheels: Path, room: str) -> None:
    sources = ROOT / room / "src"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=sources,
        check=True,
        capture_output=True,
        text=True,
    )
    (wheel,) = wheels.glob(f"thongsuot_{room}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert {
        name for name in listed.stdout.splitlines() if (sources / name).exists()
    } - held == set()


@pytest.mark.parametrize(
    ("room", "command"), [("agent", "thongsuot-agent"), ("collector", "thongsuot-collector")]
)
def test_a_room_works_alone_from_its_wheel(
    wheels: Path, tmp_path: Path, room: str, command: str
) -> None:
    venv = tmp_path / "venv"
    uv("venv", "--python", sys.executable, venv)
    into = ("pip", "install", "--python", venv / "bin" / "python")
    uv(*into, "--require-hashes", "--only-binary", ":all:", "-r", f"requirements/{room}.txt")
    uv(*into, "--no-deps", *sorted(wheels.glob("thongsuot_schema-*.whl")))
    uv(*into, "--no-deps", *sorted(wheels.glob(f"thongsuot_{room}-*.whl")))
    helped = subprocess.run(
        [venv / "bin" / command, "--help"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert helped.returncode == 0, helped.stderr
    assert command in helped.stdout
    other = {"agent": "collector", "collector": "agent"}[room]
    assert not list(venv.glob(f"lib/*/site-packages/thongsuot_{other}*"))
