"""True times from clocks that drift, step, start in 1970 or lie."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.batches import BOOT, STREAM, S
from thongsuot_collector.ingest.device_clock import (
    AGREES_WITHIN_NS,
    BOOTS_KEPT,
    BootClocks,
    ClockDecision,
)
from thongsuot_collector.ingest.slew import BatchSpan
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.journal.journal import StreamNeighbours
from thongsuot_schema.batch.model import ClockReading

SITE = "hoan-kiem"
EPOCH = 1_795_540_000 * S
"""The true wall time of boottime 0."""

YEAR_NS = 365 * 86_400 * S
NOTHING = StreamNeighbours()


def rule(
    clocks: BootClocks,
    *,
    own_epoch_ns: int,
    sealed_ns: int = 1000 * S,
    received_ns: int = EPOCH + 1001 * S,
    last_ns: int | None = None,
    synchronised: bool = True,
    boot_id: str = BOOT,
    number: int = 1,
    stored: StreamNeighbours = NOTHING,
) -> ClockDecision:
    clock = ClockReading(
        boottime_ns=sealed_ns,
        wall_ns=own_epoch_ns + sealed_ns,
        error_s=0.01 if synchronised else None,
    )
    return clocks.decide(
        SITE,
        boot_id,
        clock,
        batch=BatchSpan(
            stream=STREAM,
            number=number,
            first_ns=sealed_ns - 15 * S,
            last_ns=sealed_ns if last_ns is None else last_ns,
        ),
        received_ns=received_ns,
        stored=stored,
    )


def heard(delay_ns: int = 50_000_000) -> BootClocks:
    """A book that heard one push, which travelled for a while."""
    clocks = BootClocks()
    clocks.observe_push(SITE, BOOT, boottime_ns=1001 * S, received_ns=EPOCH + 1001 * S + delay_ns)
    return clocks


def test_a_synchronised_clock_that_agrees_is_believed_to_the_nanosecond() -> None:
    ruling = rule(heard(), own_epoch_ns=EPOCH + 12_345_678)
    assert ruling == ClockDecision(
        epoch_ns=EPOCH + 12_345_678,
        quality=ClockQuality.TRUSTED,
        offset_s=(12_345_678 - 50_000_000) / 1e9,
    )


def test_a_clock_that_is_not_synchronised_is_corrected_even_if_it_is_close() -> None:
    ruling = rule(heard(), own_epoch_ns=EPOCH + 12_345_678, synchronised=False)
    assert ruling.epoch_ns == EPOCH + 50_000_000
    assert ruling.quality is ClockQuality.CORRECTED


def test_one_push_that_was_late_does_not_overrule_the_devices_clock() -> None:
    late = heard(delay_ns=4 * S)
    ruling = rule(late, own_epoch_ns=EPOCH, received_ns=EPOCH + 1005 * S)
    assert (ruling.epoch_ns, ruling.quality) == (EPOCH, ClockQuality.CLAIMED)
    ruling = rule(late, own_epoch_ns=EPOCH, received_ns=EPOCH + 1005 * S, synchronised=False)
    assert (ruling.epoch_ns, ruling.quality) == (EPOCH, ClockQuality.UNCERTAIN)


def test_a_clock_ahead_or_heard_again_is_corrected_even_if_the_push_was_late() -> None:
    late = heard(delay_ns=4 * S)
    ahead = rule(late, own_epoch_ns=EPOCH + 8 * S, received_ns=EPOCH + 1010 * S)
    assert ahead.quality is ClockQuality.WRONG
    late.observe_push(SITE, BOOT, boottime_ns=1016 * S, received_ns=EPOCH + 1016 * S + 50_000_000)
    behind = rule(late, own_epoch_ns=EPOCH - 5 * S, received_ns=EPOCH + 1016 * S, number=2)
    assert (behind.epoch_ns, behind.quality) == (EPOCH + 50_000_000, ClockQuality.WRONG)


def test_a_clock_a_year_off_is_accepted_corrected_and_flagged() -> None:
    for wrong_by_ns in (YEAR_NS, -YEAR_NS, 3 * S):
        ruling = rule(heard(), own_epoch_ns=EPOCH + wrong_by_ns)
        assert ruling.epoch_ns == EPOCH + 50_000_000
        assert ruling.quality is ClockQuality.WRONG
        assert ruling.offset_s is not None
        assert abs(ruling.offset_s - wrong_by_ns / 1e9) < 0.1


def test_results_from_before_the_clock_was_set_are_dated_correctly() -> None:
    # No battery-backed clock: 1970 at boot, and the first push comes eight hours later.
    ruling = rule(heard(), own_epoch_ns=0, sealed_ns=60 * S, synchronised=False)
    assert abs(ruling.epoch_ns - EPOCH) <= 50_000_000
    assert ruling.quality is ClockQuality.WRONG


def test_a_batch_of_another_boot_is_not_dated_by_this_one() -> None:
    earlier = "00000000-93f4-4f0e-8d53-0c2f6a1b9e77"
    own = EPOCH - 40 * 86_400 * S
    ruling = rule(heard(), own_epoch_ns=own, boot_id=earlier)
    assert ruling == ClockDecision(epoch_ns=own, quality=ClockQuality.CLAIMED, offset_s=None)
    ruling = rule(heard(), own_epoch_ns=own, boot_id=earlier, synchronised=False)
    assert ruling.quality is ClockQuality.UNCERTAIN


def test_a_restored_boot_still_dates_its_backlog() -> None:
    clocks = BootClocks()
    earlier = "00000000-93f4-4f0e-8d53-0c2f6a1b9e77"
    clocks.restore(SITE, earlier, epoch_ns=EPOCH - 86_400 * S, heard_ns=EPOCH - 3600 * S)
    ruling = rule(clocks, own_epoch_ns=0, boot_id=earlier, synchronised=False)
    assert ruling.epoch_ns == EPOCH - 86_400 * S


def test_the_push_that_travelled_least_gives_the_best_estimate() -> None:
    clocks = heard(delay_ns=900_000_000)
    clocks.observe_push(SITE, BOOT, boottime_ns=1010 * S, received_ns=EPOCH + 1010 * S + 20_000_000)
    clocks.observe_push(
        SITE, BOOT, boottime_ns=1020 * S, received_ns=EPOCH + 1020 * S + 700_000_000
    )
    assert rule(clocks, own_epoch_ns=0).epoch_ns == EPOCH + 20_000_000


def test_an_old_estimate_is_forgotten_because_quartz_drifts() -> None:
    clocks = BootClocks()
    ppm = 100
    for minute in range(24 * 60):
        boottime_ns = minute * 60 * S
        # This device's seconds are too short: it counts more of them than pass.
        true_ns = EPOCH + boottime_ns - boottime_ns * ppm // 1_000_000
        clocks.observe_push(SITE, BOOT, boottime_ns=boottime_ns, received_ns=true_ns + 10_000_000)
    day_ns = 86_400 * S
    ruling = rule(
        clocks, own_epoch_ns=0, sealed_ns=day_ns, received_ns=EPOCH + day_ns, synchronised=False
    )
    true_epoch_ns = EPOCH - day_ns * ppm // 1_000_000
    assert abs(ruling.epoch_ns - true_epoch_ns) < 400_000_000


def test_no_result_is_dated_after_its_arrival() -> None:
    received_ns = EPOCH + 1001 * S
    ruling = rule(heard(), own_epoch_ns=EPOCH, last_ns=5000 * S, received_ns=received_ns)
    assert ruling.quality is ClockQuality.IMPOSSIBLE
    assert ruling.epoch_ns + 5000 * S == received_ns


@given(
    own=st.integers(-(2**62), 2**62),
    boottime=st.integers(0, 2**62),
    sealed=st.integers(0, 2**62),
    last=st.integers(0, 2**62),
    synchronised=st.booleans(),
    is_told=st.booleans(),
)
def test_no_result_lies_in_the_future_whatever_the_device_says(
    own: int, boottime: int, sealed: int, last: int, synchronised: bool, is_told: bool
) -> None:
    clocks = BootClocks()
    received_ns = EPOCH
    if is_told:
        clocks.observe_push(SITE, BOOT, boottime_ns=boottime, received_ns=received_ns)
    ruling = rule(
        clocks,
        own_epoch_ns=own,
        sealed_ns=sealed,
        last_ns=last,
        received_ns=received_ns,
        synchronised=synchronised,
    )
    assert ruling.epoch_ns + last <= received_ns + AGREES_WITHIN_NS


def test_no_neighbour_draws_a_result_into_the_future() -> None:
    received_ns = EPOCH + 1000 * S - S
    late = StreamNeighbours(up_to=(1, EPOCH + AGREES_WITHIN_NS - S // 10))
    ruling = rule(heard(), own_epoch_ns=EPOCH, received_ns=received_ns, number=2, stored=late)
    assert ruling.epoch_ns + 1000 * S == received_ns + AGREES_WITHIN_NS


def test_changed_clocks_are_returned_once() -> None:
    clocks = heard()
    assert clocks.take_changed() == [
        (SITE, BOOT, EPOCH + 50_000_000, EPOCH + 1001 * S + 50_000_000)
    ]
    assert clocks.take_changed() == []


def test_a_site_with_very_many_boots_drops_its_own_oldest_and_nobody_elses() -> None:
    clocks = heard()
    clocks.observe_push("loud", "first", boottime_ns=S, received_ns=EPOCH)
    # As many as all sites together could once have.
    for n in range(100_001):
        clocks.observe_push("loud", f"boot-{n}", boottime_ns=S, received_ns=EPOCH + n)
    clocks.take_changed()
    assert rule(clocks, own_epoch_ns=EPOCH + YEAR_NS).quality is ClockQuality.WRONG
    assert rule(heard(), own_epoch_ns=EPOCH + YEAR_NS).quality is ClockQuality.WRONG
    for boot, is_known in (("first", False), ("boot-0", False), ("boot-100000", True)):
        offset_s = clocks.decide(
            "loud",
            boot,
            ClockReading(boottime_ns=S, wall_ns=EPOCH, error_s=None),
            batch=BatchSpan(stream=STREAM, number=1, first_ns=0, last_ns=S),
            received_ns=EPOCH + 100_001,
        ).offset_s
        assert (offset_s is not None) is is_known, boot


def test_of_restored_boots_those_heard_last_are_kept_in_whatever_order_they_come() -> None:
    clocks = BootClocks()
    clocks.restore(SITE, BOOT, epoch_ns=EPOCH, heard_ns=EPOCH + 1000 * S)
    for n in range(2 * BOOTS_KEPT):
        clocks.restore(SITE, f"before-{n}", epoch_ns=EPOCH - n, heard_ns=EPOCH + n)
    assert rule(clocks, own_epoch_ns=EPOCH + YEAR_NS).quality is ClockQuality.WRONG


def dated_batches(delays_ms: list[int], *, synchronised: bool) -> list[tuple[int, int]]:
    """
    Return boot time and epoch of batches of 15 s each, whose pushes travelled for a while. All
    epochs that a device and its pushes claim lie within two seconds.
    """
    clocks, dated = BootClocks(), []
    for number, delay_ms in enumerate(delays_ms, start=1):
        sealed_ns = number * 15 * S
        received_ns = EPOCH + sealed_ns + delay_ms * 1_000_000
        clocks.observe_push(SITE, BOOT, boottime_ns=sealed_ns, received_ns=received_ns)
        own_ns = EPOCH - (number % 2) * S // 20 if synchronised else EPOCH
        ruling = rule(
            clocks,
            own_epoch_ns=own_ns,
            sealed_ns=sealed_ns,
            received_ns=received_ns,
            synchronised=synchronised,
            number=number,
        )
        dated.append((sealed_ns, ruling.epoch_ns))
    return dated


@given(st.lists(st.integers(0, 1_900), min_size=2, max_size=60), st.booleans())
def test_a_better_estimate_brings_no_two_results_together(
    delays_ms: list[int], synchronised: bool
) -> None:
    dated = dated_batches(delays_ms, synchronised=synchronised)
    for (earlier_ns, before_ns), (_, epoch_ns) in pairwise(dated):
        # The last result of a batch, and the first of the next, 0.2 s later.
        assert epoch_ns + earlier_ns + 200_000_000 > before_ns + earlier_ns


def test_a_late_estimate_is_left_within_minutes() -> None:
    dated = dated_batches([1_500, *[20] * 20], synchronised=False)
    assert dated[0][1] == EPOCH + 1_500_000_000
    assert dated[5][1] == EPOCH + 1_500_000_000 - 5 * 150_000_000
    assert dated[-1][1] == EPOCH + 20_000_000


def test_an_older_batch_moves_nothing_and_an_impossible_one_is_no_measure() -> None:
    clocks = heard(delay_ns=S)
    later = rule(clocks, own_epoch_ns=EPOCH, synchronised=False, number=11)
    assert later.epoch_ns == EPOCH + S
    clocks.observe_push(SITE, BOOT, boottime_ns=1002 * S, received_ns=EPOCH + 1002 * S)
    older = rule(clocks, own_epoch_ns=EPOCH, sealed_ns=950 * S, synchronised=False)
    assert older.epoch_ns == EPOCH + S // 2
    lying = rule(clocks, own_epoch_ns=EPOCH, last_ns=10**9 * S, synchronised=False, number=12)
    assert lying.quality is ClockQuality.IMPOSSIBLE
    again = rule(
        clocks, own_epoch_ns=EPOCH, sealed_ns=1050 * S, received_ns=EPOCH + 1051 * S, number=13
    )
    assert again.epoch_ns == EPOCH + S // 2
