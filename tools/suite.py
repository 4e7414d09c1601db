"""
Runs the suite as parallel parts: most of it waits for real time, and one core would idle.

``python -m tools.suite`` runs what every change needs, with ``lint`` also the checks that CI runs,
and ``python -m tools.suite nightly [PART]`` what takes longer. The whole output of a failed part is
shown, and the summary line of one that passes. No test is run twice: one that fails by chance has a
race to be found.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from tools.night_tests import LONGER_AT_NIGHT, SIMULATED, SIMULATED_AT_NIGHT

ROOT = Path(__file__).resolve().parent.parent

AT_ONCE = 6
"""
Number of parallel parts on two cores: five wait most of their time, and begin first; one that
computes fills the CPU, and the next parts take the place of those that have ended. A waiting part
that begins late is alone at the end: real servers were for five minutes of seventeen (2026-11-30).
"""

WAITING = 5
"""The parts that wait most of their time come first."""

BRIEF_MATRIX = "tests/lab/test_matrix_brief.py"
"""
The first test of its part: next to browsers, which begin when lint has ended, its portals are slow,
and its agents would correctly report that.
"""

NICENESS = 5
"""
Niceness of parts that compute: packets of the others do not wait for them. A higher value would
starve a worker past its time limit.
"""

MEMORY = Path("/dev/shm")
"""
Where tests keep their files, if possible: starting a collector with new files and stopping it takes
0.6 s and 52 ms of CPU where each commit waits for a disk, 0.23 s and 41 ms here (2026-12). Neither
place proves durability: tests kill processes, but no machine loses its power.
"""

MEMORY_BYTES = 4 << 30
"""
Free memory that this needs; with less, the tests' files are kept in the usual temporary folder. The
collector's unit tests have at most 0.24 GiB at once (2026-12), servers and browsers more.
"""

PROGRESS_EVERY_S = 60.0

_SUMMARY = re.compile(r"\d+ (?:passed|failed|skipped|deselected|error).* in [\d.]+s.*")

REAL_THINGS = "lab or servers or browser"
LONG = "matrix or fleet or nightly"
UNITS = f"not ({REAL_THINGS} or {LONG})"
COMPUTING = ("tests/schema", "tests/runtime", "tests/agent", "tests/lab_room")
COLLECTOR, LAWS = "tests/collector", "tests/contract"
COLLECTORS_EDGES = (
    "tests/collector/cli",
    "tests/collector/notify",
    "tests/collector/sinks",
    "tests/collector/web",
)
"""What people and other systems meet of the collector: half of the CPU of its unit tests."""
BROWSERS = ("tests/browser", "tests/dashboards")
IMPORTS = "tests/runtime/test_modules.py"
"""Imports every module: with the second Python, or with the first if there is no other."""

ON_BOTH_PYTHONS = (
    "tests/runtime",
    "tests/schema/batch/test_frame.py",
    "tests/schema/batch/test_golden.py",
    "tests/schema/batch/test_kernel.py",
    "tests/schema/batch/test_loops.py",
    "tests/schema/test_toml_lines.py",
    "tests/agent/cli/test_main.py",
    "tests/agent/config/test_read.py",
    "tests/agent/identity/test_certificate_file.py",
    "tests/agent/spool/test_spool.py",
    "tests/collector/app/test_collector.py",
    "tests/collector/ingest/test_direct_push.py",
    "tests/collector/journal/test_sqlite.py",
    "tests/collector/store/test_store.py",
)
"""
What the second Python runs for every change: an import of every module, and the tests of what
differs most between versions: compression and compiled code, ``tomllib``, the types that msgspec
reads, ``argparse``, TLS, ``asyncio`` and HTTP, threads and SQLite. The unit tests of the code on
devices took 151 s of CPU there (2026-12); they are nightly, with those of the collector.
"""

SHARE_OF_EXAMPLES = "0.3"
"""Of the examples of property tests, those that a change is tried with; nightly parts make all."""

OF_THE_NIGHT = ("tests/schema", "tests/runtime", "tests/agent", COLLECTOR)
"""What the second Python runs nightly: the unit tests of all that is installed anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePart:
    """
    A part of the suite: a command of its own, with additions to its environment.

    ``gives_way``: it computes, and runs at a lower priority than parts that measure time.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    gives_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """
    The result of a part; ``output`` is the file with its whole output.

    ``cpu_s`` is the CPU time of the part and every process it waited for: unlike ``took_s`` it
    hardly depends on other load of the machine, and the sum over all parts limits how fast the
    whole suite can be.
    """

    part: SuitePart
    code: int
    took_s: float
    cpu_s: float
    output: Path

    def summary(self) -> str:
        """Return pytest's summary, after which a process may still print; else the last line."""
        lines = self.output.read_text("utf-8", "replace").rstrip().splitlines()
        sums = [line for line in lines if _SUMMARY.fullmatch(line)]
        return (sums or lines or ["no output"])[-1]


def pytest_part(
    name: str,
    *arguments: str,
    python: str = sys.executable,
    gives_way: bool = False,
    **environment: str,
) -> SuitePart:
    """Return a part that is one run of pytest."""
    command = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)
    return SuitePart(name=name, command=command, environment=environment, gives_way=gives_way)


def _units(name: str, *arguments: str, python: str = sys.executable) -> SuitePart:
    return pytest_part(
        *(name, "-m", UNITS, *arguments),
        python=python,
        gives_way=True,
        THONGSUOT_EXAMPLES=SHARE_OF_EXAMPLES,
    )


def lint_part() -> SuitePart:
    """Return the part that CI runs beside the tests."""
    return SuitePart(name="lint", command=(sys.executable, "tools/lint.py"), gives_way=True)


def _whole_product() -> list[str]:
    files = [str(file.relative_to(ROOT)) for file in sorted(ROOT.glob("tests/lab/**/test_*.py"))]
    return [BRIEF_MATRIX, *(file for file in files if file != BRIEF_MATRIX)]


def _without(*paths: str) -> list[str]:
    return [f"--ignore={path}" for path in (*paths, *SIMULATED_AT_NIGHT)]


def default_parts(other_python: str = "") -> list[SuitePart]:
    """
    Return the parts that every change needs: first those that wait for real time, then the longest
    first.
    """
    real = ("-p", "tests.real_things", "-m", f"({REAL_THINGS}) and not ({LONG})")
    parts = [
        pytest_part("whole product", *real, *_whole_product()),
        pytest_part("packets of agents", *real, *COMPUTING),
        # The collector's processes are started, killed and waited for.
        _units("unit tests of the collector's core", COLLECTOR, *_without(*COLLECTORS_EDGES)),
        _units("unit tests of the collector's edges", *COLLECTORS_EDGES),
        pytest_part(
            "real servers",
            *real,
            *(f"--ignore={folder}" for folder in ("tests/lab", *COMPUTING, *BROWSERS)),
            gives_way=True,
        ),
        pytest_part("pages in browsers", *real, *BROWSERS, gives_way=True),
        _units("laws of the tree", LAWS),
        _units("unit tests of the rest", *_without(*COMPUTING, COLLECTOR, LAWS)),
        _units(
            "unit tests of agent, schema and lab",
            *(*COMPUTING, *_without(*([IMPORTS] if other_python else []))),
        ),
    ]
    if other_python:
        # Versions differ in tests that need neither servers nor namespaces.
        name = f"unit tests by {Path(other_python).parent.parent.name}"
        parts.append(_units(name, *ON_BOTH_PYTHONS, python=other_python))
    return parts


def nightly_parts(other_python: str = "") -> list[SuitePart]:
    """Return the parts that take too long for every change, by name; see CONTRIBUTING."""
    seed = str(int(time.time()) // 86_400)
    python = sys.executable
    return [
        # Without a second Python on the machine there is nothing to run.
        *(
            [
                pytest_part("second-python", "-m", UNITS, *OF_THE_NIGHT, python=other_python),
                # A newcomer on Debian 13 has it as the first one (2026-12: two laws failed there).
                pytest_part("second-python-laws", "tests/contract", python=other_python),
            ]
            if other_python
            else []
        ),
        SuitePart(name="lint", command=(python, "tools/lint.py", "night")),
        pytest_part("long", "-m", "nightly", THONGSUOT_NIGHTLY="1"),
        pytest_part("longer", *LONGER_AT_NIGHT, THONGSUOT_NIGHTLY="1"),
        pytest_part("matrix", "-m", "matrix", "tests/lab"),
        pytest_part("fleet", "-m", "fleet", "tests/fleet", "tests/tools"),
        SuitePart(name="fresh", command=("./run", "fresh")),
        pytest_part("seeds", *SIMULATED, THONGSUOT_NIGHTLY="1", THONGSUOT_JUDGE_SEEDS="20"),
        SuitePart(
            name="truth",
            command=(python, "-m", "thongsuot_lab.truth", "--seed", seed, "--count", "1000"),
        ),
        # Other seeds every night: a thousand in five nights.
        SuitePart(
            name="healthy",
            command=(
                *(python, "-m", "thongsuot_lab.truth", "--seed", seed),
                *("--healthy-days", "200", "--shortened"),
            ),
        ),
        SuitePart(name="coverage", command=(python, "-m", "tools.module_coverage")),
        SuitePart(name="bench", command=("./run", "bench", "--gate")),
        SuitePart(name="mutants", command=(python, "-m", "tools.mutants", "--seed", seed)),
    ]


def folder_in_memory(memory: Path) -> Path | None:
    """
    Return a new folder for temporary files on a file system in memory; ``None`` if there is none,
    or it has too little room, or it does not allow programs to run.
    """
    try:
        if min(shutil.disk_usage(memory).free, _available_bytes()) < MEMORY_BYTES:
            return None
        # Paths of sockets are limited to 107 characters, and tests create theirs below this folder.
        folder = Path(tempfile.mkdtemp(prefix="ts-", dir=memory))
    except OSError:
        return None
    # Same mode as /tmp: servers of the tests run as users of their own.
    folder.chmod(0o1777)
    program = folder / "program"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    try:
        subprocess.run([program], check=True)
    except OSError:
        shutil.rmtree(folder)
        return None
    program.unlink()
    return folder


def _available_bytes() -> int:
    """Return how much memory programs may take before the machine swaps."""
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    fields = next(line for line in lines if line.startswith("MemAvailable:")).split()
    return int(fields[1]) * 1024


def play_part(part: SuitePart, folder: Path) -> PartResult:
    """Run a part to its end."""
    output = folder / f"{part.name.replace(' ', '-')}.log"
    began = time.monotonic()
    priority = ("nice", "-n", str(NICENESS)) if part.gives_way else ()
    with output.open("wb") as file:
        process = subprocess.Popen(
            (*priority, *part.command),
            cwd=ROOT,
            env={**os.environ, **part.environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        code, cpu_s = _wait_for(process)
    return PartResult(
        part=part, code=code, took_s=time.monotonic() - began, cpu_s=cpu_s, output=output
    )


def _wait_for(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """
    Wait for a process; return its exit code, and the CPU seconds of it and all its descendants.
    """
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def play_parts(parts: Sequence[SuitePart], *, at_once: int, progress_every_s: float) -> int:
    """Run parts in parallel; show the output of those that fail; return 1 if one failed."""
    folder = Path(tempfile.mkdtemp(prefix="thongsuot-suite-"))
    results: list[PartResult] = []
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        waiting = {pool.submit(play_part, part, folder): part.name for part in parts}
        while waiting:
            ended, _ = wait(waiting, timeout=progress_every_s, return_when=FIRST_COMPLETED)
            if not ended:
                minutes = (time.monotonic() - began) / 60
                _say(f"{minutes:.0f} min: still running: {', '.join(waiting.values())}")
            for future in ended:
                del waiting[future]
                results.append(result := future.result())
                if result.code:
                    sys.stdout.write(result.output.read_text("utf-8", "replace"))
                    sys.stdout.flush()
                _say(
                    f"{result.part.name}: {result.took_s:.0f} s, CPU {result.cpu_s:.0f} s: "
                    f"{result.summary()}"
                )
    whole_s, cpu_s = time.monotonic() - began, sum(result.cpu_s for result in results)
    _say(f"all parts: {whole_s:.0f} s, CPU {cpu_s:.0f} s on {os.cpu_count()} cores")
    failed = [result.part.name for result in results if result.code]
    # The last lines are the summaries of pytest, in the form of a single run.
    for result in sorted(results, key=lambda result: parts.index(result.part)):
        sys.stdout.write(f"{result.summary()}\n")
    if failed:
        sys.stdout.write(f"failed: {', '.join(failed)}\n")
    sys.stdout.flush()
    shutil.rmtree(folder)
    return 1 if failed else 0


def main(arguments: Sequence[str]) -> int:
    """Run the default parts, with or without lint before them, or nightly parts by name."""
    parser = argparse.ArgumentParser(prog="python -m tools.suite", description=__doc__)
    parser.add_argument("words", nargs="*", help="lint, or nightly and the names of its parts")
    parser.add_argument("--other-python", default="", help="a second interpreter for unit tests")
    options = parser.parse_args(arguments)
    if options.words[:1] == ["nightly"]:
        parts = nightly_parts(options.other_python)
        names = {part.name for part in parts}
        if unknown := set(options.words[1:]) - names:
            _say(f"no part {', '.join(sorted(unknown))}; known: {', '.join(sorted(names))}")
            return 2
        chosen = [part for part in parts if part.name in options.words[1:] or not options.words[1:]]
        # One after the other: these parts measure time.
        return play_parts(chosen, at_once=1, progress_every_s=PROGRESS_EVERY_S)
    beside = [lint_part()] if options.words == ["lint"] else []
    parts = default_parts(options.other_python)
    waiting = parts[:WAITING]
    if in_memory := folder_in_memory(MEMORY):
        os.environ["TMPDIR"] = str(in_memory)
    try:
        return play_parts(
            [*waiting, *beside, *parts[WAITING:]],
            at_once=AT_ONCE,
            progress_every_s=PROGRESS_EVERY_S,
        )
    finally:
        if in_memory:
            shutil.rmtree(in_memory, ignore_errors=True)


def _say(text: str) -> None:
    print(f"suite: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
