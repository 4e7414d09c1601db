"""Waits double up to a limit, are spread, and respect a wait that was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_runtime.backoff import Backoff


@given(randoms=st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_waits_are_bounded_and_never_nothing(randoms: list[float]) -> None:
    left = iter(randoms)
    backoff = Backoff(first_s=1.0, limit_s=60.0, random=lambda: next(left))
    for _ in randoms:
        assert 0.5 <= backoff.next_wait_s() <= 60.0


def test_waits_double_up_to_a_limit_and_start_again_after_success() -> None:
    backoff = Backoff(first_s=1.0, limit_s=10.0, random=lambda: 0.0)
    assert [backoff.next_wait_s() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert backoff.failures == backoff.reset() == 6
    assert backoff.next_wait_s() == 1.0


def test_a_wait_is_shortened_at_random_but_never_below_what_was_asked_for() -> None:
    backoff = Backoff(first_s=1.0, limit_s=10.0, random=lambda: 1.0)
    assert backoff.next_wait_s() == 0.5
    assert backoff.next_wait_s(at_least_s=30.0) == 30.0


def test_a_repeating_fault_is_reported_once_per_doubling() -> None:
    backoff = Backoff(first_s=1.0, limit_s=1.0, random=lambda: 0.0)
    counts = []
    for count in range(1, 20):
        backoff.next_wait_s()
        if backoff.is_worth_logging():
            counts.append(count)
    assert counts == [1, 2, 4, 8, 16]
