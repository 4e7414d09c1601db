"""The end of a fault is dated by the first answer that proves it."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.observations import Observation, Observations
from thongsuot_agent.judge.recovery import first_answer_ns, return_ns
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NOW_NS = 900


def answered(
    target: str, since_ns: int | None, latest_ns: int = 500, *, silent_ns: int | None = None
) -> Observation:
    point = two_links().links["fixed"].points[PointKey("icmp", target)]
    track = Track(kind="icmp", target=target, family=Family.IP4, silent_ns=silent_ns)
    track.answered_since_ns, track.answered_ns = since_ns, latest_ns
    return Observation(track, point, point.rung, answered=True, silent=False)


def seen(*observed: Observation) -> Observations:
    return Observations(400, observed)


@pytest.mark.parametrize(
    ("observed", "first_ns"),
    [
        ([], NOW_NS),
        ([answered("gateway", 150)], NOW_NS),
        ([answered("zone", 150), answered("far", 140)], 140),
        ([answered("zone", 100)], 100),
        ([answered("zone", 99)], 500),
        ([answered("zone", None, 99)], NOW_NS),
        ([answered("zone", 99, 100)], 100),
    ],
    ids=[
        "nothing answers",
        "the gateway proves no line",
        "the earliest",
        "at the beginning of the fault",
        "a row that began before it",
        "an answer of before it",
        "the latest at its beginning",
    ],
)
def test_recovery_is_dated_by_the_first_answer_beyond_the_site_after_the_onset(
    observed: list[Observation], first_ns: int
) -> None:
    assert first_answer_ns(seen(*observed), 100, NOW_NS) == first_ns


@pytest.mark.parametrize(
    ("segment", "observed", "first_ns"),
    [
        (Segment.ACCESS, [answered("access-fixed", 150, silent_ns=100)], 150),
        (Segment.ACCESS, [answered("access-fixed", 150, silent_ns=99)], NOW_NS),
        (Segment.ACCESS, [answered("access-fixed", 150)], NOW_NS),
        (Segment.CARRIER, [answered("access-fixed", 150, silent_ns=120)], NOW_NS),
        (Segment.CARRIER, [answered("core-fixed", 160, silent_ns=120)], 160),
        (Segment.LAN, [answered("gateway", 150, silent_ns=120)], NOW_NS),
        (None, [answered("zone", 100, silent_ns=120)], 100),
        (None, [answered("zone", 99, silent_ns=120), answered("far", 170, silent_ns=120)], 170),
    ],
)
def test_a_silence_ends_with_the_first_answer_from_as_far_out(
    segment: Segment | None, observed: list[Observation], first_ns: int
) -> None:
    fault = Diagnosis(state=State.DOWN, segment=segment, symptom=Symptom.ACCESS_SILENT)
    slot = FaultSlot(fault=fault, onset_ns=100)
    assert return_ns(seen(*observed), slot, NOW_NS) == first_ns
