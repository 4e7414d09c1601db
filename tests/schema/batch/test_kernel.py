"""Which inner loops run is chosen by what is installed, and can be asked for."""

import os
import subprocess
import sys

import pytest

from thongsuot_schema.batch import kernel

SHOW = (
    "from thongsuot_schema.batch import kernel, loops;"
    "print(kernel.IMPLEMENTATION, kernel.unpack is loops.unpack, kernel.NOT_COMPILED_BECAUSE)"
)


def shown(**environment: str) -> str:
    """What a new process says of its kernel."""
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_python_runs_where_it_is_asked_for_and_says_why() -> None:
    shown_kernel = shown(THONGSUOT_KERNEL="python")
    assert shown_kernel.startswith("python True ")
    if kernel.IMPLEMENTATION == "compiled":
        assert (
            shown_kernel == "python True THONGSUOT_KERNEL=python asks for the functions in Python"
        )


@pytest.mark.skipif(kernel.IMPLEMENTATION != "compiled", reason="no compiled kernel here")
def test_the_compiled_ones_run_where_they_are_installed() -> None:
    assert shown(THONGSUOT_KERNEL="") == "compiled False"
