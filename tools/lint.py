"""
Everything `./run lint` checks, two at a time; prints the output of checks that fail, one word for
those that pass.

Each check is a command of its own, so that it can be run alone while fixing its findings. A check
that cannot run here (exit 75: a service is unavailable, a dictionary is not installed) does not
fail the run and is reported.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
    """Return the command of each check, the slowest first."""
    python = sys.executable
    sources = [f"{room}/src" for room in ROOMS]
    installed = [source for source in sources if source != "lab/src"]
    others = [
        folder
        for folder in ("ansible", "tests", "tools", "bench")
        if any((ROOT / folder).glob("**/*.py"))
    ]
    scripts = [script for script in SCRIPTS if (ROOT / script).is_file()]
    shell = [sys.executable, __file__, "shell", *scripts]
    return {
        # The second checker: over the product here, and nightly over lab and tests as well.
        "types (basedpyright)": (*basedpyright(), *installed, "ansible"),
        "types (mypy)": (python, "-m", "mypy", *sources, *others),
        "style": (python, "-m", "ruff", "check", "--quiet", "."),
        "format": (python, "-m", "ruff", "format", "--check", "--quiet", "--diff", "."),
        "roles": (
            *(str(Path(python).parent / "ansible-lint"), "--profile", "production"),
            *("--offline", "-q", "--nocolor", "--project-dir", "ansible", "ansible"),
        ),
        "borders": (str(Path(python).parent / "lint-imports"), "--no-logo"),
        "dead code": (python, "-m", "tools.dead_code"),
        "scripts": shell,
        "requirements": (python, "tools/requirements.py", "check"),
        "advisories": (python, "-m", "tools.audit"),
        "hosts and paths": (python, __file__, "hosts"),
        "secrets": (python, "tools/leaks.py"),
        "spelling": (python, "-m", "tools.spelling"),
    }


def basedpyright() -> Sequence[str]:
    """Return the command of the second type checker; without paths it checks the tests, too."""
    return (sys.executable, "-m", "basedpyright", "--level", "error")


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


def run_all() -> int:
    """Run every check; print the whole output of those that fail."""
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
        running = {pool.submit(one, command): name for name, command in commands().items()}
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
    """Run all checks, or, with ``shell FILE ...`` or ``hosts``, one of those implemented here."""
    match arguments:
        case ["shell", *scripts]:
            return check_shell(scripts)
        case ["hosts"]:
            return check_hosts(ROOT)
        case _:
            return run_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
