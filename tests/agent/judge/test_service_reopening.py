"""When a service is compared again, although it fails as before."""

from dataclasses import replace

import msgspec
import pytest

from tests.agent.judge.link_cases import NOW_NS, add_link, ago, fault, judged_link, pages
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, ServiceMemory, Track
from thongsuot_agent.judge.service_reopening import is_look_due, is_taken_up, note_outcome
from thongsuot_agent.judge.symptoms.attribution import RELATION
from thongsuot_agent.judge.symptoms.service_over_link import service_over_link
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 900.0
SLOW_RUNS = 3


UNSAID = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.SERVICE_TIMEOUT)
OWN = fault(Symptom.SERVICE_REFUSED, Segment.SERVICE, State.DOWN)


def refused(*, failures: int = 7, since_s: float = 60.0) -> Track:
    return pages(
        failures=failures,
        failed_ns=ago(1.0),
        failed_since_ns=ago(since_s),
        reason=Reason.CONNECTION_REFUSED,
    )


def taken_up(track: Track, service: ServiceMemory) -> bool:
    at = judged_link(track)
    return is_taken_up(at, service, track, service_over_link(at, at.link, "motcua"))


def believed(diagnosis: Diagnosis | None, *, reopened_ns: int = 0) -> ServiceMemory:
    slots = {"fixed": FaultSlot(fault=diagnosis, onset_ns=0)}
    return ServiceMemory(name="motcua", slots=slots, reopened_ns=reopened_ns)


@pytest.mark.parametrize("undecided", [UNKNOWN, UNSAID], ids=["nothing said", "nobody named"])
@pytest.mark.parametrize(
    ("reopened_ns", "is_opened"), [(NOW_NS - 1, True), (NOW_NS, True), (NOW_NS + 1, False)]
)
def test_an_undecided_failure_is_compared_again_when_due(
    undecided: Diagnosis, reopened_ns: int, is_opened: bool
) -> None:
    assert taken_up(refused(), believed(undecided, reopened_ns=reopened_ns)) is is_opened


def test_a_decided_or_working_service_is_not_compared_again() -> None:
    assert not taken_up(refused(), believed(OWN))
    works = pages(successes=3, worked_ns=ago(1.0), worked_since_ns=ago(20.0))
    assert not taken_up(works, believed(UNKNOWN))


def test_a_first_failure_is_compared_whatever_is_believed() -> None:
    assert taken_up(refused(failures=1), believed(OWN))
    assert taken_up(refused(failures=1), ServiceMemory(name="motcua"))
    assert not taken_up(refused(failures=2), ServiceMemory(name="motcua"))


@pytest.mark.parametrize(
    ("slow_runs", "is_opened"), [(0, False), (1, True), (2, False), (SLOW_RUNS + 1, True)]
)
def test_a_slow_page_is_compared_at_once_and_then_each_third_time(
    slow_runs: int, is_opened: bool
) -> None:
    slow = pages(successes=9, slow_runs=slow_runs, worked_ns=ago(1.0), worked_since_ns=ago(900.0))
    assert taken_up(slow, believed(None)) is is_opened
    assert not taken_up(slow, believed(OWN))


def test_a_way_that_one_carrier_alone_lacks_is_left_as_it_is() -> None:
    assert not taken_up(refused(), believed(RELATION))


def test_each_comparison_without_a_name_is_followed_by_a_longer_wait() -> None:
    at: LinkContext = judged_link(refused())
    add_link(at.memory, "mobile", [])
    service = believed(UNKNOWN)
    waits_s = []
    for _ in range(8):
        note_outcome(at.memory, service, [at])
        waits_s.append((service.reopened_ns - NOW_NS) / NS_PER_S)
    assert waits_s == [FIRST_WAIT_S * 2**n for n in range(5)] + [LONGEST_WAIT_S] * 3
    service.slots["fixed"].fault = OWN
    note_outcome(at.memory, service, [at])
    assert service.undecided == 0


def dead_over(*, metered: bool) -> tuple[LinkContext, ServiceMemory]:
    """Return the only line that is left of a site, and a portal that is dead over it."""
    at = judged_link(refused())
    allowance = 10**9 if metered else None
    link = msgspec.structs.replace(at.probes.link, allowance_bytes=allowance)
    return msgspec.structs.replace(at, probes=replace(at.probes, link=link)), believed(OWN)


def test_failures_over_metered_lines_alone_are_compared_again_five_times() -> None:
    at, service = dead_over(metered=True)
    waits_s = []
    for _ in range(6):
        note_outcome(at.memory, service, [at])
        waits_s.append((service.look_ns - NOW_NS) / NS_PER_S)
        service.look_ns = NOW_NS
        if not is_look_due(at.memory, service, [at]):
            break
    assert waits_s == [30.0, 60.0, 120.0, 240.0, 480.0, 960.0]
    service.slots["fixed"].fault = None
    note_outcome(at.memory, service, [at])
    assert service.looks == 0


@pytest.mark.parametrize(
    ("metered", "fault_now", "look_ns", "is_due"),
    [
        (True, OWN, NOW_NS, True),
        (True, OWN, NOW_NS + 1, False),
        (False, OWN, NOW_NS, False),
        (True, None, NOW_NS, False),
    ],
    ids=["its time has come", "too soon", "the schedule asks often", "it works"],
)
def test_a_service_is_compared_again_only_if_no_other_run_would_show_its_recovery(
    fault_now: Diagnosis | None, look_ns: int, *, metered: bool, is_due: bool
) -> None:
    at, service = dead_over(metered=metered)
    service.slots["fixed"].fault, service.look_ns = fault_now, look_ns
    assert is_look_due(at.memory, service, [at]) is is_due
    assert not is_look_due(at.memory, service, []), "no line is left"
