"""Changes: one seed draws the same ones, each alters one line and knows its function."""

from pathlib import Path

import pytest
from tools.mutants.changes import (
    AREAS,
    Mutant,
    change_of,
    drawn,
    mutant_named,
    mutants_of,
)

SOURCE = "def is_far(distance_m):\n    return distance_m >= 10 and distance_m < 20\n"


def planted(root: Path) -> Path:
    folder = root / AREAS["judge"].sources
    folder.mkdir(parents=True)
    (folder / "far.py").write_text(SOURCE, encoding="utf-8")
    return root


def test_each_change_alters_one_line_of_the_file(tmp_path: Path) -> None:
    root = planted(tmp_path)
    changes = [
        change_of(mutant, root) for place in mutants_of("judge", root).values() for mutant in place
    ]
    lines = {change[2] for change in changes if change is not None}
    assert "return distance_m > 10 and distance_m < 20" in lines
    assert "return distance_m >= 10 or distance_m < 20" in lines
    assert all(change is None or change[1] == SOURCE.splitlines()[1].strip() for change in changes)


def test_the_shape_of_a_class_or_of_a_signature_is_no_place_to_change(tmp_path: Path) -> None:
    root = planted(tmp_path)
    (root / AREAS["judge"].sources / "far.py").write_text(
        "@dataclass(frozen=True, order=True)\n"
        "class Far:\n"
        "    def area(self, *, width_m):\n"
        "        return width_m * sized(frozen=True)\n"
    )
    changes = [
        change_of(mutant, root) for place in mutants_of("judge", root).values() for mutant in place
    ]
    assert {change[2] for change in changes if change is not None} == {
        "@dataclass(frozen=True, order=False)",
        "return width_m / sized(frozen=True)",
        "return width_m * sized(frozen=False)",
    }


def test_a_nanosecond_beside_the_boot_is_no_place_to_change(tmp_path: Path) -> None:
    root = planted(tmp_path)
    (root / AREAS["judge"].sources / "far.py").write_text(
        "def since(track, count):\n    return max(track.heard_ns or 0, count or 0, 0)\n"
    )
    changes = [
        change_of(mutant, root)
        for place in mutants_of("judge", root).values()
        for mutant in place
        if "NumberReplacer" in mutant.operator
    ]
    numbers = {change[2].replace(" ", "") for change in changes if change is not None}
    assert numbers == {
        f"returnmax(track.heard_nsor0,{rest})"
        for rest in ("countor1,0", "countor-1,0", "countor0,1", "countor0,-1")
    }


def test_a_change_after_which_the_file_is_not_python_is_none(tmp_path: Path) -> None:
    root = planted(tmp_path)
    file = f"{AREAS['judge'].sources}/far.py"
    (root / file).write_text("def of(far, near):\n    return sum([*far, *near])\n")
    mutants = [
        Mutant(area="judge", file=file, operator=f"core/{operator}", occurrence=0)
        for operator in ("ReplaceBinaryOperator_Mul_Div", "ReplaceUnaryOperator_Delete_Not")
    ]
    assert [change_of(mutant, root) for mutant in mutants] == [None, None]


def test_a_seed_draws_the_same_places_and_another_seed_others() -> None:
    assert drawn("sla", 1, 20) == drawn("sla", 1, 20)
    assert drawn("sla", 1, 20) != drawn("sla", 2, 20)


def test_a_change_knows_the_blocks_that_a_test_has_to_execute(tmp_path: Path) -> None:
    root = planted(tmp_path)
    (root / AREAS["judge"].sources / "far.py").write_text(
        "_FAR_M = 1\n"
        "class Road:\n"
        "    length_m = 2\n"
        "    def halves(self, parts=3):\n"
        "        def half(part):\n"
        "            return part * 4 + _FAR_M\n"
        "        return [half(part) for part in range(5)]\n"
    )
    blocks = {
        change[2].replace(" ", ""): mutant.blocks
        for place in mutants_of("judge", root).values()
        for mutant in place
        if (change := change_of(mutant, root)) is not None and "NumberR" in mutant.operator
    }
    assert blocks["_FAR_M=2"] == (6,)
    assert blocks["length_m=3"] == ()
    assert blocks["defhalves(self,parts=4):"] == (), "defaults are made by the import"
    assert blocks["returnpart*5+_FAR_M"] == (6,)
    assert blocks["return[half(part)forpartinrange(6)]"] == (5,)


def test_a_change_is_found_again_by_the_name_that_a_report_gives_it(tmp_path: Path) -> None:
    root = planted(tmp_path)
    (mutant,) = {
        mutant
        for place in mutants_of("judge", root).values()
        for mutant in place
        if mutant.operator == "core/ReplaceAndWithOr"
    }
    assert mutant_named(mutant.name, root) == mutant
    for name in ("elsewhere.py:AddNot:0", f"{mutant.file}:AddNot:99"):
        with pytest.raises(LookupError, match="no change is called"):
            mutant_named(name, root)
