"""Counters over wraps, restarts and numbers dealt again; restarts of the box and of its agent."""

from thongsuot_agent.probing.snmp.counters import CounterSum, DeviceCounters, RebootCounter
from thongsuot_agent.probing.snmp.protocol import CounterReading, InterfaceReading, Survey, Uptimes

FULL = 1 << 32
MBIT_100 = 100e6 / 8


def grown(
    first: int, then: int, *, bits: int = 32, elapsed_s: float = 60.0, was_reset: bool = False
) -> int | None:
    """Return what a counter grew by between two readings."""
    counter = CounterSum()
    counter.add_reading(
        CounterReading(first, bits), elapsed_s=0.0, limit_per_s=None, was_reset=False
    )
    return counter.add_reading(
        CounterReading(then, bits), elapsed_s=elapsed_s, limit_per_s=MBIT_100, was_reset=was_reset
    )


def test_a_counter_that_continues_grows_by_the_difference() -> None:
    assert grown(100, 350) == 250


def test_32_bit_counters_that_wrap_continue() -> None:
    assert grown(FULL - 1000, 500) == 1500


def test_a_fall_that_no_line_could_have_wrapped_is_a_new_beginning() -> None:
    assert grown(FULL // 2, 500) == 500
    assert grown(1 << 40, 500, bits=64) == 500


def test_a_box_that_booted_counts_from_0_even_where_the_counter_is_higher() -> None:
    assert grown(100, 350, was_reset=True) == 350


def test_counters_that_may_have_wrapped_twice_are_unknown() -> None:
    assert grown(100, 350, elapsed_s=400.0) is None
    assert grown(100, 350, elapsed_s=400.0, bits=64) == 250


def test_a_device_that_goes_from_32_to_64_bits_adds_nothing_that_was_counted_long_ago() -> None:
    total = CounterSum()
    for counter, grown in (
        (CounterReading(100, 32), None),
        (CounterReading(12_884_901_888_000, 64), None),
        (CounterReading(12_884_901_888_050, 64), 50),
        (CounterReading(170, 32), None),  # the wide object is not shown for once
        (CounterReading(180, 32), 10),
    ):
        took = total.add_reading(counter, elapsed_s=1, limit_per_s=None, was_reset=False)
        assert took == grown, counter
    assert (total.total, total.resets) == (160, 2)


def booted(first: Uptimes, then: Uptimes, elapsed_s: float = 60.0) -> tuple[bool, int]:
    """Return whether a box booted between two readings, and restarts of its agent alone."""
    counter = RebootCounter()
    counter.add_uptimes(first, 0.0)
    return counter.add_uptimes(then, elapsed_s), counter.agent_restarts


def test_an_uptime_that_starts_again_is_a_boot() -> None:
    assert booted(Uptimes(agent_s=5000), Uptimes(agent_s=20)) == (True, 0)
    assert booted(Uptimes(agent_s=5000), Uptimes(agent_s=5060)) == (False, 0)


def test_497_days_are_no_boot() -> None:
    end_s = FULL / 100
    assert booted(Uptimes(agent_s=end_s - 30), Uptimes(agent_s=30)) == (False, 0)


def test_an_agent_that_is_restarted_is_not_a_boot_of_its_box() -> None:
    first = Uptimes(agent_s=5000, system_s=90000, engine_boots=3)
    then = Uptimes(agent_s=20, system_s=90060, engine_boots=4)
    assert booted(first, then) == (False, 1)


def test_engine_boots_alone_are_no_boot() -> None:
    first = Uptimes(agent_s=5000, engine_s=5000, engine_boots=3)
    then = Uptimes(agent_s=5060, engine_s=5060, engine_boots=4)
    assert booted(first, then) == (False, 0)


def survey(index: int, received: int, *, uptime_s: float, discontinuity: int = 0) -> Survey:
    """Return a survey of an interface called wan."""
    return Survey(
        uptimes=Uptimes(agent_s=uptime_s),
        interface=InterfaceReading(
            index=index,
            name="wan",
            speed_bits_per_second=1e8,
            counters={"received_bytes": CounterReading(received, 64)},
            discontinuity=discontinuity,
        ),
    )


def test_an_interface_keeps_its_sum_when_numbers_are_reassigned() -> None:
    meter = DeviceCounters()
    meter.add_survey(survey(3, 1_000_000, uptime_s=5000), 0.0, None)
    assert meter.add_survey(survey(9, 2_000, uptime_s=20), 60.0, None)
    assert meter.sums["received_bytes"].total == 1_002_000
    assert (meter.boots.count, meter.resets) == (1, 1)


def test_a_counter_that_reports_a_restart_did_restart() -> None:
    meter = DeviceCounters()
    meter.add_survey(survey(3, 1_000, uptime_s=5000, discontinuity=10), 0.0, None)
    meter.add_survey(survey(3, 1_500, uptime_s=5060, discontinuity=99), 60.0, None)
    assert meter.grown == {"received_bytes": 1_500}


def test_a_visit_without_the_interface_leaves_the_sum_as_it_was() -> None:
    meter = DeviceCounters()
    meter.add_survey(survey(3, 1_000, uptime_s=5000), 0.0, None)
    meter.add_survey(Survey(uptimes=Uptimes(agent_s=5060)), 60.0, None)
    assert meter.grown == {}
    assert meter.sums["received_bytes"].total == 1_000
