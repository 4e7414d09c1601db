"""
What the documentation shows, works.

A code block is run when its info string says so, and is otherwise held to nothing:

``sh run``             a script, run from the repository's root with `.venv/bin` first on PATH
``toml agent``         a whole configuration of an agent, checked as at its start; in the same way
``toml collector``     one of a collector and
``toml inventory``     files of an inventory
``yaml prometheus``    a whole configuration of Prometheus, checked by promtool, and
``yaml alertmanager``  one of Alertmanager, checked by amtool
``… file=PATH``        a file of a house: all files of one page are laid over a copy of the rooms,
                       and the tests among them are run there, with the laws of a kind of probe
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.contract.house import ROOT, plant
from tests.contract.test_docs import pages
from thongsuot_agent.config import read as agent
from thongsuot_collector.config import read as collector
from thongsuot_schema.inventory import read as inventory

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")

_BLOCK = re.compile(r"^```(?P<info>[a-z][^\n]*)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block of a page: where it stands, what it says it is, and its text."""

    place: str
    info: str
    code: str


def blocks(root: Path, info: str) -> list[Block]:
    """Return the code blocks of all pages whose info string begins with some words."""
    blocks_read: list[Block] = []
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            if match["info"].startswith(info):
                line = text.count("\n", 0, match.start()) + 1
                place = f"{page.relative_to(root)}:{line}"
                blocks_read.append(Block(place, match["info"].strip(), match["code"]))
    return blocks_read


def run_script(code: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader would, standing in the repository's root."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-eu", "-c", code],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


ROOMS = ("schema", "agent", "collector", "dashboards", "lab")
LAWS = {
    "agent": ("tests/contract/test_kinds.py", "tests/contract/test_limits.py"),
    "collector": ("tests/collector/rules/test_rules.py", "tests/collector/sinks/test_contract.py"),
    "dashboards": ("tests/dashboards/test_boards.py", "tests/dashboards/test_grafana_schema.py"),
    "lab": ("tests/lab_room/faults/test_life.py",),
}
"""Tests that whatever is added to a room has to pass, by the first folder of its files."""


def laid_over(folder: Path, files: list[Block]) -> subprocess.CompletedProcess[str]:
    """Lay the files of a page over a copy of the rooms; run the tests among them and their law."""
    for room in ROOMS:
        shutil.copytree(ROOT / room / "src", folder / room / "src")
    for name in ("tests", "tools", "dashboards/grafana"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("docs/reference/probes", "docs/runbook"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    names = [block.info.split("file=")[1] for block in files]
    for name, block in zip(names, files, strict=True):
        plant(folder, name, block.code)
    sources = os.pathsep.join(str(folder / room / "src") for room in ROOMS)
    environment = {**os.environ, "PYTHONPATH": sources}
    laws = [law for room in {name.split("/")[0] for name in names} for law in LAWS.get(room, ())]
    # What is generated is new files, as the pages say.
    generators = {"dashboards/": "thongsuot_dashboards", "collector/": "tools.catalogues"}
    for prefix, module in generators.items():
        if any(name.startswith(prefix) for name in names):
            written = subprocess.run(
                [sys.executable, "-m", module],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if written.returncode:
                return written
    tests = [name for name in names if Path(name).name.startswith("test_")]
    return subprocess.run(
        [*PYTEST, *laws, *tests],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("block", blocks(ROOT, "sh run"), ids=lambda block: block.place)
def test_each_script_that_claims_to_run_runs(block: Block) -> None:
    outcome = run_script(block.code)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("block", blocks(ROOT, "toml agent"), ids=lambda block: block.place)
def test_each_configuration_of_an_agent_is_good(block: Block) -> None:
    assert agent.parse(block.code, file=block.place).site.name


@pytest.mark.parametrize("block", blocks(ROOT, "toml collector"), ids=lambda block: block.place)
def test_each_configuration_of_a_collector_is_good(block: Block, tmp_path: Path) -> None:
    # What the page tells its reader to have beside the file.
    (tmp_path / "inventory").mkdir()
    (tmp_path / "page.password").write_text("secret\n", encoding="ascii")
    (tmp_path / "influx.token").write_text("secret\n", encoding="ascii")
    issued = trustme.CA().issue_cert("collector.example")
    issued.private_key_pem.write_to_path(tmp_path / "collector.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "collector.pem")
    (tmp_path / "collector").mkdir()
    for file in ("page.password", "collector.key", "collector.pem"):
        made_by_init = {"collector.key": "key.pem", "collector.pem": "certificate.pem"}
        shutil.copy(tmp_path / file, tmp_path / "collector" / made_by_init.get(file, file))
    configuration = collector.parse_configuration(block.code, file=block.place, folder=tmp_path)
    # A part of a file that read as nothing would be good, too.
    assert configuration.sinks or configuration.settings.store.url


CHECKS = {
    "yaml prometheus": ("promtool", "check", "config", "--syntax-only"),
    "yaml alertmanager": ("amtool", "check-config"),
}


@pytest.mark.parametrize("kind", CHECKS)
def test_each_configuration_of_monitoring_is_good(kind: str, tmp_path: Path) -> None:
    shown = blocks(ROOT, kind)
    assert shown
    for number, block in enumerate(shown):
        file = tmp_path / f"{number}.yml"
        file.write_text(block.code, encoding="utf-8")
        done = subprocess.run(
            [*CHECKS[kind], str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block.place}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", blocks(ROOT, "toml inventory"), ids=lambda block: block.place)
def test_each_inventory_is_good(block: Block) -> None:
    assert inventory.read_inventory({block.place: block.code}).sites


@pytest.mark.lab
def test_the_files_of_a_page_make_a_house_whose_tests_pass(tmp_path: Path) -> None:
    by_page: dict[str, list[Block]] = {}
    for block in [*blocks(ROOT, "python file="), *blocks(ROOT, "text file=")]:
        by_page.setdefault(block.place.partition(":")[0], []).append(block)
    assert by_page, "no page shows a file: is docs/how-to/add-a-probe.md still there?"
    for number, (page, files) in enumerate(by_page.items()):
        outcome = laid_over(tmp_path / str(number), files)
        assert outcome.returncode == 0, f"{page}:\n{outcome.stdout}{outcome.stderr}"


def test_a_script_that_fails_midway_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "docs/a.md", "Text\n\n```sh run\nfalse\ntrue\n```\n\n```sh\nexit 1\n```\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (block,) = blocks(tmp_path, "sh run")
    assert block.place == "docs/a.md:3"
    assert run_script(block.code).returncode != 0
