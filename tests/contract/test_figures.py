"""What pages claim in figures holds: the code agrees, or a command makes the figure again."""

import datetime as dt
from pathlib import Path

import pytest
from tools import figures
from tools.figures import Figures, MeasuredFigure, StatedFigure

from tests.contract.house import ROOT, plant
from tests.contract.test_docs import pages

GENERATED = "docs/reference/figures.md"
DATED = "docs/decisions/"
"""A decision is a record of its day: its figures stand with it."""

HOLD = "thongsuot_collector.incidents.settings:IncidentSettings.hold_s"


def documents() -> list[str]:
    """Return the pages that speak of today, as paths from the root."""
    names = (str(path.relative_to(ROOT)) for path in pages(ROOT))
    return [
        name
        for name in names
        if (name.startswith("docs/") or "/" not in name)
        and not name.startswith(DATED)
        and name not in {GENERATED, "CHANGELOG.md"}
    ]


def test_a_value_repeated_in_a_page_is_the_one_in_the_code() -> None:
    assert list(map(str, figures.stated_errors(ROOT, figures.read()))) == []


def test_measured_figures_are_in_their_page_and_have_a_command() -> None:
    assert list(map(str, figures.measured_errors(ROOT, figures.read()))) == []


def test_no_page_speaks_of_a_measurement_without_an_entry() -> None:
    errors = figures.unnamed_measurements(ROOT, figures.read(), documents())
    assert list(map(str, errors)) == []


def test_a_stale_figure_a_missing_sentence_and_a_missing_source_are_found(tmp_path: Path) -> None:
    plant(tmp_path, "docs/a.md", "It is told\n4 s after it is known.\n")
    stale = StatedFigure(page="docs/a.md", says="told {4} s after", source=HOLD)
    gone = StatedFigure(page="docs/a.md", says="told {3} s before", source=HOLD)
    lost = StatedFigure(page="docs/a.md", says="told {4} s after", source=f"{HOLD}_not")
    errors = figures.stated_errors(tmp_path, Figures(stated=(stale, gone, lost)))
    assert list(map(str, errors)) == [
        f"docs/a.md: 'told {{4}} s after', but {HOLD} makes it 3",
        "docs/a.md: does not say 'told {3} s before'",
        f"docs/a.md: {HOLD}_not: no such field",
    ]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("./run bench nothing", "./run bench nothing: no nothing"),
        ("./run bench nothing --rounds lines", "./run bench nothing --rounds lines: no nothing"),
        ("./run dance", "no such command: ./run dance"),
        ("./run test tests/none.py", "./run test tests/none.py: no tests/none.py"),
    ],
)
def test_a_command_that_is_none_is_found(tmp_path: Path, command: str, reason: str) -> None:
    plant(tmp_path, "docs/a.md", "It takes 4 s.\n")
    plant(tmp_path, "run", (ROOT / "run").read_text(encoding="utf-8"))
    figure = MeasuredFigure(
        page="docs/a.md", says="takes 4 s", command=command, date=dt.date.min, machine="any"
    )
    errors = figures.measured_errors(tmp_path, Figures(measured=(figure,)))
    assert list(map(str, errors)) == [f"docs/a.md: {reason}"]


def test_a_measurement_that_nobody_can_repeat_is_found(tmp_path: Path) -> None:
    text = "All is well.\n\nMeasured on 3 cores: 17 ms.\n\n```\np50 3 s\n```\n"
    plant(tmp_path, "docs/a.md", text)
    errors = figures.unnamed_measurements(tmp_path, Figures(), ["docs/a.md"])
    assert [error.page for error in errors] == ["docs/a.md"]
    assert "Measured on 3 cores: 17 ms." in errors[0].reason
