"""Healthy days follow from a seed and hold nothing that is a carrier's fault."""

from thongsuot_lab.truth.fault import Effect, Touch
from thongsuot_lab.truth.healthy import DAY_S, healthy_day
from thongsuot_lab.truth.places import PlaceKind


def test_the_same_numbers_give_the_same_day() -> None:
    assert healthy_day(4, 2) == healthy_day(4, 2)
    assert healthy_day(4, 2) != healthy_day(4, 3)


def test_a_day_is_noise_of_lines_and_the_sites_own_load() -> None:
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
