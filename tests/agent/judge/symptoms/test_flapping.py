"""Flapping: counted by silences in a window."""

from thongsuot_agent.judge.memory import Flaps
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.facts import CABLE_UNPLUGGED
from thongsuot_agent.judge.symptoms.flapping import calm, flapping, note_answers, note_silence
from thongsuot_agent.judge.symptoms.silence import ACCESS_SILENT
from thongsuot_schema.segment import Segment

S = 1_000_000_000
SETTINGS = Settings()


def silent(flaps: Flaps, from_s: int, to_s: int) -> None:
    note_silence(flaps, ACCESS_SILENT, from_s * S, from_s * S + S, SETTINGS)
    note_answers(flaps, to_s * S)


def test_one_silence_is_an_outage() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    assert flapping(flaps) is None


def test_two_close_together_are_flapping() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    fault = flapping(flaps)
    assert fault is not None
    assert fault.segment is Segment.ACCESS


def test_two_far_apart_are_two_outages_and_three_in_the_window_are_flapping() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    silent(flaps, 110, 120)
    assert flapping(flaps) is None
    silent(flaps, 210, 220)
    assert flapping(flaps) is not None


def test_it_is_over_when_long_enough_calm() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    calm(flaps, 179 * S, SETTINGS)
    assert flapping(flaps) is not None
    calm(flaps, 181 * S, SETTINGS)
    assert flapping(flaps) is None


def test_a_silence_that_stays_is_an_outage_again() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    silent(flaps, 50, 60)
    note_silence(flaps, ACCESS_SILENT, 90 * S, 91 * S, SETTINGS)
    note_silence(flaps, ACCESS_SILENT, 90 * S, 136 * S, SETTINGS)
    assert flapping(flaps) is None


def test_a_loose_cable_flaps_on_the_lan() -> None:
    flaps = Flaps()
    for from_s in (10, 40):
        note_silence(flaps, CABLE_UNPLUGGED, from_s * S, from_s * S, SETTINGS)
        note_answers(flaps, from_s * S + S)
    fault = flapping(flaps)
    assert fault is not None
    assert fault.segment is Segment.LAN


def test_a_pulled_cable_soon_after_a_cut_fibre_is_another_fault() -> None:
    flaps = Flaps()
    silent(flaps, 10, 20)
    note_silence(flaps, CABLE_UNPLUGGED, 50 * S, 50 * S, SETTINGS)
    assert flapping(flaps) is None
    note_answers(flaps, 60 * S)
    note_silence(flaps, CABLE_UNPLUGGED, 80 * S, 80 * S, SETTINGS)
    fault = flapping(flaps)
    assert fault is not None, "the cable itself has come loose twice"
    assert fault.segment is Segment.LAN
