"""A channel's line: one failure keeps everybody away for a while, one success lets all through."""

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.dispatch.channel_health import ChannelHealth
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult


def line() -> ChannelHealth:
    return ChannelHealth(failing_after_s=30.0, random=lambda: 0.0)


def note(
    health: ChannelHealth, outcome: ChannelOutcome, at_s: float, *, began_s: float | None = None
) -> bool:
    answer = ChannelResult(outcome=outcome, text="so")
    began = at_s if began_s is None else began_s
    return health.record(answer, began_ns=round(began * NS_PER_S), now_ns=round(at_s * NS_PER_S))


def ready_s(health: ChannelHealth, now_s: float) -> float:
    return health.readiness(round(now_s * NS_PER_S)).not_before_ns / NS_PER_S


def test_each_failure_makes_the_next_wait_longer_up_to_a_minute() -> None:
    health, at_s, waits = line(), 100.0, []
    for _ in range(8):
        note(health, ChannelOutcome.RETRY, at_s)
        waits.append(ready_s(health, at_s) - at_s)
        at_s = ready_s(health, at_s)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_several_attempts_that_failed_together_count_once() -> None:
    health = line()
    assert note(health, ChannelOutcome.RETRY, 100.0)
    assert not note(health, ChannelOutcome.RETRY, 100.1, began_s=99.9)
    assert ready_s(health, 100.1) == 101.0


def test_a_success_opens_it_at_once_and_is_news_after_a_failure() -> None:
    health = line()
    assert not note(health, ChannelOutcome.DELIVERED, 99.0)
    note(health, ChannelOutcome.UNKNOWN, 100.0)
    assert health.failing_since_ns == 100 * NS_PER_S
    assert note(health, ChannelOutcome.DELIVERED, 101.0)
    assert ready_s(health, 101.0) == 0
    assert health.failing_since_ns == 0


def test_a_channel_is_failing_after_half_a_minute_of_failures_or_at_once_if_unavailable() -> None:
    health = line()
    note(health, ChannelOutcome.RETRY, 100.0)
    assert not health.readiness(129 * NS_PER_S).is_failing
    assert health.readiness(130 * NS_PER_S).is_failing
    shut = line()
    note(shut, ChannelOutcome.CHANNEL_UNAVAILABLE, 100.0)
    assert shut.readiness(100 * NS_PER_S).is_failing
    assert ready_s(shut, 100.0) == 110.0


def test_a_message_that_is_refused_says_nothing_of_the_channel() -> None:
    health = line()
    note(health, ChannelOutcome.RETRY, 100.0)
    assert note(health, ChannelOutcome.REJECTED, 101.0)
    assert health.failing_since_ns == 0


def test_a_repeating_fault_is_reported_once_for_each_doubling() -> None:
    health = line()
    changes = [note(health, ChannelOutcome.RETRY, 100.0 + number * 100) for number in range(16)]
    assert [place + 1 for place, is_told in enumerate(changes) if is_told] == [1, 2, 4, 8, 16]


def test_a_wait_requested_by_the_receiver_is_kept() -> None:
    health = line()
    answer = ChannelResult(outcome=ChannelOutcome.RETRY, text="later", retry_after_s=42.0)
    health.record(answer, began_ns=0, now_ns=NS_PER_S)
    assert ready_s(health, 1.0) == 43.0
