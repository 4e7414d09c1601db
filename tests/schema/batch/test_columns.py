"""Columns say the same as results, row by row."""

from hypothesis import given, settings
from msgspec.structs import replace

from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.realistic import RealisticDevice
from tests.schema.batch.strategies import MS, batches
from tests.schema.batch.test_decode import FAULTY_BODY
from tests.schema.batch.test_encode import EMPTY, INDEX, SERIES, batch_of
from tests.timing import examples
from thongsuot_schema.batch.columns import Columns, decode_columns, value_count
from thongsuot_schema.batch.decode import decode_batch, read_header
from thongsuot_schema.batch.encode import LayoutIndex, encode_batch
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, failed_finding, ok_finding

Row = tuple[object, int, Outcome, Reason | None, dict[str, float], int]


def rows_of(columns: Columns) -> list[Row]:
    """Read columns as a consumer does."""
    rows: list[Row] = []
    costs = columns.costs_bytes()
    for block in columns.blocks:
        assert block.whole == all(None not in column for column in block.columns)
        for series in columns.series_of(block):
            for row in range(series.first_row, series.last_row):
                not_ok = columns.not_ok.get(row)
                values = {
                    metric: column[row - block.first_row]
                    for metric, column in zip(block.block.metrics, block.columns, strict=True)
                }
                rows.append(
                    (
                        columns.layout.layout.series[series.position],
                        columns.times_ms[row] * MS,
                        Outcome.OK if not_ok is None else not_ok.outcome,
                        None if not_ok is None else not_ok.reason,
                        {name: value for name, value in values.items() if value is not None},
                        costs[row],
                    )
                )
    return rows


def columns_and_batch(batch: Batch, index: LayoutIndex) -> tuple[Columns, Batch]:
    body = encode_batch(batch, index)
    columns = decode_columns(body, {index.layout_id: index.compiled}.get)
    assert columns.header == read_header(body)
    return columns, decode_batch(body, {index.layout_id: index.layout}.get)


def assert_same(columns: Columns, batch: Batch) -> None:
    expected = [
        (
            result.series,
            result.boottime_ns,
            result.finding.outcome,
            result.finding.reason,
            result.finding.values,
            result.finding.cost_bytes,
        )
        for result in sorted(batch.results, key=lambda result: result.series)
    ]
    assert rows_of(columns) == expected
    assert (columns.changes, columns.notices) == (batch.changes, batch.notices)


@given(batches())
@settings(max_examples=examples(60))
def test_decoded_columns_equal_the_results_of_the_batch(batch: Batch) -> None:
    assert_same(*columns_and_batch(batch, LayoutBuilder().index_for(batch.results)))


def test_columns_of_a_push_hold_what_the_results_hold() -> None:
    device = RealisticDevice(4)
    builder = LayoutBuilder()
    for _ in range(4):
        batch = replace(device.window(15), changes=(device.change(),))
        assert_same(*columns_and_batch(batch, builder.index_for(batch.results)))


def test_many_rows_without_values_come_back_at_their_places() -> None:
    findings = [
        failed_finding(Reason.NO_ROUTE)
        if at % 3
        else ok_finding({icmp.RTT: at * 1e-3, icmp.LOSS: 0.0})
        for at in range(120)
    ]
    assert_same(*columns_and_batch(batch_of(*findings), INDEX))


def test_a_row_without_a_measurement_holds_none() -> None:
    columns = decode_columns(FAULTY_BODY, lambda _: INDEX.compiled)
    (block,) = columns.blocks
    assert block.block.metrics == (icmp.RTT.name, icmp.LOSS.name, icmp.HOP_LIMIT.name)
    assert block.columns == (
        [0.001, None, None, 0.002],
        [0.0, 1.0, None, 0.0],
        [64.0, None, None, 64.0],
    )
    assert {row: not_ok.reason for row, not_ok in columns.not_ok.items()} == {
        1: Reason.TIMED_OUT,
        2: Reason.NO_ROUTE,
    }


def test_a_result_counts_as_one_value_for_its_outcome_and_one_for_each_metric() -> None:
    batch = RealisticDevice(4).window(15)
    columns, _ = columns_and_batch(batch, LayoutBuilder().index_for(batch.results))
    metrics = {
        columns.layout.layout.series[rows.position]: len(block.block.metrics)
        for block in columns.blocks
        for rows in columns.series_of(block)
    }
    assert value_count(columns) == sum(1 + metrics[result.series] for result in batch.results)
    assert len(set(metrics.values())) > 1


def test_earliest_and_latest_times_are_those_of_the_rows_or_none() -> None:
    finding = ok_finding({icmp.RTT: 0.001, icmp.LOSS: 0.0})
    columns, _ = columns_and_batch(batch_of(finding, finding, finding), INDEX)
    assert (columns.earliest_ms, columns.latest_ms) == (0, 2_000)
    empty, _ = columns_and_batch(EMPTY, INDEX)
    assert (empty.earliest_ms, empty.latest_ms) == (None, None)


def test_the_latest_time_of_a_batch_is_its_newest_row_or_its_seal() -> None:
    seal_ns = EMPTY.clock.boottime_ns
    empty, _ = columns_and_batch(EMPTY, INDEX)
    assert empty.latest_boottime_ns == seal_ns
    result = Result(
        series=SERIES,
        boottime_ns=seal_ns + 5_000 * MS,
        finding=ok_finding({icmp.RTT: 0.001, icmp.LOSS: 0.0}),
    )
    later, _ = columns_and_batch(replace(EMPTY, results=(result,)), INDEX)
    assert later.latest_boottime_ns == seal_ns + 5_000 * MS
