"""What the rows of a shape come to, counted from what was played."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.all_rows import SHAPE_ROWS
from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.journal_reader import RecordedChange
from thongsuot_lab.matrix.profile import shaped_topology
from thongsuot_lab.matrix.reconciliation import Reconciliation
from thongsuot_lab.matrix.result import MatrixResult, matrix_result
from thongsuot_lab.matrix.row import ClockPair, MatrixContext
from thongsuot_lab.matrix.shape_table import shape_lines, shape_summaries
from thongsuot_lab.matrix.site_reconciliation import SiteReconciliation
from thongsuot_lab.matrix.table import table_lines
from thongsuot_lab.matrix.trial import RowTrial, TrialPhase
from thongsuot_lab.stack.city import CityStack
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

S = 1_000_000_000
TOPOLOGY = shaped_topology(["j"])
LOST = ("icmp", "fixed", "exchange", "ip4", 1)


@dataclass
class Played:
    """One row of shape j, broken at 100 s and mended at 130 s, and what the agent said of it."""

    folder: Path
    verdicts: list[tuple[float, State, Segment | None, Symptom]] = field(default_factory=list)
    lost_runs: int = 0
    lost_s: float = 0.0

    def result(self) -> MatrixResult:
        lab = Lab(TOPOLOGY)
        context = MatrixContext(
            lab=lab, stack=CityStack(lab, self.folder), folder=self.folder, say=lambda _: None
        )
        trial = RowTrial(
            context=context,
            row=next(row for row in SHAPE_ROWS if row.name == "j:fixed-line-cut"),
            place=FaultLocation(topology=TOPOLOGY, site="shape-j", links=("fixed",)),
            lost_s=self.lost_s,
            phase=TrialPhase.DONE,
            injected_at=ClockPair(boottime_ns=100 * S, wall_ns=100 * S),
            reverted_at=ClockPair(boottime_ns=130 * S, wall_ns=130 * S),
            healthy_at=ClockPair(boottime_ns=140 * S, wall_ns=140 * S),
        )
        changes = [
            RecordedChange(
                site="shape-j",
                link="fixed",
                service="",
                before=State.UP,
                state=state,
                segment=segment,
                symptom=symptom,
                onset_ns=round(at_s * S),
                decided_ns=round(at_s * S),
                received_ns=round(at_s * S),
            )
            for at_s, state, segment, symptom in self.verdicts
        ]
        site = SiteReconciliation()
        site.logged_runs[LOST] = self.lost_runs
        record = Reconciliation(by_site={"shape-j": site}, batches=[], in_prometheus=None)
        return matrix_result([trial], changes, record, watched_s=60.0)

    def lines(self) -> Iterator[str]:
        result = self.result()
        (summary,) = shape_summaries(result)
        assert summary.passed is ("FAILED" not in summary.line())
        yield from shape_lines([result])


def figures(played: Played) -> list[str]:
    """Return the columns of the one shape: rows, wrong party, wrong state, missing, late, times."""
    _, line, _ = played.lines()
    return line.split()


RIGHT = (102.5, State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
BACK = (132.0, State.UP, None, Symptom.NONE)


def test_a_row_that_went_as_it_says_counts_nothing_but_its_time(tmp_path: Path) -> None:
    assert figures(Played(tmp_path, [RIGHT, BACK]))[:6] == ["j", "1", "0", "0", "0", "0"]
    assert figures(Played(tmp_path, [RIGHT, BACK]))[6:] == ["2.5", "/", "2.5", "/", "2.5"]


def test_a_dead_line_that_stays_unknown_counts_as_a_wrong_state(tmp_path: Path) -> None:
    unknown = (102.5, State.UNKNOWN, None, Symptom.NOT_YET_MEASURED)
    assert figures(Played(tmp_path, [unknown, BACK]))[:4] == ["j", "1", "0", "1"]


def test_a_fault_reported_as_another_partys_is_a_wrong_party(tmp_path: Path) -> None:
    commune = (102.5, State.DOWN, Segment.LAN, Symptom.CABLE_UNPLUGGED)
    assert figures(Played(tmp_path, [commune, RIGHT, BACK]))[:4] == ["j", "1", "1", "0"]


def test_a_line_called_up_while_it_is_dead_is_a_wrong_state(tmp_path: Path) -> None:
    early = (110.0, State.UP, None, Symptom.NONE)
    assert figures(Played(tmp_path, [RIGHT, early, BACK]))[:4] == ["j", "1", "0", "1"]


def test_late_verdicts_and_missing_results_are_counted_separately(tmp_path: Path) -> None:
    late = (125.0, State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    counted = figures(Played(tmp_path, [late, BACK], lost_runs=2))
    assert counted[:6] == ["j", "1", "0", "0", "2", "1"]


def test_what_the_machine_kept_from_the_processes_is_not_the_agents_delay(tmp_path: Path) -> None:
    late = (125.0, State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert figures(Played(tmp_path, [late, BACK], lost_s=20.0))[5] == "0"


def test_each_wrong_blame_that_counts_is_named_once_also_just_after_the_end_of_a_row(
    tmp_path: Path,
) -> None:
    wrong = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
    for at_s in (90.0, 120.0, 140.0, 140.4, 141.0):
        lines = list(table_lines(Played(tmp_path, [(at_s, *wrong)]).result()))
        assert "faults blamed on a party not at fault: 1" in lines
        assert sum("wrong party: shape-j/fixed degraded service" in line for line in lines) == 1
