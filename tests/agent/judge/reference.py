"""
The tables of docs/reference/verdicts.md that follow from the code.

``python -m tests.agent.judge.reference`` writes them into the page.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from thongsuot_agent.judge import settings as module
from thongsuot_agent.judge.settings import Hysteresis, Settings

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/verdicts.md"


def reasons() -> Iterator[tuple[str, object, str]]:
    """Yield every setting with its default and the reason that stands below it."""
    defaults = Settings()
    tree = ast.parse(inspect.getsource(module))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Settings").body
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            name = field.target.id
            assert isinstance(text, ast.Expr), f"{name} has no reason"
            assert isinstance(text.value, ast.Constant), f"{name} has no reason"
            yield name, getattr(defaults, name), " ".join(str(text.value.value).split())


def thresholds() -> str:
    """Return the table of thresholds."""
    rows = [
        f"| `{name}` | {value:g} | {reason} |"
        for name, value, reason in reasons()
        if isinstance(value, int | float)
    ]
    return "\n".join(["| setting | default | reason |", "|---|---:|---|", *rows])


def patiences() -> str:
    """Return the table of how long faults are watched before they are believed or forgotten."""
    rows = [
        f"| `{name}` | {value.confirm_rounds} | {value.confirm_s:g} s | {value.every_s:g} s "
        f"| {value.clear_rounds} | {value.clear_s:g} s | {reason} |"
        for name, value, reason in reasons()
        if isinstance(value, Hysteresis)
    ]
    head = "| setting | rounds | spanning | a round every | clean rounds | spanning | for |"
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|---|", *rows])


TABLES = {"thresholds": thresholds, "patience": patiences}


def filled(page: str) -> str:
    """Return the page with every table as it follows from the code."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, marker, rest = page.partition(begin)
        assert marker, f"the page has no place for {name}"
        page = f"{before}{begin}\n{table()}\n{end}{rest.partition(end)[2]}"
    return page


def settings_named() -> set[str]:
    """Return the names of all settings."""
    return {field.name for field in msgspec.structs.fields(Settings)}


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
