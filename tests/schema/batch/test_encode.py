"""Batches to bytes: small, stable, and refused where they would not come back."""

import math

import msgspec
import pytest
from msgspec.structs import replace

from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.realistic import RealisticDevice, samples
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.decode import decode_batch, read_header
from thongsuot_schema.batch.encode import encode_batch, encode_checked_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS
from thongsuot_schema.batch.model import Batch, ClockReading, Notice, NoticeCode
from thongsuot_schema.catalogue import http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Verdict, VerdictChange

SERIES = Series(kind="icmp", revision=1, link="fiber", target="gateway", family=Family.IP4)
INDEX = index_layout(sorted_layout([SERIES]))
EMPTY = Batch(
    site="site-1",
    stream="00112233445566aa",
    number=1,
    boot_id="00112233-4455-6677-8899-aabbccddeeff",
    clock=ClockReading(boottime_ns=10**12, wall_ns=1_795_540_000 * 10**9),
)


def batch_of(*findings: Finding, series: Series = SERIES) -> Batch:
    return replace(
        EMPTY,
        results=tuple(
            Result(series=series, boottime_ns=at * 10**9, finding=finding)
            for at, finding in enumerate(findings)
        ),
    )


def back(batch: Batch) -> Batch:
    return decode_batch(encode_batch(batch, INDEX), {INDEX.layout_id: INDEX.layout}.get)


@pytest.mark.parametrize(("rows", "at_most"), [(1, 2.6), (4, 1.6), (20, 1.1)])
def test_the_size_of_a_sample_is_limited(rows: int, at_most: float) -> None:
    size = count = 0
    for seed in range(8):
        batch = RealisticDevice(seed).rows(rows)
        size += len(encode_batch(batch, LayoutBuilder().index_for(batch.results)))
        count += samples(batch)
    assert size / count <= at_most


def test_a_push_of_fifteen_seconds_stays_below_two_bytes_a_sample_head_and_all() -> None:
    size = count = 0
    for seed in range(8):
        batch = RealisticDevice(seed).window(15)
        size += len(encode_batch(batch, LayoutBuilder().index_for(batch.results)))
        count += samples(batch)
    assert size / count <= 2.0


def test_a_batch_without_results_needs_no_layout() -> None:
    body = encode_batch(EMPTY, INDEX)
    assert read_header(body).layout == b""
    assert decode_batch(body, lambda _: None) == EMPTY


def test_the_head_takes_at_most_128_bytes() -> None:
    batch = replace(RealisticDevice(7).window(0), previous=bytes(range(16)))
    assert not batch.results
    # The layout's name is not in it while there are no results.
    assert len(encode_batch(batch, INDEX)) + 16 <= 128


def test_equal_batches_give_equal_bytes() -> None:
    batch = RealisticDevice(3).window(60)
    reordered = replace(batch, results=tuple(reversed(batch.results)))
    index = LayoutBuilder().index_for(batch.results)
    assert encode_batch(reordered, index) == encode_batch(batch, index)


def test_healthy_results_take_no_bytes_for_reason_doubt_or_evidence() -> None:
    batch = RealisticDevice(1).rows(4)
    healthy = [result for result in batch.results if result.finding.outcome is Outcome.OK]
    batch = replace(batch, results=tuple(healthy))
    text = frame.unpack(encode_batch(batch, LayoutBuilder().index_for(healthy)), DEFAULT_LIMITS)
    reasons, absences, *others = msgspec.msgpack.decode(text)[-5:]
    assert [reasons, *others] == [[], [], [], []]
    assert len(absences) == 1, "one link has no allowance; it is said once for all its rows"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e15, -1e15])
def test_a_value_out_of_range_is_refused_with_its_metric(value: float) -> None:
    finding = Finding(outcome=Outcome.OK, values={icmp.RTT.name: value})
    with pytest.raises(ValueError, match=r"icmp_rtt_seconds of .*gateway.* is .*no number, or too"):
        encode_batch(batch_of(finding), INDEX)


def test_the_largest_value_that_can_be_kept_comes_back() -> None:
    series = Series(kind="http", revision=1, link="a", target="b", family=Family.IP4)
    index = index_layout(sorted_layout([series]))
    findings = [ok_finding({http.BODY: value}) for value in (0.0, 2.0**61, 0.0)]
    body = encode_batch(batch_of(*findings, series=series), index)
    decoded = decode_batch(body, {index.layout_id: index.layout}.get)
    assert [result.finding for result in decoded.results] == findings


def test_a_metric_that_the_kind_does_not_have_is_refused() -> None:
    finding = Finding(outcome=Outcome.OK, values={"icmp_rtt_second": 1.0})
    with pytest.raises(ValueError, match=r"icmp.* has no metric icmp_rtt_second$"):
        encode_batch(batch_of(finding), INDEX)


def test_a_series_that_the_layout_does_not_have_is_refused() -> None:
    other = replace(SERIES, target="elsewhere")
    with pytest.raises(ValueError, match=r"layout has no series .*elsewhere"):
        encode_batch(batch_of(ok_finding({}), series=other), INDEX)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.OK, Reason.TIMED_OUT),
        (Outcome.FAILED, None),
        (Outcome.FAILED, Reason.NO_ROUTE),
        (Outcome.UNMEASURED, Reason.TIMED_OUT),
    ],
)
def test_an_outcome_that_contradicts_its_reason_is_refused(
    outcome: Outcome, reason: Reason | None
) -> None:
    with pytest.raises(ValueError, match="contradicts reason"):
        encode_batch(batch_of(Finding(outcome=outcome, reason=reason)), INDEX)


def test_values_of_what_was_not_measured_are_refused() -> None:
    finding = Finding(
        outcome=Outcome.UNMEASURED, reason=Reason.NO_ROUTE, values={icmp.LOSS.name: 1.0}
    )
    with pytest.raises(ValueError, match=r"unmeasured \(no_route\) has no values"):
        encode_batch(batch_of(finding), INDEX)


@pytest.mark.parametrize("stream", ["", "00112233445566A", "00112233445566AA", "g" * 16])
def test_a_stream_that_is_not_sixteen_digits_is_refused(stream: str) -> None:
    with pytest.raises(ValueError, match="is not 16 hexadecimal digits"):
        encode_batch(replace(EMPTY, stream=stream), INDEX)


def test_a_boot_id_that_is_not_a_uuid_is_refused() -> None:
    with pytest.raises(ValueError, match="boot id 'boot-1' is not a UUID"):
        encode_batch(replace(EMPTY, boot_id="boot-1"), INDEX)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (batch_of(*[ok_finding({})] * 20_001), "20001 results; receivers take 20000"),
        (
            replace(EMPTY, notices=(Notice(code=NoticeCode.GAP, boottime_ns=1),) * 1001),
            "1001 notices; receivers take 1000",
        ),
    ],
)
def test_a_batch_larger_than_receivers_take_is_refused(batch: Batch, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_batch(batch, INDEX)


SEEN = VerdictChange(
    verdict=Verdict(link="fiber", service="", state=State.DOWN),
    before=State.UP,
    onset_boottime_ns=10**11,
    decided_boottime_ns=10**11,
)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (
            replace(
                EMPTY,
                changes=(
                    replace(
                        SEEN,
                        verdict=replace(SEEN.verdict, evidence=(Evidence(kind="http", ok=-1),)),
                    ),
                ),
            ),
            "Expected `int` >= 0",
        ),
        (replace(EMPTY, changes=(replace(SEEN, onset_boottime_ns=-(10**9)),)), "before the boot"),
        (replace(EMPTY, site=""), "length >= 1"),
        (
            replace(EMPTY, notices=(Notice(code=NoticeCode.GAP, boottime_ns=1, count=-1),)),
            "Expected `int` >= 0",
        ),
    ],
    ids=["a count below zero", "a time before the boot", "no site", "a notice of less than none"],
)
def test_what_every_receiver_would_refuse_is_refused_here(batch: Batch, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_checked_batch(batch, INDEX)


def test_a_checked_batch_is_the_same() -> None:
    batch = replace(batch_of(ok_finding({icmp.RTT: 0.02})), changes=(SEEN,))
    assert encode_checked_batch(batch, INDEX) == encode_batch(batch, INDEX)


def test_long_texts_are_cut_where_the_format_ends() -> None:
    evidence = {f"key {number}": "v" * 300 for number in range(40)}
    finding = Finding(outcome=Outcome.OK, detail="ế" * 300, evidence=evidence)
    notice = Notice(code=NoticeCode.STARTED, boottime_ns=0, text="x" * 300)
    returned = back(replace(batch_of(finding), notices=(notice,)))
    assert returned.results[0].finding.detail == "ế" * 200
    assert returned.results[0].finding.evidence == {f"key {n}": "v" * 200 for n in range(32)}
    assert returned.notices[0].text == "x" * 200


@pytest.mark.parametrize(
    ("error_s", "kept"),
    [(0.000_001, 0.000_001), (0.1, 0.1), (0.123_456_1, 0.123_457), (None, None)],
)
def test_the_clock_error_is_a_bound_and_so_is_rounded_up(
    error_s: float | None, kept: float | None
) -> None:
    returned = back(replace(EMPTY, clock=replace(EMPTY.clock, error_s=error_s)))
    assert returned.clock.error_s == kept


def test_times_lose_what_is_below_a_millisecond() -> None:
    batch = batch_of(ok_finding({}))
    late = replace(batch, results=(replace(batch.results[0], boottime_ns=5_999_999),))
    assert back(late).results[0].boottime_ns == 5_000_000
