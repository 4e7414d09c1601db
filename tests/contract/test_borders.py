"""Arrows point to schema; agent and collector never meet (contracts: pyproject.toml)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.contract.house import ROOMS, ROOT, plant


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the rooms below a folder, with that folder's contracts."""
    sources = os.pathsep.join(str(root / room / "src") for room in ROOMS)
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": sources, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_room_imports_a_room_it_must_not_know() -> None:
    outcome = lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout


def test_an_agent_that_imports_the_collector_is_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        plant(tmp_path, f"{room}/src/thongsuot_{room}/__init__.py", "")
    assert lint_imports(tmp_path).returncode == 0
    plant(tmp_path, "agent/src/thongsuot_agent/x.py", "import thongsuot_collector\n")
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1
    assert "thongsuot_agent.x -> thongsuot_collector" in outcome.stdout


def test_bare_names_of_rooms_are_refused_by_the_linter(tmp_path: Path) -> None:
    planted = plant(tmp_path, "x.py", '"""X."""\n\nimport agent\n')
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--select=TID251"),
            f"--config={ROOT / 'pyproject.toml'}",
            planted,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "import thongsuot_agent" in outcome.stdout
