import pytest

from thongsuot_agent.probes.throughput.figures import grade, latency, rate, responsiveness
from thongsuot_agent.probing.link_load.protocol import LoadReport, RequestTiming


def load(*bins: int) -> LoadReport:
    return LoadReport(bins=bins, received_bytes=sum(bins), timings=())


def echo(connect_s: float, first_byte_s: float, tls_s: float | None = None) -> RequestTiming:
    return RequestTiming(connect_s=connect_s, tls_s=tls_s, first_byte_s=first_byte_s)


def test_the_slow_start_and_both_ragged_ends_are_left_out() -> None:
    bins = (*range(1, 11), *[125_000] * 20, 3)
    assert rate(load(*bins), 1.0, 10.0) == pytest.approx(1.25e6)


def test_too_little_is_no_rate() -> None:
    assert rate(load(*[125_000] * 20), 1.0, 10.0) is None
    assert rate(load(*[125_000] * 21), 1.0, 10.0) == pytest.approx(1.25e6)
    assert rate(load(), 1.0, 10.0) is None


def test_data_that_drains_after_the_time_of_the_test_is_left_out() -> None:
    assert rate(load(*[125_000] * 31, *[60_000] * 10), 1.0, 2.0) == pytest.approx(1.25e6)


def test_silence_inside_counts_as_silence() -> None:
    assert rate(load(0, *[100_000, 0] * 10, 1), 0.1, 10.0) == pytest.approx(0.5e6)


def test_responsiveness_is_round_trips_a_minute() -> None:
    assert responsiveness([]) is None
    assert responsiveness([echo(0.02, 0.04)]) == pytest.approx(60 / 0.03)
    assert responsiveness([echo(0.02, 0.04, 0.06)]) == pytest.approx(60 / 0.04)


def test_one_request_in_twenty_may_be_an_accident() -> None:
    calm = [echo(0.02, 0.02)] * 19
    assert responsiveness([*calm, echo(3.0, 3.0)]) == pytest.approx(3000)
    assert latency([*calm, echo(3.0, 3.0)]) == 0.02
    assert latency([]) is None


@pytest.mark.parametrize(
    ("added_s", "expected"),
    [(0.0, 1), (0.005, 2), (0.03, 3), (0.06, 4), (0.2, 5), (0.4, 6), (9.0, 6)],
)
def test_grades_go_by_the_latency_that_load_adds(added_s: float, expected: int) -> None:
    assert grade(added_s) == expected
