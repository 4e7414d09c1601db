"""
The pure core does no I/O: it can be tested without a network and replayed from a record.

Followed through our own modules, so that a pure module cannot reach a socket by way of a neighbour.
"""

from pathlib import Path

from tests.contract.house import ROOT, Module, imports, modules, plant

PURE = (
    "thongsuot_schema",
    "thongsuot_agent.judge",
    "thongsuot_agent.proto",
    "thongsuot_collector.timeline",
    "thongsuot_collector.incidents",
    "thongsuot_collector.sla",
)
"""Packages of the pure core; one that does not exist yet binds nobody."""

_STANDARD = """
    __future__ abc array ast base64 binascii bisect calendar collections contextlib copy csv
    dataclasses datetime decimal difflib enum functools hashlib heapq html importlib inspect io
    ipaddress itertools json keyword math numbers operator pkgutil re statistics string struct
    sys textwrap threading tomllib types typing unicodedata urllib uuid zlib zoneinfo _sha2 _sha256
"""
STANDARD = frozenset(_STANDARD.split())
"""The part of the standard library that opens nothing and looks at no clock. Locks and thread-local
values are allowed; starting threads is not I/O either, but nobody has wanted to."""

FORBIDDEN = frozenset({"urllib.request", "urllib.error", "importlib.metadata"})
"""Parts of packages above that do."""

THIRD_PARTY = frozenset({"msgspec", "zstandard"})
"""Data in, data out; no clients."""


def leaks(root: Path) -> set[str]:
    """Return, as ``pure module -> forbidden import``, each way in which the core is not pure."""
    known = {module.name: module for module in modules(root)}
    found: set[str] = set()
    for name, module in known.items():
        if any(name == pure or name.startswith(f"{pure}.") for pure in PURE):
            found |= {f"{name} -> {bad}" for bad in _reached(module, known)}
    return found


def _reached(start: Module, known: dict[str, Module]) -> set[str]:
    """Return the forbidden imports of a module and of all our modules that it leads to."""
    bad: set[str] = set()
    seen, waiting = {start.name}, [start]
    while waiting:
        for imported in imports(waiting.pop()):
            if imported in known:
                if imported not in seen:
                    seen.add(imported)
                    waiting.append(known[imported])
                continue
            if imported.rpartition(".")[0] in known:
                continue  # a name out of one of our modules
            top = imported.partition(".")[0]
            if imported in FORBIDDEN or top not in STANDARD | THIRD_PARTY:
                bad.add(imported)
    return bad


def test_the_pure_core_does_no_io() -> None:
    assert leaks(ROOT) == set()


def test_a_clock_reached_through_a_neighbour_is_found(tmp_path: Path) -> None:
    agent = "agent/src/thongsuot_agent"
    plant(tmp_path, f"{agent}/__init__.py", "")
    plant(tmp_path, f"{agent}/clock.py", "import time\n")
    plant(tmp_path, f"{agent}/judge/__init__.py", "")
    plant(tmp_path, f"{agent}/judge/engine.py", "from thongsuot_agent.clock import now\n")
    plant(tmp_path, f"{agent}/judge/quorum.py", "import math\n\ndef f():\n    import socket\n")
    plant(tmp_path, f"{agent}/links.py", "import socket\n")
    assert leaks(tmp_path) == {
        "thongsuot_agent.judge.engine -> time",
        "thongsuot_agent.judge.quorum -> socket",
    }
