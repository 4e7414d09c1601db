"""Packages of this checkout for tests on booted machines, and the same under another version."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tools.build import build

ROOT = Path(__file__).parents[2]


def architecture() -> str:
    """Return Debian's name of this machine's architecture."""
    done = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, check=True)
    return done.stdout.decode().strip()


def built_packages(factory: pytest.TempPathFactory, rooms: list[str]) -> Path:
    """
    Return a folder with the packages of this checkout, as ``./run build`` makes them, or those of
    the folder that ``THONGSUOT_PACKAGES`` names.
    """
    folder = factory.mktemp("packages")
    if packages_folder := os.environ.get("THONGSUOT_PACKAGES"):
        shutil.copytree(packages_folder, folder, dirs_exist_ok=True)
        return folder
    build(ROOT, folder, rooms, [architecture()])
    return folder


def repacked(package: Path, version: str, other: str, folder: Path) -> Path:
    """Return the same package with another version."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text("utf-8").replace(version, other), encoding="utf-8")
    file = folder / package.name.replace(version, other)
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return file
