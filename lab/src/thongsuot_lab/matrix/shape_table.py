"""The results of a run for each shape of site, as a table for a terminal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from thongsuot_lab.matrix.blame import BlameError
from thongsuot_lab.matrix.result import MatrixResult, RowResult, percentile

UNKNOWN_IS_WRONG = "a dead line that stays `unknown` counts as a wrong state"

_HEAD = (
    f"{'shape':8} {'rows':>5} {'wrong party':>12} {'wrong state':>12} {'missing':>8} {'late':>5}  "
    f"time to know s (p50 / p95 / most)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSummary:
    """
    The results for the rows of one shape.

    ``wrong_parties`` are verdicts that put a fault on a party that had none, and ``wrong_states``
    rows whose verdict was not given, was withdrawn while the fault lasted, or whose sites did not
    recover. ``missing`` counts what agents made and the record lacks without announcing it (a power
    cut takes what was in memory, and its gap is announced).
    """

    shape: str
    rows: int
    wrong_parties: int
    wrong_states: int
    missing: int
    late: int
    times_s: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong, missing or late."""
        return not (self.wrong_parties or self.wrong_states or self.missing or self.late)

    def line(self) -> str:
        """Return one line for people."""
        p50, p95 = percentile(self.times_s, 0.5), percentile(self.times_s, 0.95)
        times = (
            "–"
            if p50 is None or p95 is None
            else f"{p50:.1f} / {p95:.1f} / {max(self.times_s):.1f}"
        )
        mark = "" if self.passed else "  FAILED"
        return (
            f"{self.shape:8} {self.rows:5d} {self.wrong_parties:12d} {self.wrong_states:12d} "
            f"{self.missing:8d} {self.late:5d}  {times}{mark}"
        )


def shape_summaries(result: MatrixResult) -> list[ShapeSummary]:
    """Return the results of each shape's rows, in the order of the shapes' names."""
    shapes = sorted({outcome.row.shape for outcome in result.rows})
    return [_summary(shape, result) for shape in shapes]


def shape_lines(results: Iterable[MatrixResult]) -> Iterator[str]:
    """Yield the table of the shapes."""
    yield _HEAD
    for result in results:
        yield from (summary.line() for summary in shape_summaries(result))
    yield UNKNOWN_IS_WRONG


def _summary(shape: str, result: MatrixResult) -> ShapeSummary:
    outcomes = [outcome for outcome in result.rows if outcome.row.shape == shape]
    sites = {site for outcome in outcomes for site in outcome.trial.place.sites()}
    blames = [blame for blame in result.wrong_blames if blame.change.site in sites]
    logs = [log for site, log in result.reconciliation.by_site.items() if site in sites]
    missing = sum(
        log.missing_changes.total() + (0 if log.gaps else log.missing_runs.total()) for log in logs
    )
    return ShapeSummary(
        shape=shape,
        rows=len(outcomes),
        wrong_parties=sum(blame.error is BlameError.PARTY for blame in blames),
        wrong_states=sum(_is_wrong_state(outcome) for outcome in outcomes),
        missing=missing,
        late=sum(_is_late(outcome) for outcome in outcomes),
        times_s=tuple(
            detection.agent_s for outcome in outcomes for detection in outcome.detections
        ),
    )


def _is_late(outcome: RowResult) -> bool:
    return any(detection.agent_s > outcome.trial.limit_s for detection in outcome.detections)


def _is_wrong_state(outcome: RowResult) -> bool:
    blames = {blame.text() for blame in outcome.wrong_blames}
    return any(
        failure not in blames and not failure.startswith("late:") for failure in outcome.failures
    )
