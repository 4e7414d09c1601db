"""
Everything `./run lint` checks, two at a time; prints the output of checks that fail, one word for
those that pass. ``./run lint night`` makes the checks that are nightly, ``./run lint added`` those
that files added since the last commit can break.

Each check is a command of its own, so that it can be run alone while fixing its findings. A check
that cannot run here (exit 75: a service is unavailable, a dictionary is not installed) does not
fail the run and is reported.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("schema", "agent", "collector", "dashboards", "lab")
SCRIPTS = ("run", ".ci/run", "tools/install.sh", "tools/images/device/first-boot")

# Hosts of registries and paths of one machine do not belong in a repository that others clone. Each
# pattern is broken by brackets so that this file does not match itself.
UNWANTED = re.compile(
    r"[p]ypi\.org|[p]ythonhosted\.org|registry\.[n]pmjs\.org|[d]eb\.debian\.org"
    r"|/[w]ork/(?:main|shared)|/[r]oot/|/[h]ome/[a-z]"
)


def commands() -> dict[str, Sequence[str]]:
    """Return the command of each check of every change, the slowest first."""
    python = sys.executable
    sources = [f"{room}/src" for room in ROOMS]
    others = [
        folder
        for folder in ("ansible", "tests", "tools", "bench")
        if any((ROOT / folder).glob("**/*.py"))
    ]
    scripts = [script for script in SCRIPTS if (ROOT / script).is_file()]
    shell = [sys.executable, __file__, "shell", *scripts]
    return {
        "types (mypy)": (python, "-m", "mypy", *sources, *others),
        "style": (python, "-m", "ruff", "check", "--quiet", "."),
        "format": (python, "-m", "ruff", "format", "--check", "--quiet", "--diff", "."),
        "playbooks": playbooks(),
        "borders": (str(Path(python).parent / "lint-imports"), "--no-logo"),
        "dead code": (python, "-m", "tools.dead_code"),
        "scripts": shell,
        "requirements": (python, "tools/requirements.py", "check"),
        "advisories": (python, "-m", "tools.audit"),
        "hosts and paths": (python, __file__, "hosts"),
        "secrets": (python, "tools/leaks.py"),
        "spelling": (python, "-m", "tools.spelling"),
    }


def nightly_commands() -> dict[str, Sequence[str]]:
    """
    Return the command of each nightly check: a second opinion on types, and the style of roles.

    They took 62 and 36 s of the 1,696 s of CPU that CI spent on a change (2026-12).
    """
    python = Path(sys.executable)
    return {
        "types (basedpyright)": (str(python), "-m", "basedpyright", "--level", "error"),
        "roles": (
            *(str(python.parent / "ansible-lint"), "--profile", "production"),
            *("--offline", "-q", "--nocolor", "--project-dir", "ansible", "ansible"),
        ),
    }


def added_commands(files: Sequence[str]) -> dict[str, Sequence[str]]:
    """
    Return the command of each check that adding these Python files can break: types, style and
    format of the files alone, and what only the whole tree shows.
    """
    python = sys.executable
    every_change = commands()
    whole = ("dead code", "secrets", "spelling", "borders", "hosts and paths")
    alone: dict[str, Sequence[str]] = {
        "types (basedpyright)": (python, "-m", "basedpyright", "--level", "error", *files),
        "types (mypy)": (python, "-m", "mypy", *files),
        "style": (python, "-m", "ruff", "check", "--quiet", *files),
        "format": (python, "-m", "ruff", "format", "--check", "--quiet", "--diff", *files),
    }
    return (alone if files else {}) | {name: every_change[name] for name in whole}


def added_files(root: Path) -> list[str]:
    """Return the Python files that are in the folder and not in its last commit."""
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    entries = [entry for entry in listed.stdout.decode().split("\0") if entry.endswith(".py")]
    return sorted(entry[3:] for entry in entries if entry[:2] in ("A ", "AM", " A", "??"))


def playbooks() -> Sequence[str]:
    """
    Return the command with which Ansible parses all playbooks and their roles: 2 s of CPU, of the
    36 that ansible-lint takes (2026-12).
    """
    files = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("ansible/playbooks/*.yml"))
    return (
        *("env", "ANSIBLE_CONFIG=ansible/ansible.cfg"),
        *(str(Path(sys.executable).parent / "ansible-playbook"), "--syntax-check"),
        *("-i", "ansible/inventory/example", *files),
    )


def check_shell(scripts: Sequence[str]) -> int:
    """Check scripts with shellcheck; where it is not installed, with the shell's own parser."""
    if shutil.which("shellcheck"):
        return subprocess.run(
            ["shellcheck", "-s", "sh", "-e", "SC1091", *scripts], check=False
        ).returncode
    return max(subprocess.run(["sh", "-n", script], check=False).returncode for script in scripts)


def check_hosts(root: Path) -> int:
    """Search every file that git tracks for unwanted hosts and paths; print their places."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    hits = 0
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = root / name
        if not path.is_file() or b"\0" in (body := path.read_bytes())[:8192]:
            continue
        for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), 1):
            if UNWANTED.search(line):
                print(
                    f"{name}:{number}: a registry's host or one machine's path: {line.strip()[:80]}"
                )
                hits += 1
    return min(hits, 1)


def run_all(checks: Mapping[str, Sequence[str]]) -> int:
    """Run checks; print the whole output of those that fail."""
    failed: list[str] = []
    not_made: list[str] = []

    def one(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        running = {pool.submit(one, command): name for name, command in checks.items()}
        for done in as_completed(running):
            name, outcome = running[done], done.result()
            if outcome.returncode == os.EX_TEMPFAIL:
                not_made.append(name)
                print(f"--- {name}: {outcome.stdout.rstrip()}", flush=True)
            elif outcome.returncode:
                failed.append(name)
                print(f"--- {name}: failed\n{outcome.stdout.rstrip()}", flush=True)
            elif sys.stdout.isatty():
                print(f"{name}: ok", flush=True)
    print(f"lint: {verdict(len(running), failed, not_made)}")
    return 1 if failed else 0


def verdict(checks: int, failed: Sequence[str], not_made: Sequence[str]) -> str:
    """
    Return the closing line: the checks that failed, or how many passed, and those that could not
    run here.
    """
    if failed:
        text = f"{len(failed)} of {checks} checks failed: {', '.join(failed)}"
    else:
        text = f"{checks - len(not_made)} checks passed"
    return text + (f"; not made: {', '.join(not_made)}" if not_made else "")


def main(arguments: Sequence[str]) -> int:
    """
    Run the checks of every change, with ``night`` those of the night, with ``added`` those of new
    files, or with ``shell FILE ...`` or ``hosts`` one of those implemented here.
    """
    match arguments:
        case ["shell", *scripts]:
            return check_shell(scripts)
        case ["hosts"]:
            return check_hosts(ROOT)
        case ["night"]:
            return run_all(nightly_commands())
        case ["added"]:
            return run_all(added_commands(added_files(ROOT)))
        case []:
            return run_all(commands())
        case _:
            print(f"unknown: {' '.join(arguments)}; known: night, added, shell FILE ..., hosts")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
