"""Makers' words for technologies, registrations and SIM states become ours."""

import pytest

from thongsuot_agent.probing.equipment import vocabulary


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("LTE", "lte"),
        ("Evolved 3G (LTE)", "lte"),
        ("FDD LTE", "lte"),
        ("4G", "lte"),
        ("5G-NSA", "nr_nsa"),
        ("5G NSA", "nr_nsa"),
        ("ENDC", "nr_nsa"),
        ("LTE_NR5G", "nr_nsa"),
        ("LTE+NR", "nr_nsa"),
        ("NR5G-SA", "nr_sa"),
        ("TDD NR5G", "nr_sa"),
        ("5G SA", "nr_sa"),
        ("SA", "nr_sa"),
        ("WCDMA", "umts"),
        ("HSPA ", "umts"),
        ("DC-HSPA+", "umts"),
        ("EV-DO Rev.A ", "umts"),
        ("EDGE", "gsm"),
        ("No service", "none"),
        ("?", ""),
    ],
)
def test_words_for_technologies_are_recognised(word: str, meant: str) -> None:
    assert vocabulary.technology(word) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Registered, home", "home"),
        ("registered (home)", "home"),
        ("Roaming", "roaming"),
        ("Registered, roaming", "roaming"),
        ("Denied", "denied"),
        ("searching", "searching"),
        ("Not registered", "none"),
        ("", ""),
    ],
)
def test_words_for_registration_states_are_recognised(word: str, meant: str) -> None:
    assert vocabulary.registration(word) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("inserted", "ready"),
        ("OK", "ready"),
        ("READY", "ready"),
        ("SIM not inserted", "absent"),
        ("PIN REQUIRED", "locked"),
        ("SIM PUK", "locked"),
        ("?", ""),
    ],
)
def test_words_for_sim_states_are_recognised(word: str, meant: str) -> None:
    assert vocabulary.sim(word) == meant


def test_a_network_keeps_its_leading_zeros() -> None:
    assert vocabulary.plmn("452", "4") == "45204"
    assert vocabulary.plmn("1", "01") == "00101"
    assert vocabulary.plmn("302", "490") == "302490"
    assert vocabulary.plmn("0", "0") == ""
    assert vocabulary.plmn("", "04") == ""
