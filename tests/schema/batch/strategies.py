"""Batches that hypothesis makes up, and what becomes of them by travelling."""

from hypothesis import strategies as st
from msgspec.structs import replace

from thongsuot_schema.batch.layout import metric_column
from thongsuot_schema.batch.model import Batch, ClockReading, Notice, NoticeCode
from thongsuot_schema.catalogue.loader import load
from thongsuot_schema.metric import Metric, ProbeKind
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, QualityFlag, Result, Series
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

KINDS = [load(name) for name in ("dns", "host", "http", "icmp")]
MS = 1_000_000
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", max_size=12)
TEXTS = st.text(max_size=40)
BOOT_TIMES = st.integers(0, 40 * 86_400 * 1_000 * MS)
METRICS = {metric.name: metric for kind in KINDS for metric in kind.metrics}


def values_of(metric: Metric) -> st.SearchStrategy[float]:
    """Values in the range of a metric, or a great many steps where it has none."""
    low = metric.minimum if metric.minimum is not None else -(2.0**50) * metric.resolution
    high = metric.maximum if metric.maximum is not None else 2.0**50 * metric.resolution
    return st.floats(low, high) | st.sampled_from([low, high])


@st.composite
def findings(draw: st.DrawFn, kind: ProbeKind) -> Finding:
    reason = draw(st.none() | st.none() | st.sampled_from(Reason))
    outcome = Outcome.OK if reason is None else outcome_of(reason)
    metrics = list(kind.metrics)
    if outcome is Outcome.UNMEASURED:
        metrics = []
    elif draw(st.integers(0, 4)) == 0:
        metrics = draw(st.lists(st.sampled_from(metrics), unique=True))
    return Finding(
        outcome=outcome,
        reason=reason,
        values={metric.name: draw(values_of(metric)) for metric in metrics},
        doubts=tuple(draw(st.lists(st.sampled_from(QualityFlag), max_size=2, unique=True))),
        detail=draw(st.just("") | TEXTS),
        evidence=draw(st.just({}) | st.dictionaries(TEXTS, TEXTS, max_size=2)),
        cost_bytes=draw(st.integers(0, 100_000)),
    )


@st.composite
def results(draw: st.DrawFn) -> list[Result]:
    drawn = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(KINDS))
        series = Series(
            kind=kind.name,
            revision=kind.revision,
            link=draw(NAMES),
            target=draw(NAMES),
            family=draw(st.sampled_from(Family)),
        )
        times = draw(st.lists(BOOT_TIMES, max_size=5))
        drawn += [
            Result(series=series, boottime_ns=time, finding=draw(findings(kind))) for time in times
        ]
    return drawn


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
EVIDENCE = st.builds(
    Evidence,
    kind=NAMES,
    target=NAMES,
    family=st.sampled_from(Family),
    segment=st.none() | st.sampled_from(Segment),
    outcome=st.none() | st.sampled_from(Outcome),
    reason=st.none() | st.sampled_from(Reason),
    ok=st.integers(0, 1000),
    failed=st.integers(0, 1000),
    unmeasured=st.integers(0, 1000),
    metric=st.sampled_from(sorted(METRICS)),
    value=st.none() | NUMBERS,
    limit=st.none() | NUMBERS,
    link=NAMES,
)
CHANGES = st.builds(
    VerdictChange,
    verdict=st.builds(
        Verdict,
        link=NAMES,
        service=NAMES,
        state=st.sampled_from(State),
        segment=st.none() | st.sampled_from(Segment),
        symptom=st.sampled_from(Symptom),
        evidence=st.lists(EVIDENCE, max_size=3).map(tuple),
    ),
    before=st.sampled_from(State),
    onset_boottime_ns=BOOT_TIMES,
    decided_boottime_ns=BOOT_TIMES,
)
NOTICES = st.builds(
    Notice,
    code=st.sampled_from(NoticeCode),
    boottime_ns=BOOT_TIMES,
    text=TEXTS,
    count=st.integers(0, 10**6),
    value=st.none() | NUMBERS,
    from_boottime_ns=st.none() | BOOT_TIMES,
)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    octets = draw(st.binary(min_size=16, max_size=16)).hex()
    return Batch(
        site=draw(st.text(min_size=1, max_size=20)),
        stream=draw(st.binary(min_size=8, max_size=8)).hex(),
        number=draw(st.integers(1, 2**62)),
        boot_id="-".join((octets[:8], octets[8:12], octets[12:16], octets[16:20], octets[20:])),
        clock=ClockReading(
            boottime_ns=draw(BOOT_TIMES),
            wall_ns=draw(st.integers(0, 2**62)),
            error_s=draw(st.none() | st.integers(0, 10**9).map(lambda us: us / 1e6)),
        ),
        previous=draw(st.just(b"") | st.binary(min_size=16, max_size=16)),
        results=tuple(draw(results())),
        changes=tuple(draw(st.lists(CHANGES, max_size=2))),
        notices=tuple(draw(st.lists(NOTICES, max_size=2))),
    )


def travelled(batch: Batch) -> Batch:
    """What a batch is after travelling: whole milliseconds and steps, results in order."""
    in_order = sorted(batch.results, key=lambda result: (result.series, result.boottime_ns))
    rounded = [
        replace(result, boottime_ns=_whole(result.boottime_ns), finding=_stepped(result.finding))
        for result in in_order
    ]
    return replace(
        batch,
        results=tuple(sorted(rounded, key=lambda result: result.boottime_ns)),
        changes=tuple(
            replace(
                change,
                onset_boottime_ns=_whole(change.onset_boottime_ns),
                decided_boottime_ns=_whole(change.decided_boottime_ns),
            )
            for change in batch.changes
        ),
        notices=tuple(
            replace(
                notice,
                boottime_ns=_whole(notice.boottime_ns),
                from_boottime_ns=None
                if notice.from_boottime_ns is None
                else _whole(notice.from_boottime_ns),
            )
            for notice in batch.notices
        ),
    )


def _whole(time_ns: int) -> int:
    return time_ns - time_ns % MS


def _stepped(finding: Finding) -> Finding:
    values = {}
    for name, value in finding.values.items():
        column = metric_column(METRICS[name])
        steps = round(value * column.denominator / column.numerator)
        values[name] = steps * column.numerator / column.denominator
    return replace(finding, values=values)
