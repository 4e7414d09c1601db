"""Reports: too many survivors are a failure, and accepted ones still stand in the code."""

from tools.mutants.changes import ROOT, Mutant
from tools.mutants.report import (
    ACCEPTED,
    MutantResult,
    accepted_changes,
    shortfalls,
    table_of,
)


def result(number: int, *, was_noticed: bool) -> MutantResult:
    mutant = Mutant(area="judge", file=f"{number}.py", operator="core/AddNot", occurrence=0)
    noticed_by = "test_it.py::test_it" if was_noticed else ""
    return MutantResult(mutant=mutant, before="a", after="not a", noticed_by=noticed_by)


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


def test_accepted_items_still_exist_in_the_code() -> None:
    for file, before, _ in accepted_changes(ACCEPTED):
        assert before in (ROOT / file).read_text(encoding="utf-8")
