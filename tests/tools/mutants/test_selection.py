"""Selection: what executes a changed statement runs, the cheapest first; fixtures stay whole."""

from collections.abc import Sequence

from tools.mutants.changes import Mutant
from tools.mutants.selection import (
    FIRST_FILES,
    groups_for,
    groups_of,
    shows_in_loaded,
    stages_of,
)
from tools.mutants.worker import TestRecord

FILE = "agent/src/thongsuot_agent/judge/links.py"

RECORDS = {
    "test_city.py::test_a": TestRecord(cost_s=30.0, blocks={FILE: [10]}),
    "test_links.py::test_b": TestRecord(cost_s=0.1, blocks={FILE: [10]}),
    "test_links.py::test_c": TestRecord(cost_s=0.01, blocks={FILE: [20, 30]}),
    "test_storm.py::test_d": TestRecord(cost_s=9, blocks={FILE: [10]}, group="storm"),
    "test_storm.py::test_e": TestRecord(cost_s=0.001, group="storm"),
    "test_kill.py::test_f": TestRecord(cost_s=2.0, starts_processes=True),
}


def order_for(*blocks: int, at_import: Sequence[int] = ()) -> list[list[str]]:
    mutant = Mutant(area="judge", file=FILE, operator="core/AddNot", occurrence=0, blocks=blocks)
    groups = groups_for(mutant, groups_of(RECORDS), {FILE: at_import})
    return [list(group.tests) for group in groups]


def test_tests_that_execute_the_block_run_from_cheap_to_dear_and_then_those_with_processes() -> (
    None
):
    assert order_for(10) == [
        ["test_links.py::test_b"],
        ["test_storm.py::test_d", "test_storm.py::test_e"],
        ["test_city.py::test_a"],
        ["test_kill.py::test_f"],
    ]


def test_a_change_outside_functions_may_show_in_any_test_and_first_in_those_of_its_file() -> None:
    assert order_for()[0] == ["test_links.py::test_c"]
    assert sorted(test for group in order_for() for test in group) == sorted(RECORDS)
    assert order_for(10, at_import=[10]) == order_for(), "nor one of what an import executes"


def test_a_constant_shows_in_the_tests_of_any_block_that_reads_it() -> None:
    assert order_for(20, 10)[0] == ["test_links.py::test_c"]
    assert order_for(20, 10)[1:] == order_for(10)


def test_a_block_that_no_test_executes_is_left_to_tests_with_processes() -> None:
    assert order_for(40) == [["test_kill.py::test_f"]]


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


def test_where_nothing_is_to_be_loaded_the_first_stage_may_be_of_any_number_of_files() -> None:
    records = {
        f"test_{number}.py::test_it": TestRecord(cost_s=0.01, blocks={FILE: [10]})
        for number in range(9)
    }
    assert [len(stage) for stage in stages_of(groups_of(records), loads=False)] == [9]


def test_a_change_that_an_import_executes_needs_everything_loaded_again() -> None:
    mutant = Mutant(area="judge", file=FILE, operator="core/AddNot", occurrence=0, blocks=(10,))
    assert shows_in_loaded(mutant, {FILE: [20]})
    assert not shows_in_loaded(mutant, {FILE: [10]})
    outside = Mutant(area="judge", file=FILE, operator="core/AddNot", occurrence=0)
    assert not shows_in_loaded(outside, {})


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
