"""Results are kept while what they rest on stays as it is."""

from pathlib import Path

from tools.mutants.changes import AREAS
from tools.mutants.results import KnownResults
from tools.mutants.worker import TestRecord, TestRunResult

TESTS = AREAS["judge"].tests[0]
FAR = f"{TESTS}/test_far.py"


def planted(root: Path) -> Path:
    for file in (f"{AREAS['judge'].sources}/far.py", FAR, f"{TESTS}/making.py"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("FAR_M = 1\n", encoding="utf-8")
    return root


def known(root: Path) -> KnownResults:
    return KnownResults("judge", root, root / "cache")


def test_a_run_that_was_stopped_finds_what_it_had(tmp_path: Path) -> None:
    root = planted(tmp_path)
    known(root).add("far.py:AddNot:0", f"{FAR}::test_far")
    known(root).add("far.py:AddNot:1", "")
    assert known(root).noticed_by() == {
        "far.py:AddNot:0": f"{FAR}::test_far",
        "far.py:AddNot:1": "",
    }


def test_results_to_be_measured_again_are_forgotten_and_the_rest_is_not(tmp_path: Path) -> None:
    root = planted(tmp_path)
    for number in range(2):
        known(root).add(f"far.py:AddNot:{number}", "")
    known(root).forget(["far.py:AddNot:0"])
    assert known(root).noticed_by() == {"far.py:AddNot:1": ""}


def test_after_a_new_test_only_what_survived_is_unknown(tmp_path: Path) -> None:
    root = planted(tmp_path)
    known(root).add("far.py:AddNot:0", f"{FAR}::test_far")
    known(root).add("far.py:AddNot:1", "")
    (root / TESTS / "test_near.py").write_text("", encoding="utf-8")
    assert known(root).noticed_by() == {"far.py:AddNot:0": f"{FAR}::test_far"}


def test_a_result_ends_with_the_test_that_noticed(tmp_path: Path) -> None:
    root = planted(tmp_path)
    known(root).add("far.py:AddNot:0", f"{FAR}::test_far")
    (root / FAR).write_text("FAR_M = 2\n", encoding="utf-8")
    assert known(root).noticed_by() == {}


def test_other_sources_or_other_helpers_of_the_tests_make_all_unknown(tmp_path: Path) -> None:
    root = planted(tmp_path)
    for file in (f"{AREAS['judge'].sources}/far.py", f"{TESTS}/making.py"):
        known(root).add("far.py:AddNot:0", f"{FAR}::test_far")
        (root / file).write_text("FAR_M = 2\n", encoding="utf-8")
        assert known(root).noticed_by() == {}


def test_only_files_of_tests_that_are_new_are_recorded(tmp_path: Path) -> None:
    root = planted(tmp_path)
    assert known(root).unrecorded() == [FAR]
    recorded = TestRunResult(
        records={f"{FAR}::test_far": TestRecord(cost_s=1.5, blocks={"far.py": [3]})},
        modules=("json", "math"),
        at_import={"far.py": [5]},
    )
    known(root).keep_record(FAR, recorded)
    assert known(root).unrecorded() == []
    kept = known(root).records()
    assert kept.records == recorded.records
    assert kept.modules == ["json", "math"]
    assert kept.at_import == {"far.py": {5}}
    (root / TESTS / "test_near.py").write_text("", encoding="utf-8")
    assert known(root).unrecorded() == [f"{TESTS}/test_near.py"]


def test_without_simulations_their_files_are_left_out_and_results_are_kept_apart(
    tmp_path: Path,
) -> None:
    root = planted(tmp_path)
    (root / TESTS / "test_hours.py").write_text("SimulatedSite()\n", encoding="utf-8")
    units = KnownResults("judge", root, root / "cache", is_units=True)
    assert units.test_files == [FAR]
    assert known(root).test_files == [FAR, f"{TESTS}/test_hours.py"]
    units.add("far.py:AddNot:0", "")
    assert known(root).noticed_by() == {}, "what units leave simulated hours may notice"
    assert KnownResults("judge", root, root / "cache", is_units=True).noticed_by() == {
        "far.py:AddNot:0": ""
    }
