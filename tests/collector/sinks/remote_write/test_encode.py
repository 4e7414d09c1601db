"""Results as samples: the fast way and the careful way say the same, and nothing is left out."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.batches import BatchSealer, S, failed, icmp_result, unmeasured, usual_results
from thongsuot_collector.samples.series import EARLIEST_MS
from thongsuot_collector.sinks.remote_write.encode import encode_results
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.protobuf import labels_field
from thongsuot_collector.sinks.remote_write.snappy import samples_of
from thongsuot_schema.batch.columns import Columns, decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.layout import compile_layout
from thongsuot_schema.batch.model import Layout
from thongsuot_schema.catalogue.loader import load
from thongsuot_schema.metric import PREFIX
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Result

SITE = "hoan-kiem"
EPOCH = 1_795_540_000 * S

NO_LABELS = LabelCache(lambda _site, _link: {}).for_layout(
    SITE, b"", compile_layout(Layout(series=()))
)

Found = dict[tuple[bytes, int], float]


def decoded(results: list[Result]) -> Columns:
    agent = BatchSealer(SITE, epoch_ns=EPOCH)
    body, layout_body = agent.sealed(agent.batch(10_000 * S, results))
    layout_id, layout = decode_layout(layout_body)
    return decode_columns(body, {layout_id: compile_layout(layout)}.get)


def encoded(results: list[Result], epoch_ns: int = EPOCH) -> Found:
    columns = decoded(results)
    labels = LabelCache(lambda _site, _link: {"commune": "00070"}).for_layout(
        SITE, b"x", columns.layout
    )
    encoded_series = encode_results(columns, labels, epoch_ns=epoch_ns)
    assert encoded_series is not None
    taken = samples_of(encoded_series)
    assert encoded_series.samples == len(taken)
    assert encoded_series.earliest_ms == min(sample.time_ms for sample in taken)
    assert encoded_series.latest_ms == max(sample.time_ms for sample in taken)
    values = {
        (sample.labels, sample.time_ms): struct.unpack("<d", sample.value)[0] for sample in taken
    }
    assert len(values) == len(taken), "two samples of a series at one time"
    return values


def expected(results: list[Result]) -> Found:
    """The same, one result after the other, as the rules read."""
    values: Found = {}
    for result in results:
        series, finding = result.series, result.finding
        time_ms = EPOCH // 1_000_000 + result.boottime_ns // 1_000_000
        named: dict[str, float] = {PREFIX + name: value for name, value in finding.values.items()}
        kind = load(series.kind)
        if finding.outcome is Outcome.UNMEASURED:
            named[kind.unmeasured_name] = 1.0
        else:
            named[kind.success_name] = 1.0 if finding.outcome is Outcome.OK else 0.0
        for name, value in named.items():
            labels = labels_field(
                {
                    "__name__": name,
                    "site": SITE,
                    "commune": "00070",
                    "link": series.link,
                    "target": series.target,
                    "family": "" if series.family is Family.NONE else series.family.value,
                }
            )
            values[labels, time_ms] = value
    return values


def test_a_usual_batch_is_whole_in_the_request() -> None:
    results = usual_results(9_985 * S)
    values = encoded(results)
    assert len(values) == len(results) * 4
    assert values == expected(results)


OUTCOMES = st.lists(
    st.tuples(
        st.sampled_from(["ok", "failed", "unmeasured"]),
        st.sampled_from(["exchange", "abroad", "resolver"]),
        st.integers(1, 3000),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda outcome: (outcome[1], outcome[2]),
)


@given(OUTCOMES)
def test_exactly_one_of_success_and_unmeasured_is_written_for_each_result(
    outcomes: list[tuple[str, str, int]],
) -> None:
    make = {"ok": icmp_result, "failed": failed, "unmeasured": unmeasured}
    results = [make[outcome](second * S, target=target) for outcome, target, second in outcomes]
    values = encoded(results)
    assert values == expected(results)
    outcome_samples = [
        labels for labels, _ in values if b"success" in labels or b"unmeasured" in labels
    ]
    assert len(outcome_samples) == len(results)


def test_two_runs_in_one_millisecond_stay_two_samples() -> None:
    results = [icmp_result(1000 * S + offset, rtt_s=0.01) for offset in (0, 100_000, 200_000)]
    values = encoded(results)
    rtts = [time_ms for labels, time_ms in values if b"icmp_rtt_seconds" in labels]
    start_ms = (EPOCH + 1000 * S) // 1_000_000
    assert rtts == [start_ms, start_ms + 1, start_ms + 2]


def test_times_out_of_range_are_moved_to_the_earliest_one() -> None:
    values = encoded([icmp_result(1000 * S)], epoch_ns=-(10**18))
    assert {time_ms for _, time_ms in values} == {EARLIEST_MS}


def test_a_batch_without_results_is_not_a_request() -> None:
    assert encode_results(decoded([]), NO_LABELS, epoch_ns=EPOCH) is None
