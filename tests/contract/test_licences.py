"""Licences: what stands beside a library under the GPL may stand there, and nothing else does."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WORKER = "thongsuot_agent.probes.path.tcp_worker"
STRICT = {"scapy"}
"""Distributions of a device under a licence that asks the same of what is combined with them."""

LOADED = """
import sys
import {module}
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print("\\n".join(file for file in files if "/thongsuot_" in file))
"""


def listed(notice: str) -> list[str]:
    """Return the files and folders that the notice gives a second licence."""
    return re.findall(r"^    (thongsuot_\S+)$", notice, re.MULTILINE)


def loaded_by(module: str) -> set[str]:
    """Return the files of ours that a program loads, from the name of their room on."""
    done = subprocess.run(
        (sys.executable, "-c", LOADED.format(module=module)),
        check=True,
        capture_output=True,
        text=True,
    )
    return {line[line.rindex("/src/") + 5 :] for line in done.stdout.splitlines()}


def outside(files: set[str], places: list[str]) -> set[str]:
    """Return the files that lie in none of the places."""
    return {
        file
        for file in files
        if not any(
            file == place or (place[-1] == "/" and file.startswith(place)) for place in places
        )
    }


def is_strict(licence: str) -> bool:
    """Return whether a licence expression leaves no choice but a GPL (not the Lesser one)."""
    return all(re.search(r"\bA?GPL", part) for part in re.split(r"\bOR\b", licence))


def test_code_that_runs_beside_scapy_may_be_combined_with_it() -> None:
    places = listed((ROOT / "NOTICE").read_text("utf-8"))
    assert outside(loaded_by(WORKER), places) == set()


def test_a_place_that_is_listed_is_there() -> None:
    for place in listed((ROOT / "NOTICE").read_text("utf-8")):
        assert any((ROOT / room / "src" / place).exists() for room in ("agent", "schema")), place


def test_a_file_that_is_not_listed_is_found() -> None:
    places = ["thongsuot_agent/links/", "thongsuot_agent/errors.py"]
    files = {"thongsuot_agent/links/a.py", "thongsuot_agent/errors.py", "thongsuot_agent/app/x.py"}
    assert outside(files, places) == {"thongsuot_agent/app/x.py"}


@pytest.mark.parametrize("room", ["agent", "collector"])
def test_no_other_library_of_a_device_or_collector_asks_for_the_gpl(room: str) -> None:
    pins = (ROOT / "requirements" / f"{room}.txt").read_text("utf-8")
    strict = set()
    for name in re.findall(r"^([a-z0-9][a-z0-9._-]*)==", pins, re.MULTILINE):
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        fields = [field for field in ("License-Expression", "License") if field in metadata]
        licence = next((metadata[field] for field in fields if metadata[field]), "")
        if licence and is_strict(licence):
            strict.add(name)
    assert strict <= STRICT


@pytest.mark.parametrize(
    ("licence", "strict"),
    [
        ("GPL-2.0-only", True),
        ("LGPL-2.1-only OR MIT", False),
        ("Apache-2.0", False),
        ("AGPL-3.0", True),
    ],
)
def test_a_strict_licence_is_distinguished_from_others(licence: str, strict: bool) -> None:
    assert is_strict(licence) is strict
