"""
Makes a release of the current checkout: ``./run release VERSION [--out FOLDER] [--key ID]
[--rehearse] [--arch ARCH]``.

Collects ``changelog.d`` into ``CHANGELOG.md``, writes the version into every room, commits, tags
``vVERSION``, and builds from that commit into ``FOLDER`` (``dist/VERSION``): packages and wheels of
every architecture, lists of parts, ``SHA256SUMS``, a statement of provenance (SLSA 1.0), and a
signed APT repository where a key is given. Nothing is pushed: the command for it is printed.
"""

import argparse
import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

from tools import build
from tools.apt_repository import write_repository
from tools.packages.contents import ARCHITECTURES
from tools.release_rehearsal import RehearsalError, clone_of, see_repository, throwaway_key

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("schema", "agent", "collector", "dashboards", "lab")
VERSION_MODULE = "agent/src/thongsuot_agent/version.py"

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:rc\d+)?")
_PINNED = re.compile(r'^(version = |VERSION = )"[^"]+"', re.MULTILINE)


class ReleaseError(Exception):
    """Why no release can be made; nothing was changed."""


def check(root: Path, version: str) -> None:
    """Raise ``ReleaseError`` if a release of ``version`` cannot be made from this tree."""
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f'"{version}" is not a version such as 0.1.0 or 0.2.0rc1')
    if changes := _git(root, "status", "--porcelain"):
        raise ReleaseError(f"the tree has changes that are not committed:\n{changes}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"v{version} is released already")
    if not list((root / "changelog.d").glob("*.*.md")):
        raise ReleaseError("changelog.d is empty: nothing has changed since the last release")


def prepare(root: Path, version: str, day: dt.date) -> str:
    """Write changelog and versions, commit and tag; return the tag."""
    for room in ROOMS:
        _set_version(root / room / "pyproject.toml", version)
    _set_version(root / "kernel" / "pyproject.toml", version)
    _set_version(root / VERSION_MODULE, version)
    _run(
        root, sys.executable, "-m", "towncrier", "build",
        "--yes", "--version", version, "--date", day.isoformat(),
    )  # fmt: skip
    tag = f"v{version}"
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", f"release: {version}")
    _git(root, "tag", "--annotate", "--message", f"Thông Suốt {version}", tag)
    return tag


def write_provenance(root: Path, out: Path, version: str) -> Path:
    """
    Write who built what from which commit, as an in-toto statement with a SLSA 1.0 predicate.

    It states what anybody can reproduce: the same commit gives files with the same digests.
    """
    lines = (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    subjects = [dict(zip(("digest", "name"), line.split("  ", 1), strict=True)) for line in lines]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": subject["name"], "digest": {"sha256": subject["digest"]}}
            for subject in subjects
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:thongsuot:run-build:1",
                "externalParameters": {"command": "./run build", "version": version},
                "resolvedDependencies": [
                    {
                        "uri": f"git+tag:v{version}",
                        "digest": {"gitCommit": _git(root, "rev-parse", "HEAD")},
                    },
                ],
            },
            "runDetails": {"builder": {"id": "urn:thongsuot:run-release:1"}},
        },
    }
    file = out / "provenance.json"
    file.write_text(json.dumps(statement, indent=2) + "\n", encoding="utf-8")
    return file


def _set_version(file: Path, version: str) -> None:
    text = file.read_text(encoding="utf-8")
    changed, count = _PINNED.subn(rf'\g<1>"{version}"', text, count=1)
    if not count:
        raise ReleaseError(f"{file} states no version")
    file.write_text(changed, encoding="utf-8")


def _git(root: Path, *words: str) -> str:
    return _run(root, "git", *words)


def _run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command[:4])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def release(root: Path, version: str, out: Path, *, key: str, architectures: list[str]) -> str:
    """
    Make a release of a checkout; return its tag.

    Raises:
        ReleaseError: it cannot be made; nothing was changed.
        subprocess.CalledProcessError: a tool failed; its words are on the terminal.
    """
    check(root, version)
    tag = prepare(root, version, dt.datetime.now(dt.UTC).date())
    build.say(f"{tag} is committed; building")
    build.build(root, out, list(build.ROOMS), architectures)
    build.say(f"{write_provenance(root, out, version)}")
    if key:
        folder = write_repository(sorted(out.glob("*.deb")), out / "apt", key=key)
        build.say(f"{folder}: signed APT repository")
    return tag


def rehearse(root: Path, version: str, out: Path, architectures: list[str]) -> None:
    """
    Make the release in a clone, and install it from its repository as a device does.

    Raises:
        ReleaseError: it cannot be made.
        RehearsalError: a device would not install it.
        subprocess.CalledProcessError: a tool failed; its output is on the terminal.
    """
    with clone_of(root) as clone, throwaway_key() as key:
        tag = release(clone, version, out, key=key, architectures=architectures)
        see_repository(out / "apt", version, build.ROOMS, architectures)
    build.say(f"{tag} was rehearsed: {out}, its repository signed by a key that is gone")


def main() -> int:
    """Make a release; return the exit code."""
    parser = argparse.ArgumentParser(prog="./run release", description="Make a release.")
    parser.add_argument("version", help="as in 0.1.0")
    parser.add_argument("--out", type=Path, help="default: dist/VERSION")
    parser.add_argument("--key", default="", help="GnuPG key that signs the APT repository")
    parser.add_argument(
        "--rehearse", action="store_true", help="all of it in a clone; nothing here changes"
    )
    parser.add_argument("--arch", action="append", choices=sorted(ARCHITECTURES), help="all")
    options = parser.parse_args()
    architectures = options.arch or sorted(ARCHITECTURES)
    out = options.out or ROOT / "dist" / options.version
    if out.exists() and any(out.iterdir()):
        print(f"release: {out} is not empty", file=sys.stderr)
        return 1
    try:
        if options.rehearse:
            rehearse(ROOT, options.version, out.absolute(), architectures)
            return 0
        tag = release(ROOT, options.version, out, key=options.key, architectures=architectures)
    except (ReleaseError, RehearsalError, subprocess.CalledProcessError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    build.say(f"to publish: git push origin HEAD {tag}, and {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
