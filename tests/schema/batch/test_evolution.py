"""A newer agent pushes to an older collector, and the reverse: understood as far as possible."""

import msgspec

from tests.schema.batch.test_decode import (
    CHANGES,
    CLOCK,
    DOUBTS,
    NOTICES,
    REASONS,
    RICH,
    RICH_BODY,
    Arrays,
    arrays_of,
    layouts,
    packed,
)
from tests.schema.batch.test_encode import EMPTY, INDEX, batch_of
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.decode import decode_batch, decode_layout, read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Batch, KindColumns, MetricColumn, NoticeCode
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag, Result, Series
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def grown(value: Arrays) -> Arrays:
    """Append a field to every array that stands for a structure, as a newer version may."""
    return [*value, {"new": ["field", 1.5]}]


def decoded(arrays: object) -> Batch:
    return decode_batch(packed(arrays), layouts(INDEX))


def test_appended_fields_are_skipped_at_every_level() -> None:
    arrays = arrays_of(RICH_BODY)
    arrays[CLOCK] = grown(arrays[CLOCK])
    arrays[CHANGES] = [grown(change) for change in arrays[CHANGES]]
    for change in arrays[CHANGES]:
        change[8] = [grown(evidence) for evidence in change[8]]
    arrays[NOTICES] = [grown(notice) for notice in arrays[NOTICES]]
    arrays[REASONS] = [grown([grown(reason), rows]) for reason, rows in arrays[REASONS]]
    arrays[DOUBTS] = [grown([["timer_late"], [0]])]
    batch = decoded(grown(arrays))
    assert batch.changes == decode_batch(RICH_BODY, layouts(INDEX)).changes
    assert [result.finding.reason for result in batch.results] == [
        result.finding.reason for result in RICH.results
    ]
    assert read_header(packed(grown(arrays))).results == len(RICH.results)


def test_an_unknown_reason_keeps_its_outcome_and_its_word() -> None:
    arrays = arrays_of(RICH_BODY)
    arrays[REASONS] = [[[1, "path_on_fire"], [0]], [[2, "too_tired"], [2]]]
    results = decoded(arrays).results
    assert (results[0].finding.outcome, results[0].finding.reason) == (
        Outcome.FAILED,
        Reason.FAILED_OTHERWISE,
    )
    assert results[0].finding.detail == "path_on_fire"
    assert (results[2].finding.outcome, results[2].finding.reason) == (
        Outcome.UNMEASURED,
        Reason.UNMEASURED_OTHERWISE,
    )
    assert results[1].finding.detail == "no answer"
    columns = decode_columns(packed(arrays), lambda _: INDEX.compiled)
    assert columns.not_ok[0].sender_reason == "path_on_fire"


def test_an_unknown_doubt_is_still_a_doubt() -> None:
    arrays = arrays_of(RICH_BODY)
    arrays[DOUBTS] = [[["moon_is_full", "timer_late"], [0]]]
    assert decoded(arrays).results[0].finding.doubts == (QualityFlag.OTHER, QualityFlag.TIMER_LATE)


def test_unknown_words_of_a_verdict_are_read_as_general_ones() -> None:
    arrays = arrays_of(RICH_BODY)
    change = arrays[CHANGES][0]
    change[2:6] = ["sideways", "beyond", "strange", "sideways"]
    change[8][0][2:6] = ["ip7", "beyond", "failed", "path_on_fire"]
    read_change = decoded(arrays).changes[0]
    assert read_change.before is State.UNKNOWN
    assert read_change.verdict.state is State.UNKNOWN
    assert read_change.verdict.segment is None
    assert read_change.verdict.symptom is Symptom.NONE
    evidence = read_change.verdict.evidence[0]
    assert (evidence.family, evidence.segment) == (Family.NONE, None)
    assert evidence.reason is Reason.FAILED_OTHERWISE


def test_an_unknown_notice_keeps_its_code_in_its_text() -> None:
    arrays = arrays_of(RICH_BODY)
    arrays[NOTICES][0][0] = "battery_low"
    arrays[NOTICES][0][2] = "3 %"
    notice = decoded(arrays).notices[0]
    assert (notice.code, notice.text) == (NoticeCode.OTHER, "battery_low: 3 %")


NEWER = KindColumns(
    kind="icmp",
    revision=2,
    columns=(
        MetricColumn(metric="icmp_rtt_seconds", denominator=10**9),
        MetricColumn(metric="icmp_shape_number", numerator=5),
    ),
)


def test_metrics_of_a_newer_revision_are_read_as_the_layout_describes_them() -> None:
    series = Series(kind="icmp", revision=2, link="fiber", target="a", family=Family.IP4)
    index = index_layout(sorted_layout([series], [NEWER]))
    finding = Finding(
        outcome=Outcome.OK,
        values={"icmp_rtt_seconds": 0.000_000_123, "icmp_shape_number": 35.0},
    )
    result = Result(series=series, boottime_ns=0, finding=finding)
    body = encode_batch(msgspec.structs.replace(EMPTY, results=(result,)), index)
    name, layout = decode_layout(encode_layout(index.layout))
    assert name == index.layout_id
    assert decode_batch(body, {name: layout}.get).results == (result,)


def test_a_layout_with_unknown_fields_is_identified_by_the_bytes_received() -> None:
    arrays = grown(arrays_of(encode_layout(INDEX.layout)))
    arrays[1] = [grown(kind) for kind in arrays[1]]
    name, layout = decode_layout(packed(arrays))
    assert layout == INDEX.layout
    assert name == digest_of(msgspec.msgpack.encode(arrays)) != INDEX.layout_id


def test_a_kind_that_is_not_in_the_catalogue_comes_through() -> None:
    kind = KindColumns(kind="radio", revision=1, columns=(MetricColumn(metric="radio_rsrp_dbm"),))
    series = Series(kind="radio", revision=1, link="5g", target="", family=Family.NONE)
    index = index_layout(sorted_layout([series], [kind]))
    finding = Finding(outcome=Outcome.OK, values={"radio_rsrp_dbm": -97.0})
    body = encode_batch(batch_of(finding, series=series), index)
    columns = decode_columns(body, {index.layout_id: index.compiled}.get)
    assert columns.blocks[0].block.metrics == ("radio_rsrp_dbm",)
    assert [*map(list, columns.blocks[0].columns)] == [[-97.0]]
