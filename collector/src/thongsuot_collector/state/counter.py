"""Counter: a batch's results about the computers at the counter of a site. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from thongsuot_schema.batch.columns import Columns, RowOutcome
from thongsuot_schema.catalogue import counter
from thongsuot_schema.counter_path import CounterRun, SwitchOver, run_from, says_nothing
from thongsuot_schema.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterResult:
    """
    One result: a measured run, or ``is_unknown``: a run that could not be made and invalidates the
    previous one. ``at_s`` is Unix time.
    """

    at_s: float
    run: CounterRun | None = None
    switch_over: SwitchOver | None = None
    is_unknown: bool = False


def counter_runs(columns: Columns, epoch_ms: int) -> Iterator[CounterResult]:
    """Yield a batch's results of the kind, in order of their start."""
    rows: list[CounterResult] = []
    for block in columns.blocks:
        if block.block.kind != counter.KIND.name:
            continue
        by_metric = dict(zip(block.block.metrics, block.columns, strict=True))
        took = by_metric.get(counter.SWITCH_OVER.name)
        evidence = columns.evidence()
        for of_series in columns.series_of(block):
            target = columns.layout.layout.series[of_series.position].target
            for row in range(of_series.first_row, of_series.last_row):
                at_s = (epoch_ms + columns.times_ms[row]) / 1000
                took_s = None if took is None else took[row - block.first_row]
                rows.append(
                    _result(columns.not_ok.get(row), target, at_s, took_s, evidence.get(row))
                )
    yield from sorted(rows, key=lambda seen: seen.at_s)


def _result(
    not_ok: RowOutcome | None,
    target: str,
    at_s: float,
    took_s: float | None,
    evidence: Mapping[str, str] | None,
) -> CounterResult:
    texts = evidence or {}
    outcome = Outcome.OK if not_ok is None else not_ok.outcome
    reason = None if not_ok is None else not_ok.reason
    run = run_from(target, at_s, outcome, reason, texts)
    if run is None:
        return CounterResult(at_s=at_s, is_unknown=not says_nothing(reason))
    switch_over = None
    if took_s is not None:
        switch_over = SwitchOver(
            at_s=at_s,
            from_link=texts.get(counter.FROM_LINK, ""),
            to_link=run.link,
            took_s=took_s,
        )
    return CounterResult(at_s=at_s, run=run, switch_over=switch_over)
