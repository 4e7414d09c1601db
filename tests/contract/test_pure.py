"""
The pure core does no I/O: it can be tested without a network and replayed from a record.

Followed through our own modules, so that a pure module cannot reach a socket by way of a neighbour.
"""

import ast
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.contract.house import ROOT, Module, imports, modules, plant

PURE = (
    "thongsuot_schema",
    "thongsuot_agent.judge",
    "thongsuot_agent.proto",
    "thongsuot_collector.timeline",
    "thongsuot_collector.incidents",
    "thongsuot_collector.rules",
    "thongsuot_collector.sla",
)
"""Packages of the pure core; one that does not exist yet binds nobody."""

_STANDARD = """
    __future__ abc array ast base64 binascii bisect calendar collections contextlib copy csv
    dataclasses datetime decimal difflib enum fractions functools gettext hashlib heapq html
    importlib inspect io ipaddress itertools json keyword math numbers operator pkgutil re
    statistics string struct sys textwrap threading tomllib types typing unicodedata urllib uuid
    zlib zoneinfo _sha2 _sha256
"""
STANDARD = frozenset(_STANDARD.split())
"""The part of the standard library that opens nothing and looks at no clock. Locks and thread-local
values are allowed; starting threads is not I/O either, but nobody has wanted to."""

FORBIDDEN = frozenset({"urllib.request", "urllib.error", "importlib.metadata"})
"""Parts of packages above that do."""

THIRD_PARTY = frozenset({"msgspec", "zstandard", "thongsuot_kernel"})
"""Data in, data out; no clients."""


CALLS = frozenset(
    {
        *("open", "print", "input", "exec", "eval", "breakpoint"),
        *("now", "utcnow", "today", "uuid1", "uuid4", "getenv"),
        *("read_text", "write_text", "read_bytes", "write_bytes", "unlink", "mkdir", "iterdir"),
        *("get_data", "translation", "bindtextdomain"),
    }
)
"""What an allowed module can do all the same: look at a clock, chance, or a file."""

PACKAGE_DATA = frozenset(
    {
        "thongsuot_schema.inventory.communes:read_text",
        "thongsuot_schema.words.translations:get_data",
    }
)
"""Files that a pure module reads from its own package, once: data that was put beside the code."""


def impure_calls(module: Module) -> Iterator[str]:
    """Yield each call in a module that looks at a clock, at chance or at a file."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            if name in CALLS:
                yield f"{module.name}:{name}"


def is_pure(name: str) -> bool:
    """Return whether a module belongs to the pure core."""
    return any(name == pure or name.startswith(f"{pure}.") for pure in PURE)


def leaks(root: Path) -> set[str]:
    """
    Return each way in which the core is not pure.

    As ``pure module -> … -> module -> forbidden import``, by the shortest way.
    """
    known = {module.name: module for module in modules(root)}
    ways: set[str] = set()
    for name, module in known.items():
        if is_pure(name):
            ways |= _ways_out(module, known)
    return ways


def _ways_out(start: Module, known: dict[str, Module]) -> set[str]:
    """Return the ways from a module, through others of ours, to what is forbidden."""
    escapes: dict[str, str] = {}
    ways = {start.name: start.name}
    waiting = deque([start.name])
    while waiting:
        here = waiting.popleft()
        for imported in sorted(imports(known[here])):
            way = f"{ways[here]} -> {imported}"
            if imported in known:
                if imported not in ways:
                    ways[imported] = way
                    waiting.append(imported)
            elif imported.rpartition(".")[0] not in known and _is_forbidden(imported):
                # ``from a import b`` counts as both; one line is enough.
                escapes.setdefault(imported.partition(".")[0], way)
    return set(escapes.values())


def _is_forbidden(imported: str) -> bool:
    allowed = imported.partition(".")[0] in STANDARD | THIRD_PARTY
    return imported in FORBIDDEN or not allowed


def test_the_pure_core_does_no_io() -> None:
    assert leaks(ROOT) == set()


def test_the_pure_core_calls_nothing_that_reads_a_clock_or_a_file() -> None:
    calls = {
        call for module in modules(ROOT) if is_pure(module.name) for call in impure_calls(module)
    }
    assert calls == PACKAGE_DATA


def test_impure_calls_of_an_allowed_module_are_found(tmp_path: Path) -> None:
    text = (
        "import uuid\nfrom datetime import UTC, datetime\n\ndef f():\n"
        "    print(datetime.now(UTC), uuid.uuid1(), open('/etc/hostname').read())\n"
    )
    plant(tmp_path, "agent/src/thongsuot_agent/judge/clock.py", text)
    (module,) = modules(tmp_path, ("agent",))
    assert {call.partition(":")[2] for call in impure_calls(module)} == {
        *("print", "now", "uuid1", "open"),
    }


def test_an_impure_import_through_another_module_is_found(tmp_path: Path) -> None:
    agent = "agent/src/thongsuot_agent"
    plant(tmp_path, f"{agent}/__init__.py", "")
    plant(tmp_path, f"{agent}/clock.py", "import time\n")
    plant(tmp_path, f"{agent}/judge/__init__.py", "")
    plant(tmp_path, f"{agent}/judge/engine.py", "from thongsuot_agent.clock import now\n")
    plant(tmp_path, f"{agent}/judge/quorum.py", "import math\n\ndef f():\n    import socket\n")
    plant(tmp_path, f"{agent}/links.py", "import socket\n")
    assert leaks(tmp_path) == {
        "thongsuot_agent.judge.engine -> thongsuot_agent.clock -> time",
        "thongsuot_agent.judge.quorum -> socket",
    }
