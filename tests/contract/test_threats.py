"""Each threat of SECURITY.md names what is left over, and the tests that hold it; they exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.contract.house import ROOT, plant

THREATS = (
    "Stolen device",
    "Hostile agent",
    "Hostile carrier account",
    "Guessed or stolen account",
    "Hostile commune LAN",
    "Compromised collector",
)

_SECTION = re.compile(r"^### (.+)\n((?:(?!^##).*\n?)*)", re.MULTILINE)
_POINT = re.compile(r"^- (.*(?:\n  .*)*)", re.MULTILINE)
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def sections(text: str) -> dict[str, str]:
    """Return the text under each threat."""
    _, _, after = text.partition("## Threats\n")
    return dict(_SECTION.findall(after))


def faults(root: Path, text: str) -> Iterator[str]:
    """Yield what is wrong with the threats of a page."""
    for threat, body in sections(text).items():
        points = _POINT.findall(body)
        if not any(point.startswith("*Residue:*") for point in points):
            yield f"{threat}: says no residue; no threat is held whole"
        for point in points:
            if not point.startswith("*Residue:*") and not _NAMED.search(point):
                yield f"{threat}: no test holds: {point.splitlines()[0]}"
    for file, name in _NAMED.findall(text):
        if not (root / file).is_file():
            yield f"there is no {file}"
        elif name and name not in names_in(root / file):
            yield f"there is no test {name} in {file}"


def names_in(file: Path) -> set[str]:
    """Return the names of the functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_each_threat_is_there_and_what_holds_it() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert tuple(sections(text)) == THREATS
    assert list(faults(ROOT, text)) == []


def test_a_threat_that_nothing_holds_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "tests/test_a.py", "async def test_b() -> None: ...\n")
    text = (
        "## Threats\n\n### One\n\nWho.\n\n- It is held.\n  [`tests/test_a.py::test_b`]\n"
        "- It is not.\n- It is gone [`tests/test_a.py::test_c`], [`tests/test_d.py::test_e`]\n\n"
        "### Two\n\n- *Residue:* all\n  of it.\n\n## Privacy\n\n- `tests/test_a.py`\n"
    )
    assert list(sections(text)) == ["One", "Two"]
    assert list(faults(tmp_path, text)) == [
        "One: says no residue; no threat is held whole",
        "One: no test holds: It is not.",
        "there is no test test_c in tests/test_a.py",
        "there is no tests/test_d.py",
    ]
