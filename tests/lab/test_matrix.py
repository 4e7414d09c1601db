"""
The matrix on real packets: each fault under real agents and a real collector, seen as its row says.

All rows are played in one run (a quarter of an hour); each test looks at what came of its row.
``test_matrix_brief`` plays a few of them in the default run.
"""

import tempfile
from pathlib import Path

import pytest

from tests.timing import MS
from thongsuot_lab.matrix import profile
from thongsuot_lab.matrix.all_rows import ROWS
from thongsuot_lab.matrix.blame import BlameError
from thongsuot_lab.matrix.result import MatrixResult
from thongsuot_lab.matrix.runner import play_matrix
from thongsuot_lab.matrix.table import table_lines

pytestmark = [pytest.mark.lab, pytest.mark.matrix]

SITES = 6


@pytest.fixture(scope="module")
def result(request: pytest.FixtureRequest) -> MatrixResult:
    """What came of the rows that are asked for (``-k`` chooses), or of all of them."""
    chosen = {
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        if item.function is test_a_fault_is_seen_as_its_row_says
    }
    rows = [row for row in ROWS if row.name in chosen] if chosen else list(ROWS)
    with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        return play_matrix(rows, profile.topology(SITES), folder, patience=1000 * MS)


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_a_fault_is_seen_as_its_row_says(result: MatrixResult, name: str) -> None:
    played = next(row for row in result.rows if row.row.name == name)
    assert played.failures == ()


def test_no_fault_is_blamed_on_a_party_that_is_not_at_fault(result: MatrixResult) -> None:
    wrong = [blame.text() for blame in result.wrong_blames if blame.error is BlameError.PARTY]
    assert wrong == []


def test_no_fault_is_looked_for_in_the_wrong_place(result: MatrixResult) -> None:
    wrong = [blame.text() for blame in result.wrong_blames if blame.error is BlameError.SEGMENT]
    assert wrong == []


def test_results_made_by_agents_are_stored_once_or_their_absence_announced(
    result: MatrixResult,
) -> None:
    assert result.reconciliation.faults == []
    assert result.reconciliation.unannounced == 0


def test_the_matrix_as_a_whole_passes(result: MatrixResult) -> None:
    assert result.passed, "\n".join(table_lines(result))


def test_rows_have_names_of_their_own() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
