"""The progress of the month's samples, across restarts and from month to month."""

from thongsuot_agent.app.sampling import SamplingProgress
from thongsuot_schema.catalogue.qcvn import DOWN, UP
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding

HOUR_NS = 3600 * 10**9
NOVEMBER_NS = 1_795_500_000 * 10**9  # 24 November 2026, 13:00 in Viet Nam
DECEMBER_NS = NOVEMBER_NS + 10 * 24 * HOUR_NS


def result(finding: Finding, kind: str = "qcvn") -> Result:
    series = Series(kind=kind, revision=1, link="fixed", target="", family=Family.NONE)
    return Result(series=series, boottime_ns=0, finding=finding)


def sample(down: float, up: float | None = None) -> Result:
    """Return the result of one sample; rates in bits per second."""
    values: dict[Metric, float] = {DOWN: down / 8}
    if up is None:
        return result(failed_finding(Reason.TIMED_OUT, values))
    return result(ok_finding(values | {UP: up / 8}))


def test_samples_are_counted_each_way_with_their_mean_and_hours() -> None:
    now_ns = NOVEMBER_NS
    samples = SamplingProgress(lambda: now_ns)
    samples.add_result(sample(90e6, 40e6))
    now_ns += HOUR_NS
    samples.add_result(sample(100e6, 50e6))
    samples.add_result(sample(110e6))
    (status,) = samples.statuses()
    assert (status.link, status.month, status.wanted) == ("fixed", "2026-11", 1000)
    assert (status.down_samples, status.up_samples, status.hours) == (3, 2, 2)
    assert status.down_mean_bits_per_second == 100e6
    assert status.up_mean_bits_per_second == 45e6


def test_an_invalid_sample_is_not_counted() -> None:
    samples = SamplingProgress(lambda: NOVEMBER_NS)
    samples.add_result(result(failed_finding(Reason.LINK_BUSY)))
    samples.add_result(result(ok_finding({}), kind="throughput"))
    assert samples.is_empty
    doubted = SamplingProgress(lambda: None)
    doubted.add_result(sample(1e6, 1e6))
    assert doubted.statuses() == ()


def test_a_restart_continues_and_a_new_month_starts_again() -> None:
    now_ns = NOVEMBER_NS
    samples = SamplingProgress(lambda: now_ns)
    samples.add_result(sample(1e6, 1e6))
    after = SamplingProgress(lambda: now_ns)
    after.restore(samples.dump())
    after.restore("")
    after.add_result(sample(3e6, 3e6))
    assert after.statuses()[0].down_samples == 2
    now_ns = DECEMBER_NS
    after.add_result(sample(5e6, 5e6))
    (status,) = after.statuses()
    assert (status.month, status.down_samples) == ("2026-12", 1)
    assert status.down_mean_bits_per_second == 5e6
