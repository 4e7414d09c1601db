"""Each kind of probe has a page with a chapter on its limits."""

import re
from pathlib import Path

from tests.contract.house import ROOT, plant
from thongsuot_agent.probes import loader

PAGES = Path("docs") / "reference" / "probes"
FEWEST = 3
"""Points of a chapter; whoever knows fewer limits has not looked."""

_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_CHAPTER = re.compile(r"^## Limits\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def missing(root: Path, kinds: tuple[str, ...]) -> list[str]:
    """Return what is missing of kinds: a page, its chapter, or a word of a kind that shares one."""
    pages: dict[str, str] = {}
    for page in sorted((root / PAGES).glob("*.md")):
        text = page.read_text(encoding="utf-8")
        title = _TITLE.search(text)
        for word in re.findall(r"\w+", "" if title is None else title[1].partition(":")[0]):
            pages[word] = text
    faults = []
    for kind in kinds:
        chapter = _CHAPTER.search(pages.get(kind, ""))
        points = [] if chapter is None else re.findall(r"^- .+", chapter[1], re.MULTILINE)
        shared = (
            sum(
                text == pages.get(kind) for other_kind, text in pages.items() if other_kind in kinds
            )
            > 1
        )
        if kind not in pages:
            faults.append(f"{kind}: no page below {PAGES}")
        elif len(points) < FEWEST:
            faults.append(f"{kind}: no chapter Limits of {FEWEST} points")
        elif shared and not any(f"`{kind}`" in point for point in points):
            faults.append(f"{kind}: the chapter of its page says nothing of it")
    return faults


def test_each_kind_has_a_chapter_on_its_limits() -> None:
    assert missing(ROOT, loader.kinds()) == []


def test_a_kind_without_one_is_found(tmp_path: Path) -> None:
    points = "- `a` is one.\n- `a` is two.\n- Three.\n"
    plant(tmp_path, str(PAGES / "ab.md"), f"# a, b: both\n\n## Limits\n\n{points}\n## More\n")
    plant(tmp_path, str(PAGES / "c.md"), "# c: alone\n\n## Limits\n\n- One.\n")
    assert missing(tmp_path, ("a", "b", "c", "d")) == [
        "b: the chapter of its page says nothing of it",
        "c: no chapter Limits of 3 points",
        f"d: no page below {PAGES}",
    ]
