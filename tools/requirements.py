"""
The hash-pinned requirement files of the rooms: generated from the pyproject files, and checked.

One file per room, one for everything that tests and lint need (``dev``), one for what must be
installed first (``bootstrap``). The committed files are the lock: rewriting them keeps every
version that still satisfies the pyproject files, so a new clone resolves to the same versions, and
only ``--upgrade`` moves them. uv resolves; addresses of registries never get into a file.

The check needs no network: a fingerprint of the dependency tables is stored beside the files, so a
change of a pyproject file without ``./run requirements`` is detected, while a registry that is
unavailable or has a newer version has no effect.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "collector", "dashboards", "lab")
FOLDER = "requirements"
MARK = "made-from.sha256"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


def fingerprint(root: Path) -> str:
    """Return the SHA-256 of all dependency tables of the workspace, in hex."""
    tables: dict[str, object] = {}
    for path in sorted((root / "pyproject.toml", *root.glob("*/pyproject.toml"))):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        project = document.get("project", {})
        tables[path.relative_to(root).as_posix()] = {
            "build": document.get("build-system", {}).get("requires", []),
            "python": project.get("requires-python", ""),
            "dependencies": project.get("dependencies", []),
            "extras": project.get("optional-dependencies", {}),
            "groups": document.get("dependency-groups", {}),
        }
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def sources(name: str) -> tuple[str, ...]:
    """Return uv's arguments for what a file is resolved from."""
    if name in ("dev", "bootstrap"):
        return ("--group", f"pyproject.toml:{name}")
    # The collector's extra is one command and 165 MB: users install it if they want it (decision
    # 0026).
    extras = () if name == "collector" else ("--all-extras",)
    return (f"{name}/pyproject.toml", *extras)


def names() -> tuple[str, ...]:
    """Return the files, ``dev`` first: the others take their versions from it."""
    return ("dev", "bootstrap", *ROOMS)


def write(root: Path, *, upgrade: bool) -> None:
    """Resolve and write every file. Raises CalledProcessError when uv cannot resolve."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    own = [f"--no-emit-package=thongsuot-{room}" for room in ("schema", *ROOMS)]
    for name in names():
        target = folder / f"{name}.txt"
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
            *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
            *own,
            *sources(name),
        ]
        if name == "dev":
            command += ["--upgrade"] if upgrade else []
        else:
            command += ["--constraints", str(folder / "dev.txt")]
            target.unlink(missing_ok=True)
        subprocess.run([*command, "--output-file", str(target)], cwd=root, check=True)
    (folder / MARK).write_text(fingerprint(root) + "\n", encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    """Return the version of each package in one requirement file."""
    return {pin[1]: pin[2] for line in text.splitlines() if (pin := _PIN.match(line))}


def faults(root: Path) -> list[str]:
    """Return the errors of the committed files, one sentence each; empty if there are none."""
    wrong: list[str] = []
    mark = root / FOLDER / MARK
    if not mark.is_file() or mark.read_text(encoding="utf-8").strip() != fingerprint(root):
        wrong.append("the requirement files are older than a pyproject.toml")
    texts: dict[str, str] = {}
    for name in names():
        path = root / FOLDER / f"{name}.txt"
        if not path.is_file():
            wrong.append(f"{FOLDER}/{name}.txt is missing")
            continue
        text = texts[name] = path.read_text(encoding="utf-8")
        if "://" in text or re.search(r"^\s*--(?!hash=)", text, re.MULTILINE):
            wrong.append(f"{FOLDER}/{name}.txt names an address or an index")
        hashed = re.findall(
            r"^\S+==[^\n]*(?:\\\n[^\n]*--hash=sha256:[0-9a-f]{64}[^\n]*)+", text, re.MULTILINE
        )
        if len(hashed) != len(pins(text)):
            wrong.append(f"{FOLDER}/{name}.txt has a line without a hash")
    everything = pins(texts.get("dev", ""))
    for name, text in texts.items():
        for package, version in pins(text).items():
            if everything.get(package) != version:
                wrong.append(f"{FOLDER}/{name}.txt pins {package} {version}, dev.txt does not")
    return wrong


def main() -> int:
    """Run one of the two subcommands; the exit code is 1 if the check finds an error."""
    parser = argparse.ArgumentParser(description="Requirement files of the rooms.")
    parser.add_argument("word", choices=("write", "check"))
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions allowed")
    arguments = parser.parse_args()
    if arguments.word == "write":
        write(ROOT, upgrade=arguments.upgrade)
    sentences = faults(ROOT)
    for sentence in sentences:
        print(f"{sentence}; run `./run requirements`", file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
