"""What is waited for, what is known already, and what only a portal itself can have answered."""

import msgspec
import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import (
    FACTS_OK,
    NS,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import LinkEvent, Tick
from thongsuot_agent.judge.links import is_disturbed
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import ProbePoint
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

BARE = msgspec.structs.replace(
    FACTS_OK, has_address4=False, has_address6=False, has_route4=False, has_route6=False
)


def test_a_link_that_never_had_an_address_is_given_the_longer_grace_of_a_boot() -> None:
    site_probes, settings = two_links(), Settings()
    memory = step(
        Memory(), LinkEvent(boottime_ns=NS, link="fixed", facts=BARE), site_probes, settings
    ).memory
    decided_s: list[float] = []
    for second in range(2, 60):
        outcome = step(memory, Tick(boottime_ns=second * NS), site_probes, settings)
        memory = outcome.memory
        decided_s += [change.decided_boottime_ns / NS - 1 for change in outcome.changes]
    assert decided_s
    assert settings.boot_grace_s <= decided_s[0] <= settings.boot_grace_s + 1.0


@pytest.mark.parametrize(
    ("silent", "known", "counts"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_a_silence_is_evidence_unless_it_was_known_before(
    silent: bool, known: bool, counts: bool
) -> None:
    track = Track(kind="icmp", target="far", family=Family.IP4, known_unresponsive=known)
    point = ProbePoint(kind="icmp", target="far", rung=Segment.TRANSIT, families=(Family.IP4,))
    seen = Observation(track, point, Segment.TRANSIT, answered=False, silent=silent)
    assert seen.counts is counts


LOSSY = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_LOSS)


@pytest.mark.parametrize(
    ("slot", "requests", "echoes"),
    [
        ("", False, False),
        ("loss_fault", True, False),
        ("flapping", True, False),
        ("slow", True, True),
    ],
)
def test_values_slowed_by_a_lossy_line_are_not_learned_as_usual_except_echoes(
    slot: str, requests: bool, echoes: bool
) -> None:
    link = LinkMemory(name="fixed")
    if slot == "flapping":
        link.flap_state.active = True
    elif slot:
        setattr(link, slot, FaultSlot(fault=LOSSY))
    request, echo = (Track(kind=kind, target="far", family=Family.IP4) for kind in ("http", "icmp"))
    assert is_disturbed(link, request, Settings()) is requests
    assert is_disturbed(link, echo, Settings()) is echoes
