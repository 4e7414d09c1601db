"""
The compiled loops under AddressSanitizer and UndefinedBehaviorSanitizer: whatever they are given,
nothing is read or written outside of it, and no sum wraps.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "kernel" / "src" / "thongsuot_kernel"
FUZZED_S = 60.0
FLAGS = "-std=c11 -O1 -g -fPIC -shared -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror"
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the sanitized build is what is imported."""
    include = sysconfig.get_path("include")
    if not shutil.which("gcc") or not Path(include, "Python.h").exists():
        pytest.skip("gcc or Python's headers are missing")
    folder = tmp_path_factory.mktemp("sanitized")
    package = folder / "thongsuot_kernel"
    package.mkdir()
    shutil.copyfile(SOURCE / "__init__.py", package / "__init__.py")
    target = str(package / "loops.abi3.so")
    sources = sorted(map(str, SOURCE.glob("*.c")))
    subprocess.run(
        ["gcc", *FLAGS.split(), *SANITIZERS.split(), f"-I{include}", "-o", target, *sources],
        check=True,
    )
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return {
        **os.environ,
        "LD_PRELOAD": library,
        "PYTHONPATH": str(folder),
        # Every object of Python in memory of its own, so that its ends are watched; what the
        # interpreter itself never frees is no leak of ours.
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def run(sanitized: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=sanitized,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.nightly
def test_the_loops_pass_their_tests_under_the_sanitizers(sanitized: dict[str, str]) -> None:
    where = "import thongsuot_kernel.loops as loops; print(loops.__file__)"
    assert sanitized["PYTHONPATH"] in run(sanitized, "-c", where)
    tests = (
        "tests/schema/batch/test_loops.py",
        "tests/schema/batch/test_decode.py",
        "tests/schema/batch/test_columns.py",
        "tests/collector/sinks/remote_write/test_blocks.py",
        "tests/collector/sinks/remote_write/test_encode.py",
    )
    assert " passed" in run(sanitized, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


@pytest.mark.nightly
def test_made_up_arguments_do_no_harm_under_the_sanitizers(sanitized: dict[str, str]) -> None:
    seed = str(int(time.time()) // 86_400)
    calls = run(sanitized, "-m", "tests.schema.batch.kernel_fuzz", seed, str(FUZZED_S))
    assert int(calls.split()[0]) > 10_000, calls
