"""Selection: what calls a changed function runs, the cheapest first; shared fixtures stay whole."""

from tools.mutants.changes import Mutant
from tools.mutants.selection import FIRST_FILES, groups_for, groups_of, stages_of
from tools.mutants.worker import TestRecord

FILE = "agent/src/thongsuot_agent/judge/links.py"

RECORDS = {
    "test_city.py::test_a": TestRecord(cost_s=30.0, functions=(f"{FILE}:judge",)),
    "test_links.py::test_b": TestRecord(cost_s=0.1, functions=(f"{FILE}:judge",)),
    "test_links.py::test_c": TestRecord(cost_s=0.01, functions=(f"{FILE}:Links.add",)),
    "test_storm.py::test_d": TestRecord(cost_s=9, functions=(f"{FILE}:judge",), group="storm"),
    "test_storm.py::test_e": TestRecord(cost_s=0.001, group="storm"),
    "test_kill.py::test_f": TestRecord(cost_s=2.0, starts_processes=True),
}


def order_for(function: str) -> list[list[str]]:
    mutant = Mutant(
        area="judge", file=FILE, operator="core/AddNot", occurrence=0, function=function
    )
    return [list(group.tests) for group in groups_for(mutant, groups_of(RECORDS))]


def test_tests_that_call_the_function_run_from_cheap_to_dear_and_then_those_with_processes() -> (
    None
):
    assert order_for("judge") == [
        ["test_links.py::test_b"],
        ["test_storm.py::test_d", "test_storm.py::test_e"],
        ["test_city.py::test_a"],
        ["test_kill.py::test_f"],
    ]


def test_a_change_outside_functions_may_show_in_any_test_and_first_in_those_of_its_file() -> None:
    assert order_for("")[0] == ["test_links.py::test_c"]
    assert sorted(test for group in order_for("") for test in group) == sorted(RECORDS)


def test_a_function_that_no_test_calls_is_left_to_tests_with_processes() -> None:
    assert order_for("never") == [["test_kill.py::test_f"]]


def stages_tests(records: dict[str, TestRecord]) -> list[list[str]]:
    return [
        [test for group in stage for test in group.tests] for stage in stages_of(groups_of(records))
    ]


def test_few_files_are_loaded_before_all_others() -> None:
    records = {
        f"test_{number}.py::test_{name}": TestRecord(cost_s=0.01 * number)
        for number in range(9)
        for name in "ab"
    }
    first, rest = stages_of(groups_of(records))
    assert {group.file for group in first} == {f"test_{number}.py" for number in range(FIRST_FILES)}
    assert len(first) + len(rest) == len(records)


def test_a_stage_costs_no_more_than_its_limit_and_the_last_is_all_that_is_left() -> None:
    records = {f"test_it.py::test_{number:02}": TestRecord(cost_s=1.5) for number in range(60)}
    stages = stages_tests(records)
    assert [len(stage) for stage in stages] == [1, 6, 20, 33]
    assert sorted(test for stage in stages for test in stage) == sorted(records)


def test_a_dear_test_waits_for_a_stage_of_its_own_unless_it_is_the_only_one() -> None:
    records = {name: RECORDS[name] for name in ("test_links.py::test_b", "test_city.py::test_a")}
    assert stages_tests(records) == [["test_links.py::test_b"], ["test_city.py::test_a"]]
    alone = {"test_city.py::test_a": RECORDS["test_city.py::test_a"]}
    assert stages_tests(alone) == [["test_city.py::test_a"]]
    assert stages_tests({}) == []
