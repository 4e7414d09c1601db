"""Verdicts: what follows one never reaches back behind it, unless it tells the same better."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import (
    FaultSlot,
    IssuedVerdict,
    LinkMemory,
    Memory,
    NeighbourIdentity,
    Round,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.identity import is_moved, moved_ns
from thongsuot_agent.judge.verdicts import (
    ELSEWHERE,
    FILTERED,
    OVERLOADED,
    UNKNOWN,
    is_at_rest,
    issue_verdict,
    judge_link,
    link_slot,
    unknown_slot,
)
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

BEGAN_NS, DECIDED_NS, NOW_NS = 100, 200, 300
SILENT = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
CABLE = Verdict(
    link="fixed",
    service="",
    state=State.DOWN,
    segment=Segment.LAN,
    symptom=Symptom.CABLE_UNPLUGGED,
)
WELL = Verdict(link="fixed", service="", state=State.UP)


@pytest.mark.parametrize(
    ("before", "fault", "onset_ns"),
    [
        (CABLE, SILENT, BEGAN_NS),
        (WELL, SILENT, DECIDED_NS),
        (CABLE, None, DECIDED_NS),
    ],
    ids=["a fault told better", "a fault after none", "the end"],
)
def test_only_a_fault_that_is_told_better_goes_back_to_where_it_began(
    before: Verdict, fault: Diagnosis | None, onset_ns: int
) -> None:
    issued = IssuedVerdict(verdict=before, onset_ns=BEGAN_NS, decided_ns=DECIDED_NS)
    memory = Memory(issued={SubjectKey("fixed", ""): issued}, now_ns=NOW_NS)
    (change,) = issue_verdict(memory, "fixed", "", FaultSlot(fault=fault, onset_ns=1))
    assert change.onset_boottime_ns == onset_ns
    assert change.decided_boottime_ns == NOW_NS


def link_context(link: LinkMemory, issued: Verdict | None = None) -> LinkContext:
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    if issued is not None:
        memory.issued[SubjectKey("fixed", "")] = IssuedVerdict(
            verdict=issued, onset_ns=BEGAN_NS, decided_ns=DECIDED_NS
        )
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def degraded(segment: Segment | None, symptom: Symptom = Symptom.ACCESS_SLOW) -> Diagnosis:
    state = State.UNKNOWN if segment is None else State.DEGRADED
    return Diagnosis(state=state, segment=segment, symptom=symptom)


def test_a_repeated_verdict_is_not_given_again_and_an_onset_is_never_in_the_future() -> None:
    for said, fault in ((WELL, None), (CABLE, degraded(Segment.LAN, Symptom.CABLE_UNPLUGGED))):
        memory = link_context(LinkMemory(name="fixed"), said).memory
        changes = issue_verdict(memory, "fixed", "", FaultSlot(fault=fault, onset_ns=1))
        assert bool(changes) is (said is CABLE), "another state is another verdict"
    memory = Memory(now_ns=NOW_NS)
    assert issue_verdict(memory, "fixed", "", FaultSlot(fault=UNKNOWN)) == ()
    (change,) = issue_verdict(memory, "fixed", "", FaultSlot(fault=SILENT, onset_ns=NOW_NS + 9))
    assert (change.before, change.onset_boottime_ns) == (State.UNKNOWN, NOW_NS)


def test_of_degraded_faults_the_one_on_the_lowest_rung_is_the_verdict() -> None:
    link = LinkMemory(name="fixed")
    assert link_slot(link) is None
    link.slow = FaultSlot(fault=degraded(None, Symptom.SLOW_CAUSE_UNKNOWN))
    slot = link_slot(link)
    assert slot is not None
    assert slot.fault == link.slow.fault
    for name, segment in (
        ("resolver", Segment.CARRIER),
        ("carried_fault", Segment.CARRIER),
        ("loss_fault", Segment.ACCESS),
        ("large_packets", Segment.ACCESS),
    ):
        setattr(link, name, FaultSlot(fault=degraded(segment, Symptom.ACCESS_LOSS), onset_ns=1))
        slot = link_slot(link)
        assert slot is not None
        assert slot.fault is not None
        assert slot.fault.segment is segment, name
    assert slot.onset_ns == 1


def test_flapping_hides_the_outages_that_it_is_made_of() -> None:
    link = LinkMemory(name="fixed")
    link.silence = FaultSlot(fault=SILENT, onset_ns=7)
    slot = link_slot(link)
    assert slot is not None
    assert (slot.fault, slot.onset_ns) == (SILENT, 7)
    for silence in (FaultSlot(fault=SILENT, onset_ns=7), FaultSlot()):
        link.silence = silence
        link.flap_state.active, link.flap_state.fault = True, SILENT
        link.flap_state.starts = [3, 7]
        slot = link_slot(link)
        assert slot is not None
        assert slot.fault is not None
        assert (slot.fault.symptom, slot.onset_ns) == (Symptom.ACCESS_FLAPPING, 3)


@pytest.mark.parametrize(
    ("heard_ns", "starved_ns", "fault", "onset_ns"),
    [
        (50, None, UNKNOWN, 50),
        (50, 49, UNKNOWN, 50),
        (50, 50, OVERLOADED, 50),
        (None, 0, OVERLOADED, NOW_NS),
        (None, None, UNKNOWN, NOW_NS),
    ],
)
def test_an_unknown_link_has_the_onset_and_the_reason_of_its_last_sign_of_life(
    heard_ns: int | None, starved_ns: int | None, fault: Diagnosis, onset_ns: int
) -> None:
    link = LinkMemory(name="fixed", heard_ns=heard_ns, starved_ns=starved_ns)
    slot = unknown_slot(link, NOW_NS)
    assert (slot.fault, slot.onset_ns) == (fault, onset_ns)
    link.facts = LinkFacts(present=True, carrier=True, reverse_filtered=True)
    assert unknown_slot(link, NOW_NS).fault == FILTERED
    link.egress.others, link.egress.since_ns = {Family.IP4: "south"}, 5
    assert (unknown_slot(link, NOW_NS).fault, unknown_slot(link, NOW_NS).onset_ns) == (ELSEWHERE, 5)


def test_the_reason_of_an_unknown_link_stays_unless_traffic_uses_another_line() -> None:
    said = Verdict(link="fixed", service="", state=State.UNKNOWN, symptom=Symptom.DEVICE_OVERLOADED)
    link = LinkMemory(name="fixed", heard_ns=250)
    assert judge_link(link_context(link, said)) == ()
    assert judge_link(link_context(link)) == (), "nothing was said, and nothing is known"
    (change,) = judge_link(link_context(link, WELL))
    assert change.verdict.symptom is Symptom.NOT_YET_MEASURED
    link.egress.others = {Family.IP4: "south"}
    (change,) = judge_link(link_context(link, said))
    assert change.verdict.symptom is ELSEWHERE.symptom
    elsewhere = change.verdict
    assert judge_link(link_context(link, elsewhere)) == ()


def test_a_known_link_without_a_fault_is_up_since_it_was_clear() -> None:
    link = LinkMemory(name="fixed", known=True, clear_ns=260)
    (change,) = judge_link(link_context(link, CABLE))
    assert (change.verdict.state, change.onset_boottime_ns) == (State.UP, 260)
    assert judge_link(link_context(link, WELL)) == ()


def test_a_link_is_at_rest_while_nothing_is_wrong_suspected_or_asked() -> None:
    def at_rest(field: str = "known", value: object = True) -> bool:
        link = LinkMemory(name="fixed", known=True)
        setattr(link, field, value)
        return is_at_rest(link_context(link, WELL))

    assert at_rest()
    for issued in (None, CABLE):
        assert not is_at_rest(link_context(LinkMemory(name="fixed", known=True), issued))
    assert not at_rest("known", value=False)
    assert not at_rest("burst_ns", 0)
    assert not at_rest("round", Round(opened_ns=1, due_ns=2, is_burst=False))
    for slot in ("facts_slot", "silence", "large_packets", "loss_fault", "carried_fault"):
        assert not at_rest(slot, FaultSlot(fault=degraded(Segment.LAN))), slot
    for slot in ("slow", "resolver", "blocked_services"):
        assert not at_rest(slot, FaultSlot(fault=degraded(Segment.LAN))), slot
    for test, field, value in (
        ("loss_test", "cusum_up", 0.1),
        ("carried_test", "cusum_up", 0.1),
        ("loss_test", "is_dense_probing", True),
        ("flap_state", "active", True),
    ):
        link = LinkMemory(name="fixed", known=True)
        setattr(getattr(link, test), field, value)
        assert not is_at_rest(link_context(link, WELL)), (test, field)


def test_an_outage_hides_what_is_degraded_on_a_lower_rung() -> None:
    link = LinkMemory(name="fixed", silence=FaultSlot(fault=SILENT))
    link.large_packets = FaultSlot(fault=degraded(Segment.LAN, Symptom.LAN_LARGE_PACKETS_LOST))
    slot = link_slot(link)
    assert slot is not None
    assert slot.fault == SILENT
    link.silence = FaultSlot(fault=degraded(Segment.TRANSIT, Symptom.TRANSIT_SILENT))
    slot = link_slot(link)
    assert slot is not None
    assert slot.fault == link.large_packets.fault, "no outage: the lowest rung comes first"


def test_a_device_that_was_moved_is_said_to_be_where_nothing_else_is_wrong() -> None:
    link = LinkMemory(name="fixed", known=True)
    link.gateway = NeighbourIdentity(usual="a", strange="b", strange_ns=200, times=3)
    link.carriers_side[Family.IP4] = NeighbourIdentity(
        usual="203.0.0.0/16", strange="198.51.0.0/16", strange_ns=250, times=3
    )
    assert is_moved(link)
    (change,) = judge_link(link_context(link, WELL))
    assert change.verdict.symptom is Symptom.DEVICE_MOVED
    assert change.onset_boottime_ns == max(DECIDED_NS, moved_ns(link))
    link.silence = FaultSlot(fault=SILENT, onset_ns=240)
    (change,) = judge_link(link_context(link, WELL))
    assert change.onset_boottime_ns == 240, "of what fails it is said since when that does"
    link.gateway.strange = ""
    (change,) = judge_link(link_context(link, WELL))
    assert change.verdict.symptom is not Symptom.DEVICE_MOVED


def test_a_first_verdict_may_have_begun_with_the_device() -> None:
    memory = Memory(now_ns=NOW_NS)
    (change,) = issue_verdict(memory, "fixed", "", FaultSlot(fault=SILENT, onset_ns=0))
    assert change.onset_boottime_ns == 0
