"""Results as lines: the same as ``influxdb-client`` writes, point for point."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.batches import S, change, failed, icmp_result, unmeasured, usual_results
from tests.collector.sinks.remote_write.test_encode import EPOCH, OUTCOMES, SITE, decoded
from tests.collector.state.test_site import agent, opened
from thongsuot_collector.sinks.influxdb.line_protocol import (
    LinePrefixCache,
    encode_lines,
    lines_in,
    request_of_lines,
    verdict_lines,
)
from thongsuot_collector.state.verdicts import StreamVerdicts
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

Point: Any = import_module("influxdb_client").Point
"""Of ``influxdb-client``, which has types for some of itself."""


def encoded(results: list[Result], labels: dict[str, str] | None = None) -> list[str]:
    known = {"commune": "00070"} if labels is None else labels
    columns = decoded(results)
    lines = LinePrefixCache(lambda _site, _link: known).for_layout(SITE, b"x", columns.layout)
    encoded_series = encode_lines(columns, lines, epoch_ns=EPOCH)
    assert encoded_series is not None
    taken = lines_in(encoded_series.body)
    assert request_of_lines(taken) == encoded_series.body
    assert encoded_series.samples == sum(sample.count for sample in taken)
    assert encoded_series.earliest_ms == min(sample.time_ms for sample in taken)
    assert encoded_series.latest_ms == max(sample.time_ms for sample in taken)
    return encoded_series.body.decode().splitlines()


def by_the_client(result: Result, labels: dict[str, str]) -> str:
    """Return the point of a result as ``influxdb-client`` writes it."""
    series, finding = result.series, result.finding
    family = "" if series.family is Family.NONE else series.family.value
    tags = {"site": SITE, "link": series.link, "target": series.target, "family": family}
    point = Point(f"thongsuot_{series.kind}")
    for name, text in (labels | tags).items():
        point = point.tag(name, text)
    for name, value in finding.values.items():
        point = point.field(name.removeprefix(f"{series.kind}_"), value)
    if finding.outcome is Outcome.UNMEASURED:
        point = point.field("unmeasured", 1.0)
    else:
        point = point.field("success", float(finding.outcome is Outcome.OK))
    time_ms = (EPOCH + result.boottime_ns) // 1_000_000
    return str(point.time(time_ms, write_precision="ms").to_line_protocol())


def with_sorted_fields(line: str) -> tuple[str, dict[str, float], str]:
    begin, fields, time = line.rsplit(" ", 2)
    pairs = (pair.split("=") for pair in fields.split(","))
    return begin, {name: float(value) for name, value in pairs}, time


def same(lines: list[str], results: list[Result], labels: dict[str, str]) -> bool:
    expected = [with_sorted_fields(by_the_client(result, labels)) for result in results]
    order = lambda line: (line[0], line[2])  # noqa: E731 - a name for one comparison
    return sorted(map(with_sorted_fields, lines), key=order) == sorted(expected, key=order)


def test_a_usual_batch_is_what_the_client_would_write() -> None:
    results = usual_results(9_985 * S)
    lines = encoded(results)
    assert len(lines) == len(results)
    assert same(lines, results, {"commune": "00070"})


@given(OUTCOMES)
def test_every_outcome_of_a_run_is_encoded_as_the_client_would_write_it(
    outcomes: list[tuple[str, str, int]],
) -> None:
    make = {"ok": icmp_result, "failed": failed, "unmeasured": unmeasured}
    results = [make[outcome](second * S, target=target) for outcome, target, second in outcomes]
    assert same(encoded(results), results, {"commune": "00070"})


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), max_size=20),
    st.text("ab ,=\"'#", max_size=10),
)
def test_names_are_escaped_as_the_client_escapes_them(carrier: str, target: str) -> None:
    results = [icmp_result(9_990 * S, target=target)]
    assert same(encoded(results, {"carrier": carrier}), results, {"carrier": carrier})


@pytest.mark.parametrize("name", ["\\", "a\\", "a\\,b", "a\nb 1=2 3\nc"])
def test_no_name_can_end_its_tag_or_its_line(name: str) -> None:
    (line,) = encoded([icmp_result(9_990 * S, target=name)])
    tags = line.replace("\\,", "").replace("\\ ", "").replace("\\=", "").split(" ")[0]
    assert [tag.split("=")[0] for tag in tags.split(",")[1:]] == [
        "commune",
        "family",
        "link",
        "site",
        "target",
    ]


def test_measurement_and_field_are_the_name_that_prometheus_knows() -> None:
    for name in catalogue.kinds():
        kind = catalogue.load(name)
        for metric in kind.metrics:
            assert metric.name.startswith(f"{name}_"), metric.name


def test_verdicts_are_numbers_and_what_is_unknown_is_not_a_line() -> None:
    device, verdicts = agent(), StreamVerdicts()
    changes = [
        change(980 * S, State.DOWN, segment=Segment.CARRIER),
        change(990 * S, State.UNKNOWN, before=State.DOWN),
        change(995 * S, State.UP, service="portal"),
    ]
    batch = device.batch(1000 * S, changes=changes)
    _, columns = opened(device, batch)
    verdicts.add(batch.number, changes, [])
    encoded_series = verdict_lines(
        SITE,
        columns,
        verdicts.certain_at(1000 * S, batch.number),
        cache=LinePrefixCache(lambda _site, _link: {}),
        epoch_ns=EPOCH,
    )
    assert encoded_series is not None
    assert encoded_series.samples == 6

    def at(second: int) -> int:
        return EPOCH // 1_000_000 + second * 1000

    begin = f"thongsuot_verdict,link=fiber,site={SITE}"
    assert encoded_series.body.decode().splitlines() == [
        f"{begin} state_number=2.0,segment_number=4.0 {at(980)}",
        f"{begin},target=portal state_number=0.0,segment_number=0.0 {at(995)}",
        f"{begin},target=portal state_number=0.0,segment_number=0.0 {at(1000)}",
    ]
