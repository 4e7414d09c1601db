"""
Every module has a test file that executes it: by its place, or by ``tests/covered_by.toml``.

``./run coverage [MODULE ...]`` runs those test files under coverage.py, one pytest for each folder
of them and a context for each file, and prints the modules of which their test executes too few
statements, with the file that executes most of them if that is another one. Modules are selected by
path or part of a path (``agent/judge``). Statements outside functions do not count: an import runs
them. The exit code is 1 where a module falls short, and pytest's where a test fails.

That each module names a test at all is checked on every change (``tests/contract/test_mirror.py``).
"""

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coverage import CoverageData

ROOT = Path(__file__).resolve().parent.parent
COVERED_BY = "tests/covered_by.toml"
ROOMS = {
    "schema/src/thongsuot_schema": "tests/schema",
    "schema/src/thongsuot_runtime": "tests/runtime",
    "agent/src/thongsuot_agent": "tests/agent",
    "collector/src/thongsuot_collector": "tests/collector",
    "dashboards/src/thongsuot_dashboards": "tests/dashboards",
    "lab/src/thongsuot_lab": "tests/lab_room",
}
"""``tests/lab_room`` has the tests of the lab, ``tests/lab`` those of the product in the lab."""

GOAL_RATIO = 0.6
"""
An import alone executes no statement that counts. Above this ratio, the statements not executed are
mostly the branches for machines in trouble.
"""

ANY_TEST = ""
"""
The context of code that runs while tests are collected: an import that computes a table (the rows
of the matrix, the boards) does so for every test, but in this process only for the first.
"""

SLOWNESS = "3"
"""Factor for time limits: processes that measure themselves are slower."""

AT_START = Path(__file__).resolve().parent / "coverage_startup"
"""A folder for ``PYTHONPATH``: what each process that a test starts runs first."""

PLAYED = "not (fleet or nightly)"
"""
A module's own test is one that runs for every change; only the matrix, which executes what its rows
inject, is played at night alone. What installs packages executes none of this tree's files.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedStatement:
    """A statement inside a function, with the lines of which one is traced when it runs."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductModule:
    """A module with statements in functions: its path from the root, and its syntax tree."""

    path: str
    tree: ast.Module

    @property
    def mirror(self) -> str:
        """
        The test file at the corresponding place: ``judge/test_links.py`` for ``judge/links.py``.
        """
        for sources, tests in ROOMS.items():
            if self.path.startswith(f"{sources}/"):
                inside = PurePosixPath(self.path).relative_to(sources)
                # A package's test lies beside its folder: its `__init__` has no name of its own.
                named = inside.parent if inside.stem == "__init__" else inside
                return str(PurePosixPath(tests, named.parent, f"test_{named.stem.strip('_')}.py"))
        raise ValueError(f"{self.path} is in no room; rooms: {', '.join(ROOMS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCoverage:
    """How much of a module its test executes, as a share of the statements in its functions."""

    module: str
    test: str
    ratio: float
    best_test: str
    """The file that executes most of the module, among all that were played."""
    best_ratio: float


def product_modules(
    root: Path = ROOT, parse: Callable[[str], ast.Module] = ast.parse
) -> list[ProductModule]:
    """Return every module that has statements in functions, in order of their paths."""
    modules: list[ProductModule] = []
    for sources in ROOMS:
        for path in sorted((root / sources).rglob("*.py")):
            tree = parse(path.read_text("utf-8"))
            if any(True for _ in statements_in_functions(tree)):
                modules.append(ProductModule(path=path.relative_to(root).as_posix(), tree=tree))
    return modules


def statements_in_functions(tree: ast.Module) -> Iterator[TracedStatement]:
    """Yield each statement that runs only when a function is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _in_block(node.body)


def _in_block(block: Sequence[ast.stmt]) -> Iterator[TracedStatement]:
    for statement in block:
        last = statement.end_lineno or statement.lineno
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue  # nested functions are walked on their own
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Global() | ast.Nonlocal():
                continue  # docstrings and bodies of protocol methods are not code
            case ast.Try() | ast.TryStar():
                pass  # not every Python has `try` in both forms
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While() | ast.With() | ast.AsyncWith():
                yield TracedStatement(first=statement.lineno, last=statement.body[0].lineno - 1)
            case ast.Match():
                yield TracedStatement(
                    first=statement.lineno, last=statement.subject.end_lineno or last
                )
            case _:
                yield TracedStatement(first=statement.lineno, last=last)
        for inner in _blocks(statement):
            yield from _in_block(inner)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if block := getattr(statement, name, None):
            yield block
    for name in ("handlers", "cases"):
        for part in getattr(statement, name, ()):
            yield part.body


class CoveringTests:
    """Which test file covers which module."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        file = root / COVERED_BY
        self.entries: dict[str, str] = {}
        if file.is_file():
            for pattern, test in tomllib.loads(file.read_text("utf-8")).items():
                assert isinstance(test, str), (
                    f"{COVERED_BY}: {pattern}: {test!r} is not a test file"
                )
                self.entries[pattern] = test

    def of(self, module: ProductModule) -> str | None:
        """
        Return the file that covers a module, ``None`` where none is named.

        An entry for the module itself has precedence: it may have a test at its place although
        another one executes most of it. An entry for its folder is for modules that have neither.
        """
        if module.path in self.entries:
            return self.entries[module.path]
        if (self._root / module.mirror).is_file():
            return module.mirror
        return next((self.entries[entry] for entry in self._matching(module)), None)

    def _matching(self, module: ProductModule) -> list[str]:
        """Return the entries that match a module, the most specific first."""
        path = PurePosixPath(module.path)
        return sorted((entry for entry in self.entries if path.match(entry)), key=len, reverse=True)

    def mistakes(self, modules: Sequence[ProductModule]) -> list[str]:
        """Return the errors of the file: entries without effect, and tests that do not exist."""
        used = {entry for module in modules for entry in self._needed(module)}
        return [
            *(f"{entry}: no module needs it" for entry in self.entries if entry not in used),
            *(
                f"{entry}: there is no {test}"
                for entry, test in self.entries.items()
                if not (self._root / test).is_file()
            ),
        ]

    def _needed(self, module: ProductModule) -> list[str]:
        if module.path in self.entries:
            return [] if self.entries[module.path] == module.mirror else [module.path]
        return [] if (self._root / module.mirror).is_file() else self._matching(module)[:1]


def measure(
    modules: Sequence[ProductModule], covering: CoveringTests, root: Path = ROOT
) -> tuple[list[ModuleCoverage], int]:
    """Run the test files of modules; return the coverage of each, and pytest's exit code."""
    tests = {module.path: test for module in modules if (test := covering.of(module))}
    with tempfile.TemporaryDirectory(prefix="thongsuot-coverage-") as made:
        folder = Path(made)
        folder.chmod(
            0o777
        )  # agents and collectors that tests start as other users write here as well
        code = _run_folders(sorted(set(tests.values())), root, folder)
        data = CoverageData(str(folder / "data"))
        data.read()
        return [
            _coverage_of(module, test, _lines_by_test(data, root / module.path))
            for module in modules
            if (test := tests.get(module.path))
        ], code


def _lines_by_test(data: CoverageData, file: Path) -> dict[str, set[int]]:
    by_test: dict[str, set[int]] = {ANY_TEST: set()}
    for line, tests in data.contexts_by_lineno(str(file)).items():
        for test in tests:
            by_test.setdefault(test, set()).add(line)
    return by_test


def _coverage_of(
    module: ProductModule, test: str, by_test: Mapping[str, set[int]]
) -> ModuleCoverage:
    statements = list(statements_in_functions(module.tree))
    ratios = {
        name: _ratio(statements, by_test[name] | by_test[ANY_TEST]) for name in sorted(by_test)
    }
    ratio = ratios.get(test, ratios[ANY_TEST])
    best = max(ratios, key=lambda name: ratios[name])
    return ModuleCoverage(
        module=module.path, test=test, ratio=ratio, best_test=best, best_ratio=ratios[best]
    )


def _ratio(statements: Sequence[TracedStatement], lines: set[int]) -> float:
    ran = sum(
        not lines.isdisjoint(range(statement.first, statement.last + 1)) for statement in statements
    )
    return ran / len(statements)


def _run_folders(tests: Sequence[str], root: Path, folder: Path) -> int:
    """Run the files of one folder after the other; return the first exit code that is not 0."""
    folders: dict[str, list[str]] = {}
    for test in tests:
        folders.setdefault(str(PurePosixPath(test).parent), []).append(test)
    began, first_code = time.monotonic(), 0
    for number, (name, files) in enumerate(folders.items(), 1):
        code = _run_tests(files, root, folder)
        first_code = first_code or code
        sys.stderr.write(
            f"coverage: {name}, {number} of {len(folders)} folders, "
            f"{time.monotonic() - began:.0f} s{'' if code == 0 else ': failed'}\n"
        )
    return first_code


def _run_tests(tests: Sequence[str], root: Path, folder: Path) -> int:
    settings = folder / "coveragerc"
    packages = ", ".join(PurePosixPath(sources).name for sources in ROOMS)
    settings.write_text(
        "[run]\n"
        f"data_file = {folder / 'data'}\n"
        f"source_pkgs = {packages}\n"
        "context = ${THONGSUOT_TEST_FILE-}\n"
        "parallel = true\n"
        "sigterm = true\n"
        # Most processes that tests start are third-party servers, or load few of our modules.
        "disable_warnings = no-data-collected, module-not-imported, module-not-measured\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest"]
    environment = {
        "THONGSUOT_TEST_SLOWNESS": SLOWNESS,
        **os.environ,
        "THONGSUOT_COVERAGE_SETTINGS": str(settings),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(AT_START), os.environ.get("PYTHONPATH")))),
    }
    environment.pop("THONGSUOT_TEST_FILE", None)
    played = subprocess.run(
        [
            *(*command, "-q", "-p", "tools.coverage_context", "-p", "no:cacheprovider"),
            # Contexts are paths relative to the root.
            *(f"--rootdir={root}", "-m", PLAYED, *tests),
        ],
        cwd=root,
        env=environment,
        check=False,
    )
    subprocess.run(
        [sys.executable, "-m", "coverage", "combine", "-q", "--append", f"--rcfile={settings}"],
        cwd=root,
        env=environment,
        check=True,
    )
    return played.returncode


def main(arguments: Sequence[str]) -> int:
    """Measure modules and print those of which their test executes too little."""
    parser = argparse.ArgumentParser(prog="./run coverage", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="path, whole or in part")
    parser.add_argument("--all", action="store_true", help="print all, not only what falls short")
    asked = parser.parse_args(arguments)
    modules = [
        module
        for module in product_modules()
        if not asked.modules or any(part in module.path for part in asked.modules)
    ]
    if not modules:
        parser.error(f"no module has {' or '.join(asked.modules)} in its path")
    covering = CoveringTests()
    measured, code = measure(modules, covering)
    short = [module for module in measured if module.ratio < GOAL_RATIO]
    for module in sorted(measured if asked.all else short, key=lambda module: module.ratio):
        more = f"; {module.best_ratio:.0%} by {module.best_test}"
        print(
            f"{module.ratio:4.0%} {module.module} by {module.test}"
            + (more if module.best_ratio > module.ratio else "")
        )
    for path in {module.path for module in modules} - {module.module for module in measured}:
        print(f"   – {path}: no test is named for it")
    print(
        f"{len(modules)} modules: {len(measured) - len(short)} are executed to {GOAL_RATIO:.0%} "
        f"or more by the test that covers them, {len(modules) - len(measured) + len(short)} are not"
    )
    return code or int(len(short) + len(modules) - len(measured) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
