"""What is played together: nothing that another row's fault may be taken for."""

from thongsuot_lab.matrix.all_rows import ROWS
from thongsuot_lab.matrix.profile import topology
from thongsuot_lab.matrix.row import BlastRadius
from thongsuot_lab.matrix.runner import waves
from thongsuot_schema.verdict import Symptom

NO_PAGE_IN_TIME = {
    Symptom.SERVICE_TIMEOUT,
    Symptom.SERVICE_SLOW,
    Symptom.SERVICE_PARTIAL_OUTAGE,
}


def test_every_wide_row_is_played_once_and_of_portals_one_at_a_time_is_silent_or_slow() -> None:
    planned = waves(ROWS, topology(sites=6))
    wide = [row.name for row in ROWS if row.blast_radius is not BlastRadius.SITE]
    assert sorted(row.name for wave in planned for row, _ in wave) == sorted(wide)
    for wave in planned:
        silent = [row.name for row, _ in wave for e in row.expected if e.symptoms & NO_PAGE_IN_TIME]
        assert len(silent) <= 1
