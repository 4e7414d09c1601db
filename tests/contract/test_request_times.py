"""
Each request of a test says how long its answer may take, and that is a minute or more.

httpx gives up after five seconds if it is told nothing. A server that six parts of the suite starve
takes longer now and then, and the test fails as if nobody were there (2026-12). Only who expects
none, and goes on then, may be shorter.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.contract.house import ROOT, parsed, plant

_MODULES = {"httpx", "httpx2"}
_REQUESTS = {
    *("AsyncClient", "Client", "delete", "get", "head", "options", "patch", "post", "put"),
    *("request", "stream"),
}
_LEAST_S = 60


def impatient(root: Path = ROOT) -> Iterator[str]:
    """
    Yield each request, or client, of a test that leaves the time to httpx, or gives less than a
    minute without expecting that it ends: ``file:line``.
    """
    for path in sorted((root / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "httpx" not in text:
            continue
        tree = parsed(text)
        tried = {
            id(node)
            for attempt in ast.walk(tree)
            if isinstance(attempt, ast.Try) and attempt.handlers
            for statement in attempt.body
            for node in ast.walk(statement)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_request(node.func):
                given = [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
                if not given or (_is_short(given[0]) and id(node) not in tried):
                    yield f"{path.relative_to(root)}:{node.lineno}"


def _is_request(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in _REQUESTS
        and isinstance(called.value, ast.Name)
        and called.value.id in _MODULES
    )


def _is_short(given: ast.expr) -> bool:
    return (
        isinstance(given, ast.Constant)
        and isinstance(given.value, int | float)
        and given.value < _LEAST_S
    )


def test_each_request_of_a_test_says_how_long_its_answer_may_take() -> None:
    assert list(impatient()) == []


def test_one_that_leaves_it_to_httpx_is_found(tmp_path: Path) -> None:
    clients = "import httpx\nhttpx.Client(timeout=60)\nhttpx.AsyncClient(verify=False)\n"
    plant(tmp_path, "tests/test_a.py", f"{clients}httpx.get(url, timeout=None)\nhttpx.get(url)\n")
    assert list(impatient(tmp_path)) == ["tests/test_a.py:3", "tests/test_a.py:5"]


def test_one_that_has_less_than_a_minute_is_found_unless_it_expects_that(tmp_path: Path) -> None:
    short = "httpx.get(url, timeout=5)\n"
    text = f"import httpx\n{short}try:\n    {short}except httpx.TransportError:\n    {short}"
    plant(tmp_path, "tests/test_a.py", text)
    assert list(impatient(tmp_path)) == ["tests/test_a.py:2", "tests/test_a.py:6"]
