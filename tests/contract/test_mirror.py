"""
Every module names the test that covers it: a file at the same place, or ``tests/covered_by.toml``.

That the file named does cover the module is measured by ``./run nightly coverage``
(``tools/module_coverage.py``), which a test of that tool proves on a small tree.
"""

from pathlib import Path

import pytest
from tools.module_coverage import COVERED_BY, CoveringTests, product_modules

from tests.contract.house import ROOT, parsed, plant

MODULE = "def add(a: int, b: int) -> int:\n    return a + b\n"


def uncovered(root: Path) -> list[str]:
    """Return the modules that no test is named for, and entries that name nothing."""
    modules = product_modules(root, parsed)
    covering = CoveringTests(root)
    missing = [f"{module.path}: no test" for module in modules if covering.of(module) is None]
    return missing + covering.mistakes(modules)


def test_every_module_has_a_test_at_its_place_or_names_one() -> None:
    assert uncovered(ROOT) == []


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("agent/src/thongsuot_agent/judge/links.py", "tests/agent/judge/test_links.py"),
        ("lab/src/thongsuot_lab/up.py", "tests/lab_room/test_up.py"),
        ("schema/src/thongsuot_runtime/backoff.py", "tests/runtime/test_backoff.py"),
        ("schema/src/thongsuot_schema/catalogue/__init__.py", "tests/schema/test_catalogue.py"),
    ],
)
def test_a_test_at_the_same_place_needs_no_entry(tmp_path: Path, module: str, test: str) -> None:
    plant(tmp_path, module, MODULE)
    assert uncovered(tmp_path) == [f"{module}: no test"]
    plant(tmp_path, test, "")
    assert uncovered(tmp_path) == []


def test_modules_with_only_declarations_need_no_test(tmp_path: Path) -> None:
    plant(tmp_path, "agent/src/thongsuot_agent/limits.py", "LIMIT_S = 3.0\n")
    protocol = 'class Clock:\n    def now(self) -> float:\n        """Now."""\n        ...\n'
    plant(tmp_path, "agent/src/thongsuot_agent/clock.py", protocol)
    assert uncovered(tmp_path) == []


def test_an_entry_covers_one_module_or_a_folder_and_the_nearest_counts(tmp_path: Path) -> None:
    for name in ("cut", "loss", "scope"):
        plant(tmp_path, f"lab/src/thongsuot_lab/faults/{name}.py", MODULE)
    plant(
        tmp_path,
        COVERED_BY,
        '"lab/src/thongsuot_lab/faults/*.py" = "tests/lab_room/test_faults.py"\n'
        '"lab/src/thongsuot_lab/faults/scope.py" = "tests/lab_room/test_reach.py"\n',
    )
    plant(tmp_path, "tests/lab_room/test_faults.py", "")
    plant(tmp_path, "tests/lab_room/test_reach.py", "")
    covering = CoveringTests(tmp_path)
    named = [covering.of(module) for module in product_modules(tmp_path)]
    assert named == [
        "tests/lab_room/test_faults.py",
        "tests/lab_room/test_faults.py",
        "tests/lab_room/test_reach.py",
    ]
    assert uncovered(tmp_path) == []


def test_another_file_may_cover_what_has_a_test_at_its_place(tmp_path: Path) -> None:
    plant(tmp_path, "agent/src/thongsuot_agent/probes/qcvn/probe.py", MODULE)
    plant(tmp_path, "tests/agent/probes/qcvn/test_probe.py", "")
    entry = '"agent/src/thongsuot_agent/probes/qcvn/probe.py" = "tests/integration/test_rates.py"'
    plant(tmp_path, COVERED_BY, entry)
    plant(tmp_path, "tests/integration/test_rates.py", "")
    (module,) = product_modules(tmp_path)
    assert CoveringTests(tmp_path).of(module) == "tests/integration/test_rates.py"
    assert uncovered(tmp_path) == []


def test_an_entry_for_nothing_and_one_that_names_no_test_are_found(tmp_path: Path) -> None:
    plant(tmp_path, "agent/src/thongsuot_agent/memory.py", MODULE)
    plant(tmp_path, "agent/src/thongsuot_agent/worker.py", MODULE)
    plant(tmp_path, "tests/agent/test_worker.py", "")
    plant(
        tmp_path,
        COVERED_BY,
        '"agent/src/thongsuot_agent/memory.py" = "tests/agent/test_footprint.py"\n'
        '"agent/src/thongsuot_agent/worker.py" = "tests/agent/test_worker.py"\n'
        '"agent/src/*/*.py" = "tests/agent/test_worker.py"\n'
        '"agent/src/thongsuot_agent/gone.py" = "tests/agent/test_worker.py"\n',
    )
    assert uncovered(tmp_path) == [
        "agent/src/thongsuot_agent/worker.py: no module needs it",
        "agent/src/*/*.py: no module needs it",
        "agent/src/thongsuot_agent/gone.py: no module needs it",
        "agent/src/thongsuot_agent/memory.py: there is no tests/agent/test_footprint.py",
    ]
