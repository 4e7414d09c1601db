"""Healthy days follow from a seed and hold nothing that is a carrier's fault."""

import pytest

from thongsuot_lab.truth.fault import Effect, Touch
from thongsuot_lab.truth.healthy import DAY_S, QUIET_S, healthy_day, shortened
from thongsuot_lab.truth.places import PlaceKind


def test_the_same_numbers_give_the_same_day() -> None:
    assert healthy_day(4, 2) == healthy_day(4, 2)
    assert healthy_day(4, 2) != healthy_day(4, 3)


def test_a_healthy_day_holds_only_noise_of_lines_and_load_of_the_site() -> None:
    for index in range(20):
        for fault in healthy_day(4, index).faults:
            assert 0.0 <= fault.start_s < fault.end_s <= DAY_S
            if fault.place.kind is PlaceKind.LAN:
                assert fault.effect is Effect.OWN_LOAD
            elif fault.place.kind is PlaceKind.CORE:
                assert fault.touch is Touch.ICMP
            elif fault.effect is Effect.LOST and fault.amount > 0.03:
                assert fault.end_s - fault.start_s <= 1.5
            else:
                assert fault.amount <= 0.12
                assert fault.end_s - fault.start_s <= 60.0


def test_some_of_the_load_is_counted_by_the_device_and_some_is_not() -> None:
    loads = [f for i in range(5) for f in healthy_day(4, i).faults if f.effect is Effect.OWN_LOAD]
    assert {load.is_counted for load in loads} == {True, False}


def test_a_shortened_day_has_all_of_its_noise_and_less_quiet() -> None:
    for index in range(20):
        day = healthy_day(4, index)
        short = shortened(day)
        kept = [fault for fault in short.faults if fault.end_s - fault.start_s < DAY_S]
        noise = sorted(
            (fault for fault in day.faults if fault.end_s - fault.start_s < DAY_S),
            key=lambda fault: fault.start_s,
        )
        assert len(kept) == len(noise)
        assert len(short.faults) == len(day.faults)
        ends_s = short_ends_s = 0.0
        for before, after in zip(noise, kept, strict=True):
            assert (before.place, before.amount, before.salt) == (
                after.place,
                after.amount,
                after.salt,
            )
            assert after.end_s - after.start_s == pytest.approx(before.end_s - before.start_s)
            quiet_s = min(QUIET_S, before.start_s - ends_s)
            assert after.start_s - short_ends_s == pytest.approx(quiet_s)
            ends_s, short_ends_s = max(ends_s, before.end_s), max(short_ends_s, after.end_s)
        assert short.until_s == pytest.approx(short_ends_s + QUIET_S)
        assert short.until_s < DAY_S / 4
