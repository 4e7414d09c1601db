"""Results are kept for one state of sources and tests, and no longer."""

from pathlib import Path

from tools.mutants.changes import AREAS
from tools.mutants.results import KnownResults


def planted(root: Path) -> Path:
    (root / AREAS["judge"].sources).mkdir(parents=True)
    (root / AREAS["judge"].sources / "far.py").write_text("FAR_M = 1\n", encoding="utf-8")
    return root


def known(root: Path) -> KnownResults:
    return KnownResults("judge", root, root / "cache")


def test_a_run_that_was_stopped_finds_what_it_had(tmp_path: Path) -> None:
    root = planted(tmp_path)
    known(root).add("far.py:AddNot:0", "test_far.py::test_far")
    known(root).add("far.py:AddNot:1", "")
    assert known(root).noticed_by() == {
        "far.py:AddNot:0": "test_far.py::test_far",
        "far.py:AddNot:1": "",
    }


def test_what_is_to_be_played_again_is_forgotten_and_the_rest_is_not(tmp_path: Path) -> None:
    root = planted(tmp_path)
    for number in range(2):
        known(root).add(f"far.py:AddNot:{number}", "")
    known(root).forget(["far.py:AddNot:0"])
    assert known(root).noticed_by() == {"far.py:AddNot:1": ""}


def test_a_new_test_or_another_source_makes_all_of_it_unknown(tmp_path: Path) -> None:
    root = planted(tmp_path)
    known(root).add("far.py:AddNot:0", "")
    tests = root / AREAS["judge"].tests[0]
    tests.mkdir(parents=True)
    (tests / "test_far.py").write_text("", encoding="utf-8")
    assert known(root).noticed_by() == {}
