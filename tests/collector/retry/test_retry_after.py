"""What a receiver asks for is read, in seconds or as a date."""

from email.utils import formatdate

import pytest

from thongsuot_collector.retry.retry_after import retry_after_s


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
