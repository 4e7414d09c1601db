"""
The waits of a sink: growing, longer where a person is needed, told once per doubling, ended by
success.
"""

import logging

import pytest

from tests.fakes.clock import FakeClock
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction
from thongsuot_collector.sinks.delivery.retry import DeliveryRetry


def retry() -> DeliveryRetry:
    return DeliveryRetry("database", min_backoff_s=1.0, max_backoff_s=60.0)


def waits(action: DeliveryAction, tries: int, *, at_least_s: float = 0.0) -> list[float]:
    """Return the waits of so many failures in a row, on a clock that jumps."""
    clock = FakeClock()
    made = retry()
    waits_s: list[float] = []

    async def fail() -> None:
        for _ in range(tries):
            before_ns = clock.boottime_ns()
            await made.wait(action, "no answer", size_bytes=7, at_least_s=at_least_s)
            waits_s.append((clock.boottime_ns() - before_ns) / 1e9)

    clock.run(fail())
    return waits_s


def test_waits_double_up_to_the_limit_each_shortened_by_at_most_a_half() -> None:
    for place, wait_s in enumerate(waits(DeliveryAction.RETRY, 10)):
        full_s = min(60.0, 2.0**place)
        assert full_s / 2 <= wait_s <= full_s


def test_errors_that_a_person_has_to_fix_wait_ten_times_as_long_up_to_a_limit() -> None:
    for place, wait_s in enumerate(waits(DeliveryAction.WAIT, 10)):
        full_s = min(300.0, 10.0 * 2.0**place)
        assert full_s / 2 <= wait_s <= full_s


def test_no_wait_is_shorter_than_the_far_side_asked_for() -> None:
    waited_s = waits(DeliveryAction.RETRY, 3, at_least_s=7.0)
    assert waited_s == pytest.approx([7.0, 7.0, 7.0], abs=0.01)


def test_a_trouble_is_reported_once_per_doubling_with_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    made = retry()
    failures: list[int] = []

    async def live() -> None:
        for _ in range(9):
            await made.wait(DeliveryAction.RETRY, "no answer", size_bytes=7)
        failures.append(made.succeed())
        failures.append(made.succeed())

    with caplog.at_level(logging.INFO):
        clock.run(live())
    warnings = [record for record in caplog.records if "cannot deliver" in record.message]
    assert len(warnings) == 4  # the first, second, fourth and eighth
    assert {record.levelno for record in warnings} == {logging.WARNING}
    assert "(7 bytes) sink=database: no answer; nothing is dropped" in warnings[0].message
    assert failures == [9, 0]
    ends = [record.message for record in caplog.records if "recovered" in record.message]
    assert len(ends) == 1
    assert "9 failures" in ends[0]


def test_a_problem_that_a_person_has_to_fix_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    with caplog.at_level(logging.INFO):
        clock.run(retry().wait(DeliveryAction.WAIT, "401", size_bytes=7))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
