"""The longest turn of the event loop: seen for a minute at least, forgotten after two."""

import pytest

from thongsuot_collector.correlation.turns import TurnTimer


class Clock:
    def __init__(self) -> None:
        self.now_s = 600.0

    def __call__(self) -> float:
        return self.now_s


def take(timer: TurnTimer, clock: Clock, length_s: float) -> None:
    with timer.turn():
        clock.now_s += length_s


def test_the_longest_turn_of_late_is_known() -> None:
    clock = Clock()
    timer = TurnTimer(clock)
    assert timer.longest_s == 0.0
    for length_s in (0.25, 2.0, 0.5):
        take(timer, clock, length_s)
    assert timer.longest_s == 2.0
    clock.now_s += 60
    take(timer, clock, 0.5)
    assert timer.longest_s == 2.0
    clock.now_s += 60
    assert timer.longest_s == 0.5
    clock.now_s += 120
    assert timer.longest_s == 0.0


def test_a_turn_that_fails_is_timed_too() -> None:
    clock = Clock()
    timer = TurnTimer(clock)

    def fail() -> None:
        with timer.turn():
            clock.now_s += 3
            message = "broken"
            raise ValueError(message)

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert timer.longest_s == 3.0
