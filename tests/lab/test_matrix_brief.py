"""
A few rows of the matrix: of site, line, carrier and portals, in every run of the tests.

``./run test -m matrix`` plays them all (``test_matrix``).
"""

import tempfile
from pathlib import Path

import pytest

from tests.patience import LostTime
from tests.servers import need
from tests.timing import MS
from thongsuot_lab.matrix import profile
from thongsuot_lab.matrix.all_rows import ROWS
from thongsuot_lab.matrix.blame import BlameError
from thongsuot_lab.matrix.result import MatrixResult
from thongsuot_lab.matrix.runner import play_matrix
from thongsuot_lab.matrix.table import table_lines

pytestmark = [pytest.mark.lab, pytest.mark.servers]

SITES = 4
NAMES = (
    "agent-killed",
    "cable-out",
    "fibre-cut",
    "wan-down",
    "resolver-down",
    "core-down",
    "portal-refuses",
    "certificate-expiring",
)
PATIENCE = 2.0
"""
Other tests may run beside: bounds are for the whole matrix, on a machine of its own. What this one
keeps from agents, collector and wires comes on top.
"""


@pytest.fixture(scope="module")
def result() -> MatrixResult:
    need("prometheus")
    rows = [row for row in ROWS if row.name in NAMES]
    with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made, LostTime() as lost:
        folder = Path(made)
        folder.chmod(0o755)
        return play_matrix(
            rows,
            profile.topology(SITES),
            folder,
            patience=PATIENCE * 1000 * MS,
            lost_since=lost.since_s,
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_is_seen_as_its_row_says(result: MatrixResult, name: str) -> None:
    played = next(row for row in result.rows if row.row.name == name)
    assert played.failures == ()


def test_no_fault_is_blamed_on_a_party_that_is_not_at_fault(result: MatrixResult) -> None:
    wrong = [blame.text() for blame in result.wrong_blames if blame.error is BlameError.PARTY]
    assert wrong == []


def test_results_made_by_agents_are_stored_once_or_their_absence_announced(
    result: MatrixResult,
) -> None:
    assert result.reconciliation.faults == []
    assert result.reconciliation.unannounced == 0


def test_the_matrix_as_a_whole_passes(result: MatrixResult) -> None:
    assert result.passed, "\n".join(table_lines(result))
