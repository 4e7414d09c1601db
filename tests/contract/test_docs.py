"""The pages of docs/ are true: generated ones are fresh, links lead somewhere."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from tools import reference

from tests.contract.house import ROOT, modules, plant
from tests.dashboards.platform_alerts import ALERTS
from thongsuot_collector.rules import loader as rules

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_PRINCIPLE = re.compile(r"^\| \d+ \| (`.*`) \|$", re.MULTILINE)
_TEST = re.compile(r"^(?:async )?def test_(\w+)", re.MULTILINE)
PRINCIPLES = 14


def pages(root: Path) -> list[Path]:
    """Return every Markdown page below a folder that git tracks or may come to track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return [root / name for name in sorted(listed.stdout.splitlines()) if (root / name).exists()]


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a page make (GitHub's rule)."""
    headings = re.findall(r"^#+\s+(.+)$", _FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def dead_links(root: Path, files: list[Path]) -> set[str]:
    """Return, as ``page: link``, each link inside the repository that leads nowhere."""
    links: set[str] = set()
    for page in files:
        text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
        for link in _LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            alive = target.exists() and target.is_relative_to(root.resolve())
            if alive and anchor and target.suffix == ".md":
                alive = anchor in anchors(target.read_text(encoding="utf-8"))
            if not alive:
                links.add(f"{page.relative_to(root)}: {link}")
    return links


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_generated_pages_are_as_the_code_is_today(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == reference.PAGES[name](), (
        "stale; run `./run reference`"
    )


def test_every_link_inside_the_repository_leads_somewhere() -> None:
    assert dead_links(ROOT, pages(ROOT)) == set()


def unreachable(root: Path, files: list[Path], start: Path) -> set[str]:
    """
    Return the pages below docs/ that no link leads to, over any number of pages.

    A link to a folder leads to every page in it.
    """
    seen, waiting = {start}, [start]
    while waiting:
        page = waiting.pop()
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            for reached in files:
                is_there = reached == target or (target.is_dir() and reached.parent == target)
                if is_there and reached not in seen:
                    seen.add(reached)
                    waiting.append(reached)
    docs = root / "docs"
    return {str(page.relative_to(root)) for page in files if page.is_relative_to(docs)} - {
        str(page.relative_to(root)) for page in seen
    }


def test_every_page_is_reached_from_the_index() -> None:
    assert unreachable(ROOT, pages(ROOT), ROOT / "docs" / "index.md") == set()


def test_a_page_that_nothing_leads_to_is_found(tmp_path: Path) -> None:
    index = plant(tmp_path, "docs/index.md", "[a](sub/a.md) [kinds](kinds/)")
    files = [
        index,
        plant(tmp_path, "docs/sub/a.md", "[b](../b.md#x)"),
        plant(tmp_path, "docs/b.md", ""),
        plant(tmp_path, "docs/kinds/one.md", ""),
        plant(tmp_path, "docs/lost.md", "[index](index.md)"),
        plant(tmp_path, "README.md", "[lost](docs/lost.md)"),
    ]
    assert unreachable(tmp_path, files, index) == {"docs/lost.md"}


def unmapped(root: Path) -> set[str]:
    """Return the folders of the rooms' code that ARCHITECTURE.md does not name."""
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {
        module.path.parent.relative_to(root)
        for module in modules(root)
        if len(module.name.split(".")) > 2
    }
    outer = {Path(*folder.parts[:4]) for folder in folders}
    return {str(folder) for folder in outer if f"| `{folder.name}/` |" not in text}


def test_every_folder_of_code_is_on_the_map() -> None:
    assert unmapped(ROOT) == set()


def test_a_folder_that_is_not_on_the_map_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "ARCHITECTURE.md", "| `probes/` | measures |\n")
    for folder in ("probes", "links", "links/deep"):
        plant(tmp_path, f"agent/src/thongsuot_agent/{folder}/x.py", "")
    assert unmapped(tmp_path) == {"agent/src/thongsuot_agent/links"}


def without_heading(codes: Iterable[str], runbook: str) -> set[str]:
    """Return the alerts that have no heading of their own in the runbook."""
    return set(codes) - set(re.findall(r"^## (\w+)$", runbook, re.MULTILINE))


def without_page(codes: Iterable[str], root: Path) -> set[str]:
    """Return the rules that have no page of their own in the runbook."""
    return set(codes) - {path.stem for path in (root / "docs" / "runbook").glob("*.md")}


def test_every_incident_rule_has_its_page_and_every_alert_its_heading_in_the_runbook() -> None:
    assert without_page(rules.codes(), ROOT) == set()
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert without_heading((alert.name for alert in ALERTS), runbook) == set()


def test_an_alert_without_a_heading_and_a_rule_without_a_page_are_found(tmp_path: Path) -> None:
    assert without_heading(["Alert", "Other"], "# Runbook\n## Alert\n### Other\n") == {"Other"}
    plant(tmp_path, "docs/runbook/a_rule.md", "# a_rule\n")
    assert without_page(["a_rule", "other"], tmp_path) == {"other"}


def cases_behind_principles(page: str) -> list[set[str]]:
    """Return the tests that a page names for each principle of the judge."""
    return [set(re.findall(r"`(\w+)`", row)) for row in _PRINCIPLE.findall(page)]


def test_the_cases_behind_the_principles_are_tests_that_there_are() -> None:
    page = (ROOT / "docs/explanation/how-a-verdict-is-reached.md").read_text("utf-8")
    named = cases_behind_principles(page)
    assert len(named) == PRINCIPLES
    assert all(named)
    folders = (ROOT / "tests/agent", ROOT / "tests/lab_room")
    there = {
        name
        for folder in folders
        for path in folder.rglob("test_*.py")
        for name in _TEST.findall(path.read_text("utf-8"))
    }
    assert set.union(*named) - there == set()


def test_a_dead_link_and_a_dead_anchor_are_found(tmp_path: Path) -> None:
    plant(tmp_path, "docs/b.md", "# One *thing*: it\n```sh\n# not a heading\n```\n")
    page = plant(
        tmp_path,
        "docs/a.md",
        "[good](b.md#one-thing-it) [web](https://example.org) `[code](no.md)`\n"
        "[gone](c.md) ![gone](../d.svg) [wrong](b.md#not-a-heading) [out](../../e)\n"
        "```\n[in code](f.md)\n```\n",
    )
    assert dead_links(tmp_path, [page]) == {
        "docs/a.md: c.md",
        "docs/a.md: ../d.svg",
        "docs/a.md: b.md#not-a-heading",
        "docs/a.md: ../../e",
    }
