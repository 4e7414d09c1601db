"""The state of a service for the whole site, from the states over its links."""

import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import add_link, fault, held
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.memory import FaultSlot, Memory, ServiceMemory
from thongsuot_agent.judge.site import _slot_for_site, judge_service
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

WORKS = FaultSlot(onset_ns=5)
DEAD = held(Symptom.SERVICE_ERROR, Segment.SERVICE, State.DOWN, onset_ns=9)
PARTLY = held(Symptom.SERVICE_PARTIAL_OUTAGE, Segment.SERVICE, onset_ns=8)
ACCUSES_WAY = held(Symptom.RESOLVER_SILENT, Segment.CARRIER, State.DOWN, onset_ns=7)
OPEN = FaultSlot(fault=UNKNOWN, onset_ns=6)
CUT = held(Symptom.ACCESS_SILENT, Segment.ACCESS, State.DOWN, onset_ns=4)
FLAPS = held(Symptom.ACCESS_FLAPPING, Segment.ACCESS, onset_ns=3)


@pytest.mark.parametrize(
    ("reaching", "cut_off", "onset_ns", "found"),
    [
        ([WORKS], [CUT], 5, None),
        ([WORKS, FaultSlot(onset_ns=2)], [], 5, None),
        ([], [CUT], 4, CUT.fault),
        ([], [FLAPS, CUT], 4, CUT.fault),
        ([], [], None, None),
        ([OPEN], [CUT], 6, UNKNOWN),
        ([OPEN, WORKS], [], 5, None),
        ([WORKS, ACCUSES_WAY], [], 5, None),
        ([WORKS, DEAD], [], 9, fault(Symptom.SERVICE_ERROR, Segment.SERVICE)),
        ([DEAD, DEAD], [], 9, DEAD.fault),
        ([DEAD, PARTLY], [], 9, fault(Symptom.SERVICE_ERROR, Segment.SERVICE)),
        ([PARTLY], [], 8, PARTLY.fault),
        ([ACCUSES_WAY, DEAD], [], 9, DEAD.fault),
        ([DEAD, OPEN], [], 9, DEAD.fault),
    ],
    ids=[
        "one link reaches it, another is out",
        "both reach it: since the latter did",
        "the only link is out",
        "of two that are out the worse",
        "there is no link",
        "what is unknown over the link that works is unknown",
        "unknown over one, well over another",
        "reached over one, the way over the other does not matter",
        "the portal's own fault over one alone degrades it",
        "it is dead over both",
        "dead over one, in part over another",
        "in part over the only one",
        "the portal's own fault before the way's",
        "dead over one, unknown over another",
    ],
)
def test_a_service_is_for_the_site_what_the_best_link_makes_of_it(
    reaching: list[FaultSlot],
    cut_off: list[FaultSlot],
    onset_ns: int | None,
    found: Diagnosis | None,
) -> None:
    slot = _slot_for_site(reaching, cut_off)
    assert (None if slot is None else slot.onset_ns) == onset_ns
    assert (None if slot is None else slot.fault) == found


SITE = two_links()


def told(memory: Memory, slots: dict[str, FaultSlot]) -> dict[str, tuple[State, int]]:
    """Return what is said of a portal by link; the site's under an empty name."""
    service = ServiceMemory(name="motcua", slots=slots)
    memory.services["motcua"] = service
    judge_service(memory, service, SITE, 14.0)
    return {
        subject.link: (issued.state, issued.onset_ns)
        for subject, issued in memory.issued.items()
        if subject == SubjectKey(subject.link, "motcua")
    }


def memory_of(*links: str) -> Memory:
    memory = Memory(now_ns=99)
    for name in links:
        add_link(memory, name, ())
    return memory


def test_a_service_is_up_since_it_worked_and_since_the_link_does() -> None:
    memory = memory_of("fixed", "mobile")
    memory.links["fixed"].clear_ns = 20
    memory.links["mobile"].clear_ns = 1
    said = told(memory, {"fixed": FaultSlot(onset_ns=5), "mobile": FaultSlot(onset_ns=5)})
    assert said == {"fixed": (State.UP, 20), "mobile": (State.UP, 5), "": (State.UP, 20)}


def test_a_service_that_no_link_reaches_may_be_reached_by_one_not_yet_measured() -> None:
    memory = memory_of("fixed", "mobile")
    memory.links["fixed"].silence = held(Symptom.ACCESS_SILENT, state=State.DOWN)
    assert set(told(memory, {})) == {"fixed"}, "the mobile link may reach it"
    memory = memory_of("fixed")
    memory.links["fixed"].silence = held(Symptom.ACCESS_SILENT, state=State.DOWN)
    assert set(told(memory, {})) == {"fixed", ""}, "there is no other"
    memory = memory_of("fixed", "mobile")
    assert set(told(memory, {"fixed": WORKS})) == {"fixed", ""}, "one that reaches it is enough"


def test_nothing_is_reported_of_a_service_that_was_never_measured() -> None:
    assert told(memory_of("fixed", "mobile"), {}) == {}
