"""Comparison: which links can bear witness, and what they say of a target."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import FIXED, MOBILE, two_links
from thongsuot_agent.judge.comparison import (
    answers_elsewhere,
    is_outage,
    is_settled,
    is_usable,
    other_tracks,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Round, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def fault(state: State) -> Diagnosis:
    return Diagnosis(state=state, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)


@pytest.mark.parametrize(
    ("state", "is_out"), [(State.DOWN, True), (State.UNKNOWN, True), (State.DEGRADED, False)]
)
def test_a_degraded_link_is_not_an_outage(state: State, *, is_out: bool) -> None:
    assert is_outage(fault(state)) is is_out
    assert not is_outage(None)
    for slot in ("facts_slot", "silence"):
        link = LinkMemory(name="fixed", known=True)
        setattr(link, slot, FaultSlot(fault=fault(state)))
        assert is_usable(link) is not is_out


def test_a_known_link_that_does_not_flap_is_usable_as_a_witness() -> None:
    link = LinkMemory(name="fixed", known=True)
    assert is_usable(link)
    link.flap_state.active = True
    assert not is_usable(link)
    assert not is_usable(LinkMemory(name="fixed"))


def test_a_link_is_settled_while_nothing_of_it_is_being_looked_into() -> None:
    assert is_settled(LinkMemory(name="fixed"))
    for field, value in (
        ("burst_ns", 0),
        ("round", Round(opened_ns=1, due_ns=2, is_burst=True)),
        ("silence", FaultSlot(is_pending=True)),
        ("resolver", FaultSlot(is_pending=True)),
    ):
        link = LinkMemory(name="fixed")
        setattr(link, field, value)
        assert not is_settled(link), field
    passive = LinkMemory(name="fixed", round=Round(opened_ns=1, due_ns=2, is_burst=False))
    assert is_settled(passive)


@pytest.mark.parametrize(
    ("answered_ns", "silent_ns", "answers"),
    [
        (100, None, True),
        (99, None, None),
        (None, 100, False),
        (None, 99, None),
        (100, 100, True),
        (99, 100, False),
    ],
)
def test_another_link_is_a_witness_for_a_target_only_by_its_results_since_a_given_moment(
    answered_ns: int | None, silent_ns: int | None, answers: bool | None
) -> None:
    links = {name: LinkMemory(name=name, known=True) for name in ("fixed", "mobile")}
    for name, link in links.items():
        track = Track(kind="icmp", target="zone", family=Family.IP4)
        if name == "mobile":
            track.answered_ns, track.silent_ns = answered_ns, silent_ns
        else:
            track.answered_ns = 500
        link.tracks[SeriesKey("icmp", "zone", Family.IP4)] = track
    at = LinkContext(Memory(links=links), links["fixed"], two_links().links["fixed"], Settings())
    assert answers_elsewhere(at, "zone", 100) is answers
    assert answers_elsewhere(at, "far", 100) is None
    assert [link.name for link, _ in other_tracks(at, "zone")] == ["mobile"]
    links["mobile"].known = False
    assert answers_elsewhere(at, "zone", 100) is None


@pytest.mark.parametrize(
    ("carriers", "shares", "silence_says"),
    [
        (("song-hong", "cuu-long"), ((), ()), False),
        (("song-hong", "song-hong"), ((), ()), None),
        (("song-hong", "cuu-long"), (("box",), ("duct", "box")), None),
    ],
    ids=["links of two carriers", "of one carrier", "through one box"],
)
def test_a_silence_over_a_link_with_a_common_cause_proves_nothing_of_the_target(
    carriers: tuple[str, str], shares: tuple[tuple[str, ...], ...], silence_says: bool | None
) -> None:
    entries = [
        structs.replace(entry, carrier=carrier, shares=shared)
        for entry, carrier, shared in zip((FIXED, MOBILE), carriers, shares, strict=True)
    ]
    links = {name: LinkMemory(name=name, known=True) for name in ("fixed", "mobile")}
    track = Track(kind="icmp", target="zone", family=Family.IP4, silent_ns=200)
    links["mobile"].tracks[SeriesKey("icmp", "zone", Family.IP4)] = track
    probes = two_links(links=entries).links["fixed"]
    at = LinkContext(Memory(links=links), links["fixed"], probes, Settings())
    assert answers_elsewhere(at, "zone", 100) is silence_says
    track.answered_ns = 200
    assert answers_elsewhere(at, "zone", 100) is True
