"""Steps of the wall clock are seen, and the collector's time is trusted within its error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.clock import (
    EARLIEST_WALL_NS,
    HELD_NS,
    LATEST_WALL_NS,
    NS_PER_S,
    SYSTEM,
    Clocks,
    StepWatch,
    TrueTime,
    boot_id,
)

HOUR_NS = 3600 * NS_PER_S
YEAR_NS = 365 * 86_400 * NS_PER_S
TRUE_NS = 1_800_000_000 * NS_PER_S


def test_a_slewed_clock_is_not_a_step_and_a_stepped_one_is() -> None:
    watch = StepWatch()
    assert watch.step_since_last_check(0, TRUE_NS) is None
    assert watch.step_since_last_check(60 * NS_PER_S, TRUE_NS + 60 * NS_PER_S + 30_000_000) is None
    step_s = watch.step_since_last_check(61 * NS_PER_S, TRUE_NS + HOUR_NS + 61 * NS_PER_S)
    assert step_s is not None
    assert 3599 < step_s < 3601
    assert watch.step_since_last_check(62 * NS_PER_S, TRUE_NS + HOUR_NS + 62 * NS_PER_S) is None


def test_the_clocks_of_the_device_are_read() -> None:
    before = SYSTEM.boottime_ns()
    assert 0 < before <= SYSTEM.boottime_ns()
    assert SYSTEM.wall_ns() > 0
    assert len(boot_id()) == 36


def test_a_clock_years_off_is_corrected_and_called_wrong() -> None:
    true_time = TrueTime()
    now_ns, wrong_wall_ns = HOUR_NS, 1_000 * NS_PER_S
    assert not true_time.is_trusted(now_ns, wrong_wall_ns), "1970 is wrong without a word"
    assert true_time.is_trusted(now_ns, EARLIEST_WALL_NS + NS_PER_S)
    true_time.add_collector_time(
        sent_ns=now_ns, received_ns=now_ns + 20_000_000, collector_wall_ns=TRUE_NS
    )
    corrected_ns = true_time.wall_ns(now_ns - HOUR_NS // 2, wrong_wall_ns, now_ns)
    assert abs(corrected_ns - (TRUE_NS - HOUR_NS // 2)) < 20_000_000
    assert not true_time.is_trusted(now_ns, TRUE_NS - HOUR_NS)
    assert true_time.is_trusted(now_ns, TRUE_NS)


def test_an_answer_that_took_long_does_not_displace_a_quick_one_until_that_is_stale() -> None:
    true_time = TrueTime()
    true_time.add_collector_time(sent_ns=0, received_ns=10_000_000, collector_wall_ns=TRUE_NS)
    slow = {"sent_ns": NS_PER_S, "received_ns": 9 * NS_PER_S}
    true_time.add_collector_time(**slow, collector_wall_ns=TRUE_NS + 8 * NS_PER_S)
    assert true_time.wall_ns(0, 0, 0) == TRUE_NS - 5_000_000
    day_ns = 24 * HOUR_NS
    true_time.add_collector_time(
        sent_ns=day_ns, received_ns=day_ns + 2 * NS_PER_S, collector_wall_ns=TRUE_NS + day_ns
    )
    assert true_time.wall_ns(0, 0, 0) == TRUE_NS - NS_PER_S


@given(
    offset_ns=st.integers(min_value=-(10**18), max_value=10**18),
    there_ns=st.integers(min_value=0, max_value=10 * NS_PER_S),
    back_ns=st.integers(min_value=0, max_value=10 * NS_PER_S),
)
def test_the_error_of_what_was_learned_is_at_most_half_the_round_trip(
    offset_ns: int, there_ns: int, back_ns: int
) -> None:
    true_time = TrueTime()
    collector_ns = HOUR_NS + there_ns + TRUE_NS
    true_time.add_collector_time(
        sent_ns=HOUR_NS,
        received_ns=HOUR_NS + there_ns + back_ns,
        collector_wall_ns=collector_ns,
    )
    wall_ns = true_time.wall_ns(HOUR_NS, TRUE_NS + offset_ns, HOUR_NS)
    assert abs(wall_ns - (HOUR_NS + TRUE_NS)) <= (there_ns + back_ns) // 2 + 1


def test_nonsense_is_not_learned() -> None:
    true_time = TrueTime()
    true_time.add_collector_time(sent_ns=2, received_ns=1, collector_wall_ns=TRUE_NS)
    for beyond_ns in (0, 1, EARLIEST_WALL_NS - 1, 253_402_300_800 * NS_PER_S, 10**30):
        true_time.add_collector_time(sent_ns=1, received_ns=2, collector_wall_ns=beyond_ns)
    assert not true_time.is_known


def test_a_collector_that_contradicts_a_synchronised_clock_is_not_believed() -> None:
    """It could begin another month of a metered link, or make an unsent record too old."""
    now_ns, days_ns = 10 * NS_PER_S, 40 * 86_400 * NS_PER_S

    def trusted_ns(ahead_ns: int, error_s: float | None) -> int | None:
        clock = Clocks(boottime_ns=lambda: now_ns, wall_ns=lambda: TRUE_NS, error_s=lambda: error_s)
        true_time = TrueTime()
        true_time.add_collector_time(
            sent_ns=now_ns, received_ns=now_ns, collector_wall_ns=TRUE_NS + ahead_ns
        )
        return true_time.trusted_wall_ns(clock)

    assert trusted_ns(0, 0.001) == TRUE_NS
    assert trusted_ns(days_ns, 0.001) is None
    assert trusted_ns(days_ns, None) == TRUE_NS + days_ns, "there is nobody else to ask"


class VouchedClocks:
    """A device's clocks that the test sets, by whose kernel the wall clock is synchronised."""

    def __init__(self) -> None:
        self.now_ns, self.wall_ns = HOUR_NS, TRUE_NS
        self.error_s: float | None = 0.001
        self.clock = Clocks(
            boottime_ns=lambda: self.now_ns,
            wall_ns=lambda: self.wall_ns,
            error_s=lambda: self.error_s,
        )

    def wait(self, by_ns: int) -> None:
        self.now_ns += by_ns
        self.wall_ns += by_ns


@pytest.mark.parametrize("step_ns", [11 * YEAR_NS, -300 * 86_400 * NS_PER_S, 2 * HOUR_NS])
def test_a_clock_that_contradicts_itself_counts_only_after_it_has_stood_for_a_while(
    step_ns: int,
) -> None:
    true_time, device = TrueTime(), VouchedClocks()
    assert true_time.trusted_wall_ns(device.clock) == TRUE_NS
    device.wait(NS_PER_S)
    device.wall_ns += step_ns
    for _ in range(59):
        assert true_time.trusted_wall_ns(device.clock) is None
        device.wait(60 * NS_PER_S)
    device.wall_ns -= step_ns  # it was wrong for an hour, and is right again
    assert true_time.trusted_wall_ns(device.clock) == device.wall_ns
    device.wall_ns += step_ns
    assert true_time.trusted_wall_ns(device.clock) is None, "another hour, not the rest of that"
    device.wait(HELD_NS)
    assert true_time.trusted_wall_ns(device.clock) == device.wall_ns


def test_steps_of_less_than_an_hour_are_followed_at_once() -> None:
    true_time, device = TrueTime(), VouchedClocks()
    for _ in range(5):
        assert true_time.trusted_wall_ns(device.clock) == device.wall_ns
        device.wall_ns += HOUR_NS // 2


@pytest.mark.parametrize("wall_ns", [0, 1_000 * NS_PER_S, EARLIEST_WALL_NS - 1, LATEST_WALL_NS])
def test_a_synchronised_clock_that_cannot_be_right_is_not_trusted(wall_ns: int) -> None:
    true_time, device = TrueTime(), VouchedClocks()
    device.wall_ns = wall_ns
    assert true_time.trusted_wall_ns(device.clock) is None
    true_time.add_collector_time(
        sent_ns=device.now_ns, received_ns=device.now_ns, collector_wall_ns=TRUE_NS
    )
    assert true_time.trusted_wall_ns(device.clock) == TRUE_NS, "the collector's is there"


def test_a_collector_whose_clock_is_set_is_followed_though_its_answers_take_longer() -> None:
    true_time = TrueTime()
    true_time.add_collector_time(
        sent_ns=0, received_ns=1_000_000, collector_wall_ns=TRUE_NS + 11 * YEAR_NS
    )
    true_time.add_collector_time(
        sent_ns=NS_PER_S, received_ns=3 * NS_PER_S, collector_wall_ns=TRUE_NS + 2 * NS_PER_S
    )
    assert true_time.wall_ns(0, 0, 0) == TRUE_NS
