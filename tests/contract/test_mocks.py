"""
No test replaces our own code: what is tested is what runs.

Replacing a constant (a bound, a wait, a path) makes a situation and is allowed, and so is replacing
what is not ours (the clock of the standard library, ``Path.rename`` that fails as a disk does).
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.contract.house import ROOT, plant

EXCEPTIONS: frozenset[str] = frozenset(
    {
        # A judge that raises, and one whose rulings are given: neither can be had from outside.
        "tests/agent/app/test_result_pipeline.py:step",
        # The place below which a lab keeps its folders; a process takes it from its user.
        "tests/lab_room/test_rundir.py:home",
    }
)
"""Functions of ours that a test replaces all the same, as ``file:name``. May only shrink."""


def replaced(root: Path) -> Iterator[str]:
    """Yield each function or class of ours that a test replaces, as ``file:name``."""
    for path in sorted((root / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        foreign = set(_foreign_names(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in _imported(node):
                yield f"{name}:mock"
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in {"setattr", "patch", "spy"} or len(node.args) < 2:
                continue
            target, attribute = node.args[0], node.args[1]
            if not isinstance(attribute, ast.Constant) or not isinstance(attribute.value, str):
                continue
            if ast.unparse(target).partition(".")[0] in foreign:
                continue
            word = attribute.value.strip("_")
            if word and not word.isupper() and attribute.value != "__path__":
                yield f"{name}:{attribute.value}"


def _foreign_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module imports from what is not ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                (alias.asname or alias.name).partition(".")[0]
                for alias in node.names
                if not alias.name.startswith(("thongsuot_", "tests", "tools"))
            )
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if not module.startswith(("thongsuot_", "tests", "tools")):
                yield from (alias.asname or alias.name for alias in node.names)


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = {alias.name.rpartition(".")[2] for alias in node.names}
    return names | {node.module or ""} if isinstance(node, ast.ImportFrom) else names


@cache
def replaced_here() -> frozenset[str]:
    """Return what the tests of this house replace; every one of them is read for it."""
    return frozenset(replaced(ROOT))


def test_no_test_replaces_our_own_code() -> None:
    assert replaced_here() - EXCEPTIONS == set()


def test_an_exception_that_is_no_longer_needed_is_taken_off_the_list() -> None:
    assert EXCEPTIONS - replaced_here() == set()


def test_a_replaced_function_is_found_and_a_constant_or_the_clock_is_not(tmp_path: Path) -> None:
    text = (
        "import time\n"
        "from unittest import mock\n"
        "from thongsuot_agent.judge import engine\n"
        "def test_x(monkeypatch):\n"
        "    monkeypatch.setattr(engine, 'step', lambda: None)\n"
        "    monkeypatch.setattr(engine, '_WAIT_S', 1)\n"
        "    monkeypatch.setattr(time, 'time_ns', lambda: 0)\n"
    )
    plant(tmp_path, "tests/test_x.py", text)
    assert set(replaced(tmp_path)) == {"tests/test_x.py:mock", "tests/test_x.py:step"}
