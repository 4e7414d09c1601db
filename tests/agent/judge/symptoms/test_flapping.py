"""Flapping: counted by silences in a window."""

import pytest

from thongsuot_agent.judge.memory import FlapState
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.flapping import (
    expire_flapping,
    flapping_diagnosis,
    forget_outage,
    is_of_outage,
    note_outage,
    note_return,
)
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED
from thongsuot_agent.judge.symptoms.silence import ACCESS_SILENT
from thongsuot_schema.segment import Segment

S = 1_000_000_000
SETTINGS = Settings()


def silent(flaps: FlapState, from_s: int, to_s: int) -> None:
    note_outage(flaps, ACCESS_SILENT, from_s * S, from_s * S + S, SETTINGS)
    note_return(flaps, to_s * S)


def test_one_silence_is_an_outage() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    assert flapping_diagnosis(flaps) is None


def test_two_silences_close_together_are_flapping() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    fault = flapping_diagnosis(flaps)
    assert fault is not None
    assert fault.segment is Segment.ACCESS


def test_two_far_apart_are_two_outages_and_three_in_the_window_are_flapping() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    silent(flaps, 110, 120)
    assert flapping_diagnosis(flaps) is None
    silent(flaps, 210, 220)
    assert flapping_diagnosis(flaps) is not None


def test_it_is_over_when_long_enough_calm() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    expire_flapping(flaps, 149 * S, SETTINGS)
    assert flapping_diagnosis(flaps) is not None
    expire_flapping(flaps, 151 * S, SETTINGS)
    assert flapping_diagnosis(flaps) is None


def test_a_silence_that_stays_is_an_outage_again() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    note_outage(flaps, ACCESS_SILENT, 90 * S, 91 * S, SETTINGS)
    note_outage(flaps, ACCESS_SILENT, 90 * S, 136 * S, SETTINGS)
    assert flapping_diagnosis(flaps) is None


def test_a_loose_cable_flaps_on_the_lan() -> None:
    flaps = FlapState()
    for from_s in (10, 40):
        note_outage(flaps, CABLE_UNPLUGGED, from_s * S, from_s * S, SETTINGS)
        note_return(flaps, from_s * S + S)
    fault = flapping_diagnosis(flaps)
    assert fault is not None
    assert fault.segment is Segment.LAN


def test_a_pulled_cable_soon_after_a_cut_fibre_is_another_fault() -> None:
    flaps = FlapState()
    silent(flaps, 10, 20)
    note_outage(flaps, CABLE_UNPLUGGED, 50 * S, 50 * S, SETTINGS)
    assert flapping_diagnosis(flaps) is None
    note_return(flaps, 60 * S)
    note_outage(flaps, CABLE_UNPLUGGED, 80 * S, 80 * S, SETTINGS)
    fault = flapping_diagnosis(flaps)
    assert fault is not None, "the cable itself has come loose twice"
    assert fault.segment is Segment.LAN


@pytest.mark.parametrize(
    ("starts_s", "flaps"),
    [
        ([10, 70], True),
        ([10, 71], False),
        ([10, 160, 309], True),
        ([10, 160, 310], False),
    ],
    ids=["a pair", "no pair", "three in the window", "three in more than it"],
)
def test_silences_flap_in_a_minute_or_three_in_five(starts_s: list[int], *, flaps: bool) -> None:
    known = FlapState()
    for start_s in starts_s:
        silent(known, start_s, start_s + 5)
    assert (flapping_diagnosis(known) is not None) is flaps


@pytest.mark.parametrize(("stays_s", "flaps"), [(45.0, True), (45.001, False)])
def test_a_silence_of_more_than_three_quarters_of_a_minute_is_an_outage(
    stays_s: float, *, flaps: bool
) -> None:
    known = FlapState()
    silent(known, 10, 20)
    silent(known, 50, 60)
    note_outage(known, ACCESS_SILENT, 90 * S, 90 * S + round(stays_s * S), SETTINGS)
    assert (flapping_diagnosis(known) is not None) is flaps
    assert known.starts == ([10 * S, 50 * S, 90 * S] if flaps else [90 * S])


@pytest.mark.parametrize(("calm_s", "flaps"), [(90.0, True), (90.001, False)])
def test_flapping_is_over_after_a_minute_and_a_half(calm_s: float, *, flaps: bool) -> None:
    known = FlapState()
    silent(known, 10, 20)
    silent(known, 50, 60)
    expire_flapping(known, 60 * S + round(calm_s * S), SETTINGS)
    assert (flapping_diagnosis(known) is not None) is flaps
    expire_flapping(known, 351 * S, SETTINGS)
    assert known.starts == [50 * S], "the latest is remembered, others for five minutes"


def test_losses_while_everything_is_out_belong_to_the_outage() -> None:
    known = FlapState()
    assert not is_of_outage(known, 50 * S)
    note_outage(known, ACCESS_SILENT, 10 * S, 12 * S, SETTINGS)
    assert not is_of_outage(known, 10 * S - 1)
    assert is_of_outage(known, 10 * S)
    assert is_of_outage(known, 99 * S), "it lasts"
    note_return(known, 20 * S)
    assert is_of_outage(known, 20 * S)
    assert not is_of_outage(known, 20 * S + 1)


def test_a_refuted_silence_is_removed_and_one_that_has_ended_is_kept() -> None:
    known = FlapState()
    silent(known, 10, 20)
    forget_outage(known)
    assert known.starts == [10 * S]
    note_outage(known, ACCESS_SILENT, 50 * S, 51 * S, SETTINGS)
    forget_outage(known)
    assert (known.starts, known.is_silent) == ([10 * S], False)
    note_return(known, 70 * S)
    assert known.silent_ns == 51 * S, "there was nothing to return from"
