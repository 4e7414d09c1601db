"""No module over 400 lines, no function over 60: what grows past that hides another word inside."""

import ast
from functools import cache
from pathlib import Path

from tests.contract.house import ROOT, modules, other_files, plant

MODULE_LINES = 400
FUNCTION_LINES = 60

EXCEPTIONS: frozenset[str] = frozenset()
"""Files, and functions as ``file:name``, that are larger for a reason. May only shrink."""


@cache
def oversized(root: Path) -> frozenset[str]:
    """Return the files, and the functions as ``file:name``, that are over the limit."""
    names: set[str] = set()
    for path in [*(module.path for module in modules(root)), *other_files(root)]:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix()
        if text.count("\n") > MODULE_LINES:
            names.add(name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno + 1 > FUNCTION_LINES:
                    names.add(f"{name}:{node.name}")
    return frozenset(names)


def test_nothing_is_larger_than_a_reader_can_hold() -> None:
    assert oversized(ROOT) - EXCEPTIONS == set()


def test_an_exception_that_is_no_longer_needed_is_taken_off_the_list() -> None:
    assert EXCEPTIONS - oversized(ROOT) == set()


def test_a_module_and_a_function_over_the_limit_are_found(tmp_path: Path) -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    plant(tmp_path, "agent/src/thongsuot_agent/long.py", "x = 1\n" * (MODULE_LINES + 1))
    plant(tmp_path, "tests/test_long.py", f"async def far():\n{body}\ndef near():\n{body[10:]}")
    assert oversized(tmp_path) == {"agent/src/thongsuot_agent/long.py", "tests/test_long.py:far"}
