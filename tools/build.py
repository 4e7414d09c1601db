"""
Builds the packages for real machines from this checkout into ``dist/``.

    ./run build [--out FOLDER] [--arch amd64 --arch arm64] [--room agent --room collector]

One ``.deb`` per room and architecture, for the Pythons of both Debian 12 and 13, containing every
dependency at the pinned version, verified by its hash: a device needs no registry, and a machine is
upgraded and rolled back by one command. The same as wheels in one ``.tar``, for installation by pip
into another location. Beside them ``SHA256SUMS`` and, as ``.json``, the components of each ``.deb``
(CycloneDX). The same commit gives the same bytes: times are the commit's, the owner is root.

Built on any machine for every architecture, because wheels are only unpacked. The one compiled part
is the collector's kernel; it is compiled if a compiler for the architecture is installed, with the
headers of its C library (``gcc`` and ``libc6-dev``, ``gcc-aarch64-linux-gnu`` and
``libc6-dev-arm64-cross``). Without one the package runs the same code in Python, and the build says
so.
"""

import argparse
import datetime as dt
import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.packages.contents import ARCHITECTURES, PYTHONS, gather
from tools.packages.debian import Package, write_package
from tools.packages.parts import list_of_parts
from tools.packages.wheelhouse import write_wheelhouse

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "collector")


def commit_epoch(root: Path) -> int:
    """Return the time of the checked-out commit, in seconds."""
    return int(_git(root, "log", "-1", "--format=%ct"))


def version_of(root: Path, room: str) -> str:
    """
    Return the version of a room's package: the room's own version, then the time and id of the
    commit.

    So a later commit is an upgrade. The commit of a release has only the release's version. A tree
    with uncommitted changes is marked ``dirty``.
    """
    document = tomllib.loads((root / room / "pyproject.toml").read_text(encoding="utf-8"))
    released = document["project"]["version"]
    is_clean = not _git(root, "status", "--porcelain")
    if is_clean and f"v{released}" in _git(root, "tag", "--points-at", "HEAD").splitlines():
        return str(released)
    when = _git(root, "log", "-1", "--date=format:%Y%m%d%H%M%S", "--format=%cd.%h")
    return f"{released}+{when}{'' if is_clean else '+dirty'}"


def build(root: Path, out: Path, rooms: list[str], architectures: list[str]) -> list[Path]:
    """Build packages; return their files."""
    epoch = commit_epoch(root)
    day = dt.datetime.fromtimestamp(epoch, dt.UTC).date().isoformat()
    # For building our own wheels, and for dpkg-deb.
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    out.mkdir(parents=True, exist_ok=True)
    built: list[Path] = []
    for room in rooms:
        version = version_of(root, room)
        for architecture in architectures:
            say(f"{room} {version} for {architecture}")
            with tempfile.TemporaryDirectory(prefix="thongsuot-build-") as made:
                tree = Path(made) / "tree"
                gather(root, room, architecture, tree, day)
                package = Package(room=room, version=version, architecture=architecture)
                file = write_package(package, tree, out, epoch)
            built.append(file)
            parts = file.with_suffix(".json")
            parts.write_text(list_of_parts(root, package, epoch), encoding="utf-8")
            wheels = write_wheelhouse(root, package, out, epoch)
            built.append(wheels)
            for path in (file, wheels):
                say(f"{path} {path.stat().st_size / 2**20:.1f} MiB")
    write_sums(out)
    return built


def write_sums(out: Path) -> Path:
    """Write the digests of packages, wheels and lists of components; return the file."""
    sums = "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(out.glob("thongsuot-*"))
        if file.suffix in {".deb", ".tar", ".json"}
    )
    path = out / "SHA256SUMS"
    path.write_text(sums, encoding="utf-8")
    return path


def say(text: str) -> None:
    """Print the progress."""
    print(f"build: {text}", file=sys.stderr)


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> int:
    """Build the requested packages; return the exit code."""
    parser = argparse.ArgumentParser(description="Build packages for real machines.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--room", action="append", choices=ROOMS)
    parser.add_argument("--arch", action="append", choices=sorted(ARCHITECTURES))
    options = parser.parse_args()
    say(f"Pythons {', '.join(PYTHONS)}; everything pinned in requirements/")
    build(ROOT, options.out, options.room or list(ROOMS), options.arch or sorted(ARCHITECTURES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
