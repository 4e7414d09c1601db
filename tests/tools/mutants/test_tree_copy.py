"""A tree with one function and its tests: changes are planted, and what notices them is known."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.mutants.changes import ROOT
from tools.mutants.tree_copy import TreeCopy
from tools.mutants.worker import MutantTestRun, TestRunResult

pytestmark = pytest.mark.nightly  # of a tool that runs nightly

SOURCE = "agent/src/thongsuot_far/far.py"
TEXT = "def is_far(distance_m):\n    return distance_m >= 10\n"
TESTS = """
import gc
import subprocess

from thongsuot_far.far import is_far

gc.freeze()  # as the tests of this house do


def test_near():
    assert not is_far(1)


def test_exactly_far():
    assert is_far(10)


def test_another():
    subprocess.run(["true"], check=True)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[TreeCopy]:
    """A copy of a small tree that has our tool in it."""
    tree = tmp_path / "tree"
    for file, text in {
        SOURCE: TEXT,
        "tests/test_far.py": TESTS,
        "pyproject.toml": (ROOT / "pyproject.toml").read_text("utf-8"),
        **{
            f"tools/mutants/{path.name}": path.read_text("utf-8")
            for path in (ROOT / "tools" / "mutants").glob("*.py")
        },
    }.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    made = TreeCopy(tmp_path / "copy", source=tree)
    yield made
    made.close()


def run(copy: TreeCopy, *order: str, cpu_s: float = 30.0, recorded: str = "") -> TestRunResult:
    return copy.run(
        MutantTestRun(
            paths=["tests/test_far.py"],
            order=order,
            recorded=recorded,
            cpu_s=cpu_s,
            wall_s=300.0,
        )
    )


def test_a_recorded_run_says_what_each_test_executes_and_which_start_processes(
    copy: TreeCopy,
) -> None:
    result = run(copy, recorded="agent/src/thongsuot_far")
    assert result.failed == ""
    called = {name.partition("::")[2]: its.blocks for name, its in result.records.items()}
    assert called == {
        "test_near": {SOURCE: [2]},
        "test_exactly_far": {SOURCE: [2]},
        "test_another": {},
    }
    assert [name for name, its in result.records.items() if its.starts_processes] == [
        "tests/test_far.py::test_another"
    ]
    copy.preload(result.modules, "agent/src/thongsuot_far")
    assert run(copy).failed == "", "and with all that imported before"


def test_a_change_is_noticed_by_the_first_test_of_the_order_that_fails(copy: TreeCopy) -> None:
    with copy.changed(SOURCE, TEXT.replace(">=", "<")):
        assert run(copy).failed == "tests/test_far.py::test_near"
        others = ("tests/test_far.py::test_exactly_far", "tests/test_far.py::test_near")
        assert run(copy, *others).failed == others[0]
    assert run(copy).failed == "", "and it is taken back"


def test_a_change_that_no_test_of_the_order_looks_at_survives(copy: TreeCopy) -> None:
    with copy.changed(SOURCE, TEXT.replace(">=", ">")):
        assert run(copy, "tests/test_far.py::test_near").failed == ""
        assert run(copy).failed == "tests/test_far.py::test_exactly_far"


def test_a_change_that_cannot_be_imported_or_never_ends_is_noticed(copy: TreeCopy) -> None:
    with copy.changed(SOURCE, f"{TEXT}\nraise ValueError\n"):
        assert run(copy).failed == "import"
    endless = "def is_far(distance_m):\n    while True:\n        pass\n"
    with copy.changed(SOURCE, endless):
        assert run(copy, cpu_s=1.0).failed == "time"
        patient = MutantTestRun(
            paths=["tests/test_far.py"],
            order=["tests/test_far.py::test_near"],
            test_cpu_s=[0.5],
            cpu_s=600.0,
            wall_s=600.0,
        )
        assert copy.run(patient).failed == "time", "each test has a limit of its own"


def loaded_run(copy: TreeCopy, *order: str, line: int = 0, cpu_s: float = 30.0) -> TestRunResult:
    return copy.run(
        MutantTestRun(
            paths=["tests/test_far.py"],
            order=[f"tests/test_far.py::{name}" for name in order],
            changed=SOURCE,
            changed_line=line,
            cpu_s=cpu_s,
            wall_s=300.0,
        )
    )


def test_tests_that_are_loaded_already_notice_a_change_of_a_function_and_of_a_private_constant(
    copy: TreeCopy,
) -> None:
    text = (
        "import functools\n\n_FAR_M = 10\n\n\n"
        "@functools.cache\ndef is_far(distance_m):\n"
        "    return any(distance_m >= limit for limit in [_FAR_M])\n"
    )
    (copy.root / SOURCE).write_text(text, encoding="utf-8")
    copy.load(["tests/test_far.py"])
    order = ("test_near", "test_exactly_far", "test_another")
    assert loaded_run(copy, *order).failed == ""
    changes = [
        (8, ">=", ">", "test_exactly_far"),
        (8, ">=", "<", "test_near"),
        (3, "10", "11", "test_exactly_far"),
        (8, "any(", "any(0 for _ in iter(int, 1)) or any(", "time"),
    ]
    for line, before, after, failing in changes:
        with copy.changed(SOURCE, text.replace(before, after)):
            failed = loaded_run(copy, *order, line=line, cpu_s=2.0).failed
            assert failed.rpartition("::")[2] == failing, after
    assert loaded_run(copy, *order).failed == "", "and each is taken back"
    with copy.changed(SOURCE, text.replace(">=", ">")):
        assert loaded_run(copy, "test_near", line=8).failed == ""


def test_a_change_that_closes_the_output_of_pytest_is_noticed(copy: TreeCopy) -> None:
    closing = TEXT.replace("    ", "    import os; os.closerange(1, 3); ")
    copy.load(["tests/test_far.py"])
    with copy.changed(SOURCE, closing):
        assert loaded_run(copy, "test_near", line=2).failed == "tests/test_far.py::test_near"


def test_tests_that_cannot_be_run_are_an_error_and_no_notice(copy: TreeCopy) -> None:
    copy.load(["tests/test_far.py"])
    with pytest.raises(RuntimeError, match="the process that runs tests ended"):
        loaded_run(copy, "test_that_nobody_wrote")
