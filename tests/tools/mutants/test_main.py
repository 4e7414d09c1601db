"""What is played is drawn from the copy of the tree, whatever becomes of the tree meanwhile."""

from pathlib import Path

import pytest
from tools.mutants.__main__ import choices_of
from tools.mutants.changes import AREAS

FOLDERS = {area: AREAS[area].sources for area in ("judge", "sla")}


def planted(root: Path, before: str = "") -> Path:
    for folder in FOLDERS.values():
        (root / folder).mkdir(parents=True)
        (root / folder / "far.py").write_text(
            f"{before}def is_far(distance_m):\n    return distance_m >= 10\n", encoding="utf-8"
        )
    return root


def test_changes_asked_for_by_name_are_found_area_by_area_in_the_copy(tmp_path: Path) -> None:
    names = [f"{folder}/far.py:NumberReplacer:0" for folder in FOLDERS.values()]
    choices = choices_of(AREAS, names)
    assert list(choices) == list(FOLDERS)
    for line, text in ((2, ""), (5, "\n\n\n")):
        root = planted(tmp_path / str(line), text)
        for area, choice in choices.items():
            assert choice is not None
            (mutant,) = choice(root)
            assert (mutant.area, mutant.line) == (area, line)


def test_without_names_a_sample_of_each_area_is_drawn() -> None:
    assert choices_of(["spool", "sla"], ()) == {"spool": None, "sla": None}


def test_a_name_of_no_area_is_refused() -> None:
    with pytest.raises(LookupError, match="no change is called docs"):
        choices_of(AREAS, ["docs/far.py:AddNot:0"])
