"""
Which test calls which function, at the price of one addition to a set for each call.

Modules of the area are compiled with one statement more at the beginning of each function. A trace
function of the interpreter would be told of every call in every library as well (2026-11: the
judge's tests took seven times as long).
"""

import ast
import builtins
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

_CALLED = "_functions_called_of_area"
"""A name in ``builtins``, where every module finds it."""


class CallRecorder(PathFinder):
    """Finds the modules below a folder and has their functions say when they are called."""

    def __init__(self, sources: Path, root: Path) -> None:
        self._sources = f"{sources}/"
        self._root = root
        self.called: set[str] = set()
        setattr(builtins, _CALLED, self.called)
        sys.meta_path.insert(0, self)

    def find_spec(  # type: ignore[override]  # a method of the class there, but asked of an object
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return how to load a module of the area; others are found as ever."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not (spec.origin or "").startswith(self._sources):
            return None
        assert spec.origin is not None
        spec.loader = _RecordedLoader(fullname, spec.origin, self._root)
        return spec


class _RecordedLoader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, root: Path) -> None:
        super().__init__(fullname, path)
        self._file = Path(path).relative_to(root).as_posix()

    def get_code(self, fullname: str) -> CodeType:
        """Return the module's code, past the cache, where others expect it as it is written."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        _record_calls(tree, self._file, outermost="", prefix="")
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _record_calls(node: ast.AST, file: str, *, outermost: str, prefix: str) -> None:
    """Put a statement before the first of each function; of nested ones the outermost counts."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            name = outermost or f"{prefix}{child.name}"
            _record_calls(child, file, outermost=name, prefix=prefix)
            is_documented = ast.get_docstring(child, clean=False) is not None
            statement = f"{_CALLED}.add({f'{file}:{name}'!r})"
            child.body[int(is_documented) : int(is_documented)] = ast.parse(statement).body
        elif isinstance(child, ast.ClassDef):
            _record_calls(child, file, outermost=outermost, prefix=f"{prefix}{child.name}.")
        else:
            _record_calls(child, file, outermost=outermost, prefix=prefix)
