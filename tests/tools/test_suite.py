"""The parts of the suite: a failed one fails the whole, and what passed is summed up."""

import re
import stat
import sys
from pathlib import Path

import pytest
from tools import lint, suite
from tools.night_tests import SIMULATED, SIMULATED_AT_NIGHT
from tools.suite import (
    BRIEF_MATRIX,
    BROWSERS,
    COLLECTOR,
    COLLECTORS_EDGES,
    COMPUTING,
    IMPORTS,
    LAWS,
    LONG,
    OF_THE_NIGHT,
    ON_BOTH_PYTHONS,
    REAL_THINGS,
    UNITS,
    SuitePart,
    default_parts,
    folder_in_memory,
    lint_part,
    main,
    nightly_parts,
    play_parts,
)

from tests.real_things import REAL_THINGS as MARKS

ROOT = Path(__file__).resolve().parents[2]


def part(name: str, code: str, *, gives_way: bool = False) -> SuitePart:
    return SuitePart(name=name, command=(sys.executable, "-c", code), gives_way=gives_way)


def test_a_part_that_fails_is_shown_whole_and_fails_the_suite(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = [
        part("good", "print('chatter'); print('2 passed')"),
        part("bad", "print('the reason'); print('1 failed'); raise SystemExit(1)"),
    ]
    assert play_parts(parts, at_once=2, progress_every_s=60) == 1
    printed = capsys.readouterr().out
    assert "the reason" in printed
    assert "chatter" not in printed
    assert printed.splitlines()[-1] == "failed: bad"


def test_parts_that_pass_leave_their_summaries_as_last_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In the order of the parts, whichever ends first: the last one is pytest's, whatever lint says.
    slow = "import time; time.sleep(0.3); print('2 passed')"
    parts = [part("one", slow), part("two", "print('3 passed')")]
    assert play_parts(parts, at_once=2, progress_every_s=60) == 0
    assert capsys.readouterr().out.splitlines() == ["2 passed", "3 passed"]


def test_a_summary_is_pytests_line_though_a_process_has_printed_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    last = "2 passed, 1 skipped in 0.10s (0:00:01)"
    assert (
        play_parts(
            [part("a", f"print({last!r}, 'Broken', sep='\\n')")], at_once=1, progress_every_s=60.0
        )
        == 0
    )
    assert capsys.readouterr().out == f"{last}\n"


def test_the_cpu_of_a_part_is_shown_beside_its_time_with_that_of_its_children(
    capsys: pytest.CaptureFixture[str],
) -> None:
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}], check=True)"
    assert play_parts([part("burns", parent)], at_once=1, progress_every_s=60) == 0
    burns, whole = capsys.readouterr().err.splitlines()
    assert burns.startswith("suite: burns: ")
    # A slow machine needs as much again for the start of the interpreters.
    for line, rest in ((burns, ": no output"), (whole, " on ")):
        shown = re.search(rf", CPU (\d+) s{rest}", line)
        assert shown is not None, line
        assert int(shown[1]) >= 1


def test_computing_parts_leave_the_cpu_to_parts_that_measure_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    niceness = "import os; print(os.nice(0))"
    parts = [part("measures", niceness), part("computes", niceness, gives_way=True)]
    assert play_parts(parts, at_once=2, progress_every_s=60) == 0
    measures, computes = map(int, capsys.readouterr().out.split())
    assert computes > measures
    assert lint_part().gives_way
    assert [suite_part.gives_way for suite_part in default_parts("/3.13/bin/python")] == [
        *(False, False),
        *(True, True, True, True, True, True, True, True),
    ]


def test_files_of_tests_are_kept_in_memory_where_there_is_room_and_programs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder_in_memory(tmp_path / "absent") is None
    monkeypatch.setattr(suite, "MEMORY_BYTES", 1)
    made = folder_in_memory(tmp_path)
    assert made is not None
    assert made.parent == tmp_path
    assert stat.S_IMODE(made.stat().st_mode) == 0o1777
    assert list(made.iterdir()) == []
    monkeypatch.setattr(suite, "MEMORY_BYTES", 1 << 62)
    assert folder_in_memory(tmp_path) is None
    assert list(tmp_path.iterdir()) == [made], "nothing is left of what was not used"


def test_an_unknown_part_of_the_night_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nightly", "matrx"]) == 2
    printed = capsys.readouterr().err
    assert "no part matrx; known: bench, coverage, fleet, fresh, healthy, lint, long" in printed


def test_every_test_is_in_exactly_one_part() -> None:
    whole, packets, core, edges, servers, browsers, laws, rest, computing = (
        " ".join(suite_part.command) for suite_part in default_parts()
    )
    assert f"({REAL_THINGS}) and not ({LONG})" in whole
    files = whole.split()[-len(list((ROOT / "tests" / "lab").rglob("test_*.py"))) :]
    assert files[0] == BRIEF_MATRIX
    assert {ROOT / file for file in files} == set((ROOT / "tests" / "lab").rglob("test_*.py"))
    assert packets.endswith(f"({REAL_THINGS}) and not ({LONG}) {' '.join(COMPUTING)}")
    elsewhere = " ".join(f"--ignore={folder}" for folder in ("tests/lab", *COMPUTING, *BROWSERS))
    assert servers.endswith(f"({REAL_THINGS}) and not ({LONG}) {elsewhere}")
    assert browsers.endswith(f"({REAL_THINGS}) and not ({LONG}) {' '.join(BROWSERS)}")
    assert f"not ({REAL_THINGS} or {LONG})" in computing
    nightly = " ".join(f"--ignore={path}" for path in SIMULATED_AT_NIGHT)
    assert computing.endswith(f"{' '.join(COMPUTING)} {nightly}")
    assert f"not ({REAL_THINGS} or {LONG})" in rest
    left_out = (*COMPUTING, COLLECTOR, LAWS)
    assert f"{' '.join(f'--ignore={folder}' for folder in left_out)} {nightly}" in rest
    assert laws.endswith(f"not ({REAL_THINGS} or {LONG}) {LAWS}")
    ignored = " ".join(f"--ignore={folder}" for folder in COLLECTORS_EDGES)
    assert core.endswith(f"not ({REAL_THINGS} or {LONG}) {COLLECTOR} {ignored} {nightly}")
    assert edges.endswith(f"not ({REAL_THINGS} or {LONG}) {' '.join(COLLECTORS_EDGES)}")
    assert all((ROOT / folder).is_dir() for folder in COLLECTORS_EDGES)


def test_the_second_python_imports_everything_and_runs_the_rest_at_night() -> None:
    *_, computing, other = (part.command for part in default_parts("/3.13/bin/python"))
    night = nightly_parts("/3.13/bin/python")[0].command
    assert other[0] == night[0] == "/3.13/bin/python"
    assert other[-len(ON_BOTH_PYTHONS) :] == ON_BOTH_PYTHONS
    assert [path for path in ON_BOTH_PYTHONS if not (ROOT / path).exists()] == []
    assert {path.split("/")[1] for path in ON_BOTH_PYTHONS} == {
        *("schema", "runtime", "agent", "collector")
    }
    # The import of every module runs once: with the second Python, if there is one.
    assert f"--ignore={IMPORTS}" in computing
    assert any(IMPORTS.startswith(path) for path in ON_BOTH_PYTHONS)
    assert f"--ignore={IMPORTS}" not in default_parts()[-1].command
    # All that it runs for a change it runs at night as well, and every other unit test.
    assert night[-len(OF_THE_NIGHT) :] == OF_THE_NIGHT
    assert UNITS in night
    assert all(path.startswith(OF_THE_NIGHT) for path in ON_BOTH_PYTHONS)
    laws = nightly_parts("/3.13/bin/python")[1].command
    assert (laws[0], laws[-1]) == ("/3.13/bin/python", "tests/contract")
    assert [part.name for part in nightly_parts() if part.name.startswith("second-python")] == []


def test_rows_simulated_only_at_night_have_all_seeds_there() -> None:
    (seeds,) = [part for part in nightly_parts() if part.name == "seeds"]
    assert tuple(seeds.command[-len(SIMULATED) :]) == SIMULATED
    assert [path for path in SIMULATED_AT_NIGHT if not (ROOT / path).is_file()] == []
    assert all(path.startswith(SIMULATED) for path in SIMULATED_AT_NIGHT)
    assert seeds.environment == {"THONGSUOT_NIGHTLY": "1", "THONGSUOT_JUDGE_SEEDS": "20"}


def test_what_is_longer_at_night_runs_at_night() -> None:
    """Every test file that asks whether it is night is run by a part that says so."""
    asks = re.compile(r"^from tests\.timing import .*\bIS_NIGHTLY\b", re.MULTILINE)
    tests = (ROOT / "tests").rglob("test_*.py")
    asking = {str(test.relative_to(ROOT)) for test in tests if asks.search(test.read_text("utf-8"))}
    assert asking
    for part in nightly_parts():
        if part.environment.get("THONGSUOT_NIGHTLY") == "1":
            asking -= set(part.command)
    assert asking == set()


def test_only_a_change_is_tried_with_fewer_examples() -> None:
    for suite_part in default_parts("/3.13/bin/python"):
        has_units = UNITS in suite_part.command
        assert has_units == ("THONGSUOT_EXAMPLES" in suite_part.environment), suite_part.name
    night = nightly_parts("/3.13/bin/python")
    assert [part.name for part in night if "THONGSUOT_EXAMPLES" in part.environment] == []


def test_checks_omitted_from_lint_are_nightly() -> None:
    (night,) = [part.command for part in nightly_parts() if part.name == "lint"]
    assert night[1:] == ("tools/lint.py", "night")
    assert set(lint.nightly_commands()) == {"types (basedpyright)", "roles"}
    assert not set(lint.nightly_commands()) & set(lint.commands())
    assert "types (mypy)" in lint.commands()
    # Ansible itself parses every playbook for every change.
    playbooks = {file for file in lint.commands()["playbooks"] if file.endswith(".yml")}
    assert {ROOT / file for file in playbooks} == set(ROOT.glob("ansible/playbooks/*.yml"))


def test_the_parts_with_real_things_read_no_other_files() -> None:
    assert " or ".join(MARKS) == REAL_THINGS
    for suite_part in default_parts("/3.13/bin/python"):
        reads_units = "tests.real_things" not in suite_part.command
        needs_units = UNITS in suite_part.command
        assert reads_units == needs_units, suite_part.name


def test_the_night_plays_the_commands_of_the_readme_in_new_roots() -> None:
    (fresh,) = [part.command for part in nightly_parts() if part.name == "fresh"]
    assert fresh == ("./run", "fresh")
    # A test of tests/lab without the marks of real things would be in no part but the units'.
    markers = re.findall(r'"(\w+): ', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(f"{REAL_THINGS} or {LONG}".split(" or ")) <= set(markers)
