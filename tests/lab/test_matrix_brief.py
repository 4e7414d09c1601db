"""
A few rows of the matrix: of site, line, carrier and portals, in every run of the tests.

``./run test -m matrix`` plays them all (``test_matrix``).
"""

import sys
import tempfile
from pathlib import Path

import pytest

from tests.servers import need
from tests.timing import MS
from thongsuot_lab.matrix.account import Account
from thongsuot_lab.matrix.every import ROWS
from thongsuot_lab.matrix.run import run
from thongsuot_lab.matrix.table import lines
from thongsuot_lab.matrix.truth import Wrong

pytestmark = [pytest.mark.lab, pytest.mark.servers]

SITES = 4
NAMES = (
    "agent-killed",
    "cable-out",
    "fibre-cut",
    "wan-down",
    "resolver-dead",
    "core-dead",
    "portal-refuses",
    "certificate-expiring",
)
PATIENCE = 3.0
"""Other tests may run beside: bounds are for the whole matrix, on a machine of its own."""


@pytest.fixture(scope="module")
def account() -> Account:
    need("prometheus")
    rows = [row for row in ROWS if row.name in NAMES]
    with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        return run(rows, folder, sites=SITES, patience=PATIENCE * 1000 * MS)


def test_the_table_is_printed(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines(account)) + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_is_seen_as_its_row_says(account: Account, name: str) -> None:
    outcome = next(one for one in account.outcomes if one.row.name == name)
    assert outcome.failures == ()


def test_no_fault_is_blamed_on_a_party_that_is_not_at_fault(account: Account) -> None:
    wrong = [blame.text() for blame in account.blames if blame.wrong is Wrong.PARTY]
    assert wrong == []


def test_what_agents_made_is_kept_once_or_its_absence_announced(account: Account) -> None:
    assert account.books.faults == []
    assert account.books.unannounced == 0
