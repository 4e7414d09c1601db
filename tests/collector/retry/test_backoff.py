"""Waits grow, are spread, and respect what the receiver asks for."""

from email.utils import formatdate

import pytest

from thongsuot_collector.retry.backoff import Backoff, retry_after_s


def test_waits_double_up_to_a_limit_and_begin_anew_after_success() -> None:
    backoff = Backoff(first_s=1.0, limit_s=10.0, random=lambda: 0.0)
    assert [backoff.failed() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert backoff.succeeded() == 6
    assert backoff.failed() == 1.0


def test_a_wait_is_shortened_at_random_but_never_below_what_was_asked_for() -> None:
    backoff = Backoff(first_s=1.0, limit_s=10.0, random=lambda: 1.0)
    assert backoff.failed() == 0.5
    assert backoff.failed(at_least_s=30.0) == 30.0


def test_a_repeating_fault_is_told_once_per_doubling() -> None:
    backoff = Backoff(first_s=1.0, limit_s=1.0, random=lambda: 0.0)
    told = []
    for count in range(1, 20):
        backoff.failed()
        if backoff.is_worth_logging():
            told.append(count)
    assert told == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("120", 120.0), (" 7 ", 7.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("999999", 600.0)],
)
def test_retry_after_in_seconds_or_not_readable(header: str, wait_s: float) -> None:
    assert retry_after_s(header, now_s=0.0) == wait_s


def test_retry_after_as_a_date() -> None:
    now_s = 1_795_540_000.0
    assert retry_after_s(formatdate(now_s + 30, usegmt=True), now_s=now_s) == 30.0
    assert retry_after_s(formatdate(now_s - 30, usegmt=True), now_s=now_s) == 0.0
