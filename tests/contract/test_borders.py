"""Rooms import only what their layers allow (the contracts stand in pyproject.toml)."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.contract.house import ROOMS, ROOT, imports, modules, plant


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


def copy_rooms(folder: Path) -> None:
    """Copy the rooms and their contracts: layers must be there to be checked."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room / "src", folder / room / "src", ignore=shutil.ignore_patterns("__pycache__")
        )


def test_no_room_imports_a_room_it_must_not_know() -> None:
    outcome = lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout


def test_an_agent_that_imports_the_collector_is_found(tmp_path: Path) -> None:
    copy_rooms(tmp_path)
    plant(tmp_path, "agent/src/thongsuot_agent/app/x.py", "import thongsuot_collector\n")
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1
    assert "thongsuot_agent.app.x -> thongsuot_collector" in outcome.stdout


def test_folders_that_import_upwards_or_each_other_and_kinds_that_know_others_are_found(
    tmp_path: Path,
) -> None:
    copy_rooms(tmp_path)
    plant(tmp_path, "agent/src/thongsuot_agent/links/x.py", "import thongsuot_agent.app.agent\n")
    plant(
        tmp_path,
        "agent/src/thongsuot_agent/probes/dns/x.py",
        "import thongsuot_agent.probes.icmp.probe\n",
    )
    plant(
        tmp_path,
        "collector/src/thongsuot_collector/notify/channels/webhook/x.py",
        "import thongsuot_collector.notify.channels.email\n"
        "import thongsuot_collector.notify.dispatch.service\n",
    )
    # Folders of a folder, which no list of layers names: feeds stand upon lists.
    plant(
        tmp_path,
        "collector/src/thongsuot_collector/web/lists/x.py",
        "import thongsuot_collector.web.feeds.labels\n",
    )
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1
    printed = " ".join(outcome.stdout.split())  # lines are broken where they become too long
    assert "notify.channels.webhook.x -> thongsuot_collector.notify.channels.email" in printed
    assert "notify.channels is not allowed to import thongsuot_collector.notify.dispatch" in printed
    assert "thongsuot_agent.links is not allowed to import thongsuot_agent.app" in printed
    assert "thongsuot_agent.probes.dns.x -> thongsuot_agent.probes.icmp" in printed
    assert "No cycles are allowed in thongsuot_collector.web." in printed
    assert ".lists -> .feeds (1 import)" in printed


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


def sinks_that_know_another(root: Path) -> list[str]:
    """Return each import of one kind of sink by another; what they share is no kind."""
    room = "thongsuot_collector.sinks."
    shared = {"contract", "delivery", "loader"}
    met: list[str] = []
    for module in modules(root, ("collector",)):
        kind = module.name.removeprefix(room).partition(".")[0]
        if not module.name.startswith(room) or kind in shared:
            continue
        others = {
            name.removeprefix(room).partition(".")[0]
            for name in imports(module)
            if name.startswith(room)
        }
        met += [f"{kind} -> {other}" for other in sorted(others - shared - {kind})]
    return met


def test_no_kind_of_sink_knows_another() -> None:
    assert sinks_that_know_another(ROOT) == []


def test_a_sink_that_knows_another_is_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "collector/src/thongsuot_collector/sinks/influxdb/x.py",
        "from thongsuot_collector.sinks.remote_write.labels import LabelCache\n",
    )
    assert sinks_that_know_another(tmp_path) == ["influxdb -> remote_write"]


def test_a_package_says_what_it_is_and_holds_nothing_else() -> None:
    """The contents of a package are found in named modules, never in its ``__init__``."""
    packages = [file for room in ROOMS for file in (ROOT / room / "src").rglob("__init__.py")]
    assert len(packages) > 100
    with_code = [
        file.relative_to(ROOT).as_posix()
        for file in packages
        if [type(node) for node in ast.parse(file.read_text("utf-8")).body] not in ([], [ast.Expr])
    ]
    assert with_code == []
