"""The results of a run, as a table for a terminal."""

from collections.abc import Iterable, Iterator

from thongsuot_lab.matrix.blame import BlameError
from thongsuot_lab.matrix.result import MatrixResult, RowResult, percentile, responsible_party

_HEAD = (
    f"{'row':22} {'at':12} {'verdict':38} {'party':9} {'agent s':>13} {'collector s':>13}  bound"
)


def table_lines(result: MatrixResult) -> Iterator[str]:
    """Yield the whole table, then the summary of all rows."""
    yield _HEAD
    for outcome in result.rows:
        yield _line(outcome)
        yield from (f"    {failure}" for failure in outcome.failures)
    yield ""
    detections = result.detections()
    agent = _spread(detection.agent_s for detection in detections)
    collector = _spread(
        detection.collector_s
        for outcome in result.rows
        if outcome.row.collector_reachable
        for detection in outcome.detections
    )
    yield f"time to know, {len(detections)} verdicts: agent {agent} s, collector {collector} s"
    yield (
        f"{len(result.rows)} rows, {result.changes} verdict changes, "
        f"{result.healthy_s / 60:.0f} site-minutes with nothing wrong"
    )
    # Also one that was decided just after a row's end: it counts, and belongs to no row.
    of_rows = [blame for outcome in result.rows for blame in outcome.wrong_blames]
    outside = [blame for blame in result.wrong_blames if blame not in of_rows]
    yield from (f"    {blame.text()}" for blame in outside)
    parties = sum(blame.error is BlameError.PARTY for blame in result.wrong_blames)
    yield from result.reconciliation.lines()
    yield f"wrong segment of the right party: {len(result.wrong_blames) - parties}"
    yield f"faults blamed on a party not at fault: {parties}"


def _line(outcome: RowResult) -> str:
    row, place = outcome.row, outcome.trial.place
    agent = _spread(detection.agent_s for detection in outcome.detections)
    collector = (
        _spread(detection.collector_s for detection in outcome.detections)
        if row.collector_reachable
        else "–"
    )
    mark = "" if not outcome.failures else "  FAILED"
    bound = f"{row.bound.intervals:g} {row.bound.kind}" if row.expected else "–"
    return (
        f"{row.name:22} {place.name:12} {_verdict(outcome):38} {responsible_party(row):9} "
        f"{agent:>13} {collector:>13}  {bound}{mark}"
    )


def _verdict(outcome: RowResult) -> str:
    if not outcome.row.expected:
        return "nothing wrong"
    sees = outcome.row.expected[0]
    symptoms = "|".join(sorted(sees.symptoms))
    return f"{sees.state} {sees.segment or '–'} {symptoms}"


def _spread(values: Iterable[float]) -> str:
    known = list(values)
    p50, p95 = percentile(known, 0.5), percentile(known, 0.95)
    if p50 is None or p95 is None:
        return "–"
    return f"{p50:.1f}" if len(known) == 1 else f"{p50:.1f} / {p95:.1f}"
