"""Figures of many scenarios: a sample is played, added up and printed."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from thongsuot_lab.truth.__main__ import assess_scenario, main
from thongsuot_lab.truth.assessment import Assessment
from thongsuot_lab.truth.grammar import LOCAL, scenario
from thongsuot_lab.truth.report import PAGE_BEGIN, PAGE_END, TruthReport

SEED = 2


def sample() -> Iterator[Assessment]:
    """Yield the first generated scenarios that one site alone meets: they are played soonest."""
    made = (scenario(SEED, index) for index in count())
    local = (
        drawn for drawn in made if drawn.faults and {f.place.kind for f in drawn.faults} <= LOCAL
    )
    for drawn in islice(local, 3):
        yield assess_scenario(SEED, drawn.index)


def test_the_rows_of_a_report_add_up_to_its_totals() -> None:
    report = TruthReport(list(sample()))
    rows = report.table_rows()
    assert sum(row.faults for row in rows.values()) == sum(
        len(assessment.faults) for assessment in report.assessments
    )
    assert sum(row.harm for row in rows.values()) == len(report.harm_records)
    assert sum(sum(row.worth.values()) for row in rows.values()) == report.messages.total()
    assert len(report.table()) == len(rows) + 2
    lines = dict(line.split(maxsplit=1) for line in report.summary())
    assert lines["scenarios"].startswith("3 with ")
    assert lines["harm"].startswith(f"{len(report.harm_records)} sustained, ")
    assert lines["messages"].startswith(f"{report.messages.total()}: ")
    failing = report.failures()
    assert all(reasons for _, reasons in failing)
    assert report.is_good or failing, "a goal that is missed has a scenario to show"
    assert failing or not report.kinds()


def test_the_page_gets_the_table_the_command_and_the_day() -> None:
    report = TruthReport(list(islice(sample(), 1)))
    before = f"# Title\n\n{PAGE_BEGIN}\nold\n{PAGE_END}\n\nafter\n"
    page = report.page(before, "./run truth --seed 2 --count 2", "2026-11-30")
    assert "old" not in page
    assert "`./run truth --seed 2 --count 2`, 2026-11-30:" in page
    assert "\n".join(report.table()) in page
    assert page.endswith(f"{PAGE_END}\n\nafter\n")
    assert report.page(page, "./run truth --seed 2 --count 2", "2026-11-30") == page


def test_the_command_prints_how_to_play_a_scenario_again(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recordings")
    main(["--play", "1:8", "--recordings", str(folder)])
    out = capsys.readouterr().out
    assert out.startswith("1:8 ")
    assert f"thongsuot-agent replay {folder}/1-8-s" in out
