"""The end of a fault is dated by the first answer that proves it."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.observations import Observation, Observations
from thongsuot_agent.judge.recovery import (
    are_pages_back,
    first_answer_ns,
    return_ns,
    unless_over,
)
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


def dead(segment: Segment | None, state: State = State.DOWN) -> Diagnosis:
    return Diagnosis(state=state, segment=segment, symptom=Symptom.ACCESS_SILENT)


ACCESS, CARRIER, TRANSIT = dead(Segment.ACCESS), dead(Segment.CARRIER), dead(Segment.TRANSIT)


@pytest.mark.parametrize(
    ("held", "seen_now", "is_over"),
    [
        (ACCESS, CARRIER, True),
        (ACCESS, TRANSIT, True),
        (CARRIER, TRANSIT, True),
        (ACCESS, ACCESS, False),
        (TRANSIT, CARRIER, False),
        (dead(Segment.LAN), ACCESS, False),
        (dead(Segment.DEVICE), CARRIER, False),
        (dead(None, State.UNKNOWN), CARRIER, False),
        (dead(Segment.ACCESS, State.DEGRADED), CARRIER, False),
        (ACCESS, dead(Segment.TRANSIT, State.DEGRADED), False),
        (None, CARRIER, False),
    ],
)
def test_echoes_that_stay_silent_farther_out_show_that_the_line_is_back(
    held: Diagnosis | None, seen_now: Diagnosis, *, is_over: bool
) -> None:
    slot = FaultSlot(fault=held)
    by_echoes = Suspicion(fault=seen_now, onset_ns=1, is_sure=False)
    assert (unless_over(slot, by_echoes) is None) is is_over
    assert unless_over(slot, None) is None
    by_two_protocols = Suspicion(fault=seen_now, onset_ns=1)
    assert unless_over(slot, by_two_protocols) is by_two_protocols
    slot.is_pending = True
    assert unless_over(slot, by_echoes) is by_echoes, "only the first such round"


def page(*, successes: int) -> Observation:
    point = two_links().links["fixed"].points[PointKey("http", "motcua")]
    track = Track(kind="http", target="motcua", family=Family.IP4, successes=successes)
    return Observation(track, point, point.rung, answered=True, silent=False)


def test_pages_are_back_once_one_has_come() -> None:
    assert are_pages_back(seen(answered("zone", 150), page(successes=1)))
    assert not are_pages_back(seen(answered("zone", 150)))
    assert not are_pages_back(seen(page(successes=0))), "it was refused"
