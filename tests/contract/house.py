"""What the laws look at: the house's files, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schema", "agent", "collector", "dashboards", "lab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module of a room: its import name, its file and its text."""

    name: str
    path: Path
    text: str

    @property
    def tree(self) -> ast.Module:
        """The module, parsed."""
        return parsed(self.text)


@cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a file: one for all laws."""
    return ast.parse(text)


def modules(root: Path = ROOT, rooms: tuple[str, ...] = ROOMS) -> Iterator[Module]:
    """Yield every module of the rooms, in order of their paths."""
    for room in rooms:
        sources = root / room / "src"
        for path in sorted(sources.rglob("*.py")):
            parts = path.relative_to(sources).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name=name, path=path, text=path.read_text(encoding="utf-8"))


def other_files(root: Path = ROOT) -> list[Path]:
    """Return every Python file of the tests, the tools, the benches and the roles."""
    folders = ("ansible", "bench", "tests", "tools")
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def imports(module: Module) -> set[str]:
    """
    Return the full names of what a module imports, wherever in it the import stands.

    ``from a import b`` counts as ``a`` and ``a.b``: b may be a module. Imports for the type checker
    alone (``if TYPE_CHECKING:``) do not count.
    """
    names: set[str] = set()
    for node in _at_run_time(module.tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _at_run_time(node)


def plant(root: Path, name: str, text: str) -> Path:
    """Write a file of a house that a test builds to see a law broken; return it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
