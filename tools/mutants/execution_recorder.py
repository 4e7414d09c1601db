"""
Records which test executes which block, at the cost of one addition to a set per execution.

Modules of the area are compiled with one more statement at the beginning of each block. A trace
function of the interpreter would also be called for every call in every library (2026-11: the
judge's tests took seven times as long).
"""

import ast
import builtins
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tools.mutants.blocks import blocks_in

_EXECUTED = "_blocks_executed_of_area"
"""A name in ``builtins``, where every module finds it."""


class ExecutionRecorder(PathFinder):
    """Finds the modules below a folder and lets their blocks report their execution."""

    def __init__(self, sources: Path, root: Path) -> None:
        self._sources = f"{sources}/"
        self._root = root
        self.executed: set[tuple[str, int]] = set()
        """Files, each with the line at which a block of it begins."""
        setattr(builtins, _EXECUTED, self.executed)
        self._modules: list[str] = []
        sys.meta_path.insert(0, self)

    def begin(self) -> set[tuple[str, int]]:
        """Begin a new record and return the previous one; caches of functions are cleared."""
        former = set(self.executed)
        self.executed.clear()
        for name in self._modules:
            for value in list(vars(sys.modules.get(name, object)).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
        return former

    def find_spec(  # type: ignore[override]  # a method of the class there, but asked of an object
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the loader of a module of the area; others are found as usual."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not (spec.origin or "").startswith(self._sources):
            return None
        assert spec.origin is not None
        self._modules.append(fullname)
        spec.loader = _RecordedLoader(fullname, spec.origin, self._root)
        return spec


class _RecordedLoader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, root: Path) -> None:
        super().__init__(fullname, path)
        self._file = Path(path).relative_to(root).as_posix()

    def get_code(self, fullname: str) -> CodeType:
        """
        Return the module's instrumented code, bypassing the cache, which others expect unchanged.
        """
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        for body, begin, _ in reversed(list(blocks_in(tree))):
            statement = f"{_EXECUTED}.add(({self._file!r}, {body[begin].lineno}))"
            body[begin:begin] = ast.parse(statement).body
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
