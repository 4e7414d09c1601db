"""Flapping: counted by silences in a window."""

from thongsuot_agent.judge.memory import FlapState
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.flapping import (
    expire_flapping,
    flapping_diagnosis,
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


def test_two_close_together_are_flapping() -> None:
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
