"""Table: the account of a run as lines for a terminal."""

from collections.abc import Iterable, Iterator

from thongsuot_lab.matrix.account import Account, Outcome, party_of, percentile
from thongsuot_lab.matrix.truth import Wrong

_HEAD = (
    f"{'row':22} {'at':12} {'verdict':38} {'party':9} {'agent s':>13} {'collector s':>13}  bound"
)


def lines(account: Account) -> Iterator[str]:
    """Yield the whole table, then what all rows come to together."""
    yield _HEAD
    for outcome in account.outcomes:
        yield _line(outcome)
        yield from (f"    {failure}" for failure in outcome.failures)
    yield ""
    detections = account.detections()
    agent = _spread(one.agent_s for one in detections)
    collector = _spread(
        one.collector_s
        for outcome in account.outcomes
        if outcome.row.heard
        for one in outcome.detections
    )
    yield f"time to know, {len(detections)} verdicts: agent {agent} s, collector {collector} s"
    yield (
        f"{len(account.outcomes)} rows, {account.turns} verdict changes, "
        f"{account.healthy_s / 60:.0f} site-minutes with nothing wrong"
    )
    outside = [blame for blame in account.blames if not blame.during]
    yield from (f"    {blame.text()}" for blame in outside)
    parties = sum(blame.wrong is Wrong.PARTY for blame in account.blames)
    yield from account.books.lines()
    yield f"wrong segment of the right party: {len(account.blames) - parties}"
    yield f"faults blamed on a party not at fault: {parties}"


def _line(outcome: Outcome) -> str:
    row, place = outcome.row, outcome.trial.place
    agent = _spread(one.agent_s for one in outcome.detections)
    collector = _spread(one.collector_s for one in outcome.detections) if row.heard else "–"
    mark = "" if not outcome.failures else "  FAILED"
    bound = f"{row.within.intervals:g} {row.within.kind}" if row.sees else "–"
    return (
        f"{row.name:22} {place.name:12} {_verdict(outcome):38} {party_of(row):9} "
        f"{agent:>13} {collector:>13}  {bound}{mark}"
    )


def _verdict(outcome: Outcome) -> str:
    if not outcome.row.sees:
        return "nothing wrong"
    sees = outcome.row.sees[0]
    symptoms = "|".join(sorted(sees.symptoms))
    return f"{sees.state} {sees.segment or '–'} {symptoms}"


def _spread(values: Iterable[float]) -> str:
    known = list(values)
    p50, p95 = percentile(known, 0.5), percentile(known, 0.95)
    if p50 is None or p95 is None:
        return "–"
    return f"{p50:.1f}" if len(known) == 1 else f"{p50:.1f} / {p95:.1f}"
