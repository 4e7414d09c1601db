"""Warnings that anybody can cause are logged once a minute for each cause, and all are counted."""

from thongsuot_collector.repeated_warnings import LOGGED_EVERY_S, RepeatedWarnings


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_cause_is_logged_once_a_minute_with_the_number_of_the_others() -> None:
    clock = Clock()
    warnings = RepeatedWarnings(clock=clock)
    assert [warnings.ending("a") for _ in range(4)] == ["", None, None, None]
    assert warnings.ending("b") == ""
    clock.now_s += LOGGED_EVERY_S
    assert warnings.ending("a") == " (3 more since the last line)"
    assert warnings.ending("a") is None
    clock.now_s += 2 * LOGGED_EVERY_S
    assert warnings.ending("b") == ""


def test_causes_without_end_take_no_memory_without_end() -> None:
    clock = Clock()
    warnings = RepeatedWarnings(clock=clock)
    for number in range(10_001):
        assert warnings.ending(number) == ""
    assert warnings.ending(10_000) is None
    # The first is forgotten, and nothing but its count is lost by that.
    assert warnings.ending(0) == ""
