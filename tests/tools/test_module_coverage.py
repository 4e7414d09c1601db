"""Coverage by the module's own test: an import is not enough, nor what other tests execute."""

import ast
from pathlib import Path

import pytest
from tools.module_coverage import CoveringTests, measure, product_modules, statements_in_functions

pytestmark = pytest.mark.nightly  # of a tool that runs nightly

MODULE = '''
LIMIT = 3

def rise(number: int) -> int:
    """Return one more, up to a limit."""
    if number >= LIMIT:
        return LIMIT
    return number + 1

def fall(number: int) -> int:
    lower = number - 1
    return lower

def main() -> None:
    print(fall(rise(1)))

if __name__ == "__main__":
    main()
'''

IN_PROCESS = "from thongsuot_schema.{name} import rise\n\ndef test_it():\n    assert rise(1) == 2\n"
BY_IMPORT = "import thongsuot_schema.{name}\n\ndef test_it():\n    assert thongsuot_schema.{name}\n"
BY_PROCESS = """
import subprocess, sys

def test_it():
    ran = subprocess.run([sys.executable, "-m", "thongsuot_schema.{name}"], capture_output=True)
    assert ran.stdout == b"1\\n"
"""
BY_KILLED_PROCESS = """
import os, sqlite3, subprocess, sys, time
from contextlib import closing
from pathlib import Path
from coverage.numbits import numbits_to_nums

PRINTS = 15  # the line of main

def saved_lines(pid):
    for file in Path(os.environ["COVERAGE_PROCESS_START"]).parent.glob(f"data.*.pid{{pid}}.*"):
        with closing(sqlite3.connect(f"file:{{file}}?mode=ro", uri=True)) as data:
            query = "SELECT numbits FROM line_bits JOIN file ON file.id = file_id WHERE path LIKE ?"
            try:
                rows = data.execute(query, ("%/{name}.py",)).fetchall()
            except sqlite3.OperationalError:
                continue  # it is being made
        yield from (line for (bits,) in rows for line in numbits_to_nums(bits))

def test_it():
    code = "import time; from thongsuot_schema.{name} import main; main(); time.sleep(3600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as running:
        assert running.stdout.readline() == b"1\\n"
        while PRINTS not in saved_lines(running.pid):
            time.sleep(0.05)
        running.kill()
"""


def write(root: Path, name: str, test: str) -> None:
    sources, tests = root / "schema/src/thongsuot_schema", root / "tests/schema"
    sources.mkdir(parents=True, exist_ok=True)
    tests.mkdir(parents=True, exist_ok=True)
    (sources / "__init__.py").write_text("", "utf-8")
    (sources / f"{name}.py").write_text(MODULE, "utf-8")
    (tests / f"test_{name}.py").write_text(test.format(name=name), "utf-8")


def test_a_module_is_covered_by_what_its_own_test_executes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "imported", BY_IMPORT)
    write(tmp_path, "called", IN_PROCESS)
    write(tmp_path, "process", BY_PROCESS)
    write(tmp_path, "killed", BY_KILLED_PROCESS)
    other = IN_PROCESS.format(name="imported")
    (tmp_path / "tests/schema/test_other.py").write_text(other, "utf-8")
    write(tmp_path, "other", IN_PROCESS.replace("{name}", "imported"))
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'schema/src'}:{root}")
    measured, code = measure(product_modules(tmp_path), CoveringTests(tmp_path), tmp_path)
    assert code == 0
    ratios = {Path(module.module).stem: module.ratio for module in measured}
    assert ratios.pop("killed") > 0, "a process that was killed has saved what it executed before"
    assert ratios == {
        "imported": 0.0,  # though test_other.py calls it
        "called": pytest.approx(2 / 6),
        "process": pytest.approx(5 / 6),
        "other": 0.0,
    }
    (imported,) = (module for module in measured if module.module.endswith("imported.py"))
    assert imported.best_test == "tests/schema/test_other.py"
    assert imported.best_ratio == pytest.approx(2 / 6)


def test_a_test_that_fails_fails_the_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "called", IN_PROCESS.replace("== 2", "== 3"))
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'schema/src'}:{root}")
    _, code = measure(product_modules(tmp_path), CoveringTests(tmp_path), tmp_path)
    assert code == 1


def test_declarations_imports_and_docstrings_are_no_statements_of_a_function() -> None:
    text = '''
import os

class Clock:
    """A clock."""

    unit: str = "s"

    def now(self) -> float:
        """Return the time."""
        ...

    def wait(self) -> None:
        """Wait."""
        for second in range(
            3
        ):
            if second:
                raise TimeoutError
        try:
            os.close(1)
        finally:
            del self
'''
    statements = [
        (statement.first, statement.last) for statement in statements_in_functions(ast.parse(text))
    ]
    assert statements == [(15, 17), (18, 18), (19, 19), (21, 21), (23, 23)]
