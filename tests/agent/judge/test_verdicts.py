"""Verdicts: what follows one never reaches back behind it, unless it tells the same better."""

import pytest

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.memory import FaultSlot, IssuedVerdict, Memory
from thongsuot_agent.judge.verdicts import issue_verdict
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
