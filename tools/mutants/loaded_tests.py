"""
Runs tests that are already loaded, each time in a new child of the process that has loaded them.

Loading the tests of an area costs a second or more, most tests that notice a change cost a
hundredth of that. So the tests are loaded once without any change, and a child replaces its
functions by the changed ones. This shows every effect of a change inside a function, unless an
import executes it: those changes are run by ``worker``, which loads everything again.

Started as ``python -m tools.mutants.loaded_tests PATH ...`` in a copy of the tree; requests
(``MutantTestRun``) and answers (``TestRunResult``) are lines of JSON.
"""

import ast
import gc
import json
import os
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TextIO

import pytest
from tools.mutants.blocks import private_constant
from tools.mutants.worker import (
    FirstFailure,
    MutantTestRun,
    TestRunResult,
    in_child,
    pytest_arguments,
)

_real_path = cache(os.path.realpath)


class LoadedTests:
    """A plugin of pytest that answers requests instead of running what was collected."""

    def __init__(self, failure: FirstFailure, requests: TextIO, answers: TextIO) -> None:
        self._failure = failure
        self._requests = requests
        self._answers = answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the requested tests until there are no more requests."""
        items = {item.nodeid: item for item in session.items}
        gc.unfreeze()  # objects that programs freeze at their start are not listed
        functions = _functions_by_file()
        gc.freeze()  # garbage collection in children would copy all of that memory
        for line in self._requests:
            run = MutantTestRun(**json.loads(line))
            wanted = [items[name] for name in run.order]
            work = partial(self._answer_of, run, wanted, functions)
            answer = in_child(run, work) or _text_of(TestRunResult(failed="time"))
            self._answers.write(f"{answer}\n")
            self._answers.flush()
        return True

    def _answer_of(
        self,
        run: MutantTestRun,
        items: Sequence[pytest.Item],
        functions: Mapping[str, Sequence[FunctionType]],
        _folder: Path,
    ) -> str:
        file = _real_path(run.changed)
        set_change(Path(file), run.changed_line, functions.get(file, ()))
        self._failure.begin(run)
        for item, following in zip(items, [*items[1:], None], strict=True):
            try:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            except OSError:
                # The change has closed a descriptor that pytest writes to.
                self._failure.failed = self._failure.failed or item.nodeid
                self._failure.report = traceback.format_exc()
            if self._failure.failed:
                break
        return _text_of(
            TestRunResult(failed=self._failure.failed, report=self._failure.report[-4000:])
        )


def _text_of(result: TestRunResult) -> str:
    return json.dumps(asdict(result))


def _functions_by_file() -> dict[str, list[FunctionType]]:
    """Return all existing functions, by the file that they come from."""
    functions: defaultdict[str, list[FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            functions[_real_path(thing.__code__.co_filename)].append(thing)
    return functions


def set_change(path: Path, line: int, functions: Sequence[FunctionType]) -> None:
    """
    Apply the change in a line of a module's file to the loaded module.

    It is new code for its functions, or a new value for a private constant. Code that imports the
    module later finds the change in the file.
    """
    text = path.read_bytes()
    for statement in ast.parse(text).body:
        is_changed = statement.lineno <= line <= (statement.end_lineno or line)
        if is_changed and private_constant(statement):
            for module in _loaded_from(path):
                source = ast.Module([statement], [])
                exec(compile(source, str(path), "exec"), vars(module))
            return
    codes = {
        (code.co_qualname, code.co_firstlineno): code
        for code in _codes_in(compile(text, str(path), "exec", dont_inherit=True))
    }
    if not functions and _loaded_from(path):
        raise LookupError(f"no function of {path} is found; a change would never be noticed")
    for function in functions:
        code = codes.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
        if code is not None:
            function.__code__ = code


def _loaded_from(path: Path) -> list[ModuleType]:
    return [
        module
        for module in list(sys.modules.values())
        if _real_path(getattr(module, "__file__", None) or "") == str(path)
    ]


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes_in(constant)


def main(paths: Sequence[str]) -> None:
    """Load tests and answer requests until there are no more."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # pytest's own output
    sys.dont_write_bytecode = True
    failure = FirstFailure()
    with tempfile.TemporaryDirectory(prefix="thongsuot-mutants-loaded-") as folder:
        pytest.main(
            ["-s", "--no-header", *pytest_arguments(Path(folder), paths)],
            plugins=[failure, LoadedTests(failure, requests, answers)],
        )


if __name__ == "__main__":
    main(sys.argv[1:])
