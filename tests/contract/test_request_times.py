"""
Each request of a test says how long its answer may take.

httpx gives up after five seconds if it is told nothing. A server that six parts of the suite starve
takes longer now and then, and the test fails as if nobody were there (2026-12).
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


def impatient(root: Path = ROOT) -> Iterator[str]:
    """Yield each request, or client, of a test that leaves the time to httpx: ``file:line``."""
    for path in sorted((root / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "httpx" not in text:
            continue
        for node in ast.walk(parsed(text)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _REQUESTS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in _MODULES
                and "timeout" not in {keyword.arg for keyword in node.keywords}
            ):
                yield f"{path.relative_to(root)}:{node.lineno}"


def test_each_request_of_a_test_says_how_long_its_answer_may_take() -> None:
    assert list(impatient()) == []


def test_one_that_leaves_it_to_httpx_is_found(tmp_path: Path) -> None:
    clients = "import httpx\nhttpx.Client(timeout=60)\nhttpx.AsyncClient(verify=False)\n"
    plant(tmp_path, "tests/test_a.py", f"{clients}httpx.get(url, timeout=None)\nhttpx.get(url)\n")
    assert list(impatient(tmp_path)) == ["tests/test_a.py:3", "tests/test_a.py:5"]
