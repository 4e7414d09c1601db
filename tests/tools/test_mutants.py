"""Mutants: one seed draws the same ones, each is one change, too many survivors are a failure."""

from pathlib import Path

from tools.mutants import (
    ACCEPTED,
    AREAS,
    ROOT,
    Mutant,
    MutantResult,
    accepted_changes,
    change_of,
    drawn,
    mutants_of,
    ordered_tests,
    shortfalls,
    table_of,
)

SOURCE = "def is_far(distance_m):\n    return distance_m >= 10 and distance_m < 20\n"


def planted(root: Path) -> Path:
    folder = root / AREAS["judge"].sources
    folder.mkdir(parents=True)
    (folder / "far.py").write_text(SOURCE, encoding="utf-8")
    return root


def result(number: int, *, was_noticed: bool) -> MutantResult:
    mutant = Mutant(area="judge", file=f"{number}.py", operator="core/AddNot", occurrence=0)
    return MutantResult(mutant=mutant, was_noticed=was_noticed, change=("a", "not a"))


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


def test_a_change_after_which_the_file_is_no_python_is_none(tmp_path: Path) -> None:
    root = planted(tmp_path)
    file = f"{AREAS['judge'].sources}/far.py"
    (root / file).write_text("def of(far, near):\n    return sum([*far, *near])\n")
    mutants = [
        Mutant(area="judge", file=file, operator=f"core/{operator}", occurrence=0)
        for operator in ("ReplaceBinaryOperator_Mul_Div", "ReplaceUnaryOperator_Delete_Not")
    ]
    assert [change_of(mutant, root) for mutant in mutants] == [None, None]


def test_the_tests_that_mirror_the_changed_file_run_first() -> None:
    mutant = Mutant(
        area="sla",
        file=f"{AREAS['sla'].sources}/month.py",
        operator="core/AddNot",
        occurrence=0,
    )
    assert ordered_tests(mutant) == ["tests/collector/sla/test_month.py", *AREAS["sla"].tests]


def test_a_seed_draws_the_same_places_and_another_seed_others() -> None:
    assert drawn("sla", 1, 20) == drawn("sla", 1, 20)
    assert drawn("sla", 1, 20) != drawn("sla", 2, 20)


def test_too_many_survivors_are_a_failure_and_are_named() -> None:
    results = [result(number, was_noticed=number < 8) for number in range(10)]
    assert shortfalls(results, set()) == {"judge": 0.8}
    lines = table_of(results, set())
    assert "| judge | 10 | 8 | 0 | 2 | 80% |" in lines
    assert "survived: --only 8.py:AddNot:0" in lines


def test_a_survivor_that_is_accepted_counts_as_noticed() -> None:
    results = [result(number, was_noticed=number < 8) for number in range(10)]
    accepted = {("9.py", "a", "not a")}
    assert shortfalls(results, accepted) == {}
    assert "| judge | 10 | 8 | 1 | 1 | 90% |" in table_of(results, accepted)


def test_what_is_accepted_still_stands_in_the_code() -> None:
    for file, before, _ in accepted_changes(ACCEPTED):
        assert before in (ROOT / file).read_text(encoding="utf-8")
