"""Waits double, stay bounded, and differ between agents."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.uplink.backoff import FIRST_S, LONGEST_S, Backoff


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_waits_are_bounded_and_never_nothing(chances: list[float]) -> None:
    left = iter(chances)
    backoff = Backoff(lambda: next(left))
    for _ in chances:
        assert FIRST_S / 2 <= backoff.next_wait_s() <= LONGEST_S


def test_waits_double_until_they_are_longest() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_wait_s() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.failures == 8
    backoff.reset()
    assert backoff.next_wait_s() == 1


def test_the_other_side_may_ask_for_more() -> None:
    assert Backoff(lambda: 0.0).next_wait_s(at_least_s=120) == 120
