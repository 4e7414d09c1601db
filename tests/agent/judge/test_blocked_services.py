"""A link over which services fail that other links reach."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    fault,
    held,
    judged_link,
    pages,
)
from thongsuot_agent.judge.blocked_services import NO_SERVICE, judge_blocked
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, ServiceAddress, ServiceMemory
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, RELATION
from thongsuot_agent.judge.symptoms.partial import PARTIAL_OUTAGE
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

Portal = tuple[Reason | None, int, Diagnosis | None]
"""How it fails (``None``: it works), its network, and what is believed of it over the link."""
SILENT, REFUSES, STALLS = Reason.TIMED_OUT, Reason.CONNECTION_REFUSED, Reason.TLS_TIMED_OUT


def link_to(*portals: Portal) -> LinkContext:
    at = judged_link()
    for place, (reason, network, believed) in enumerate(portals):
        name = f"portal{place}"
        address = {f"198.51.{network}.1": ServiceAddress()}
        shown: Shown = {"successes": 5, "worked_ns": ago(1.0)}
        if reason is not None:
            shown = {"failures": 3, "failed_ns": ago(1.0), "reason": reason}
        track = pages(name, **shown | {"addresses": address})
        at.link.tracks[SeriesKey("http", name, Family.IP4)] = track
        slot = FaultSlot(fault=believed, onset_ns=ago(50.0 - place))
        at.memory.services[name] = ServiceMemory(name=name, slots={"fixed": slot})
    return at


def told(at: LinkContext) -> Diagnosis | None:
    judge_blocked(at)
    return at.link.blocked_services.fault


@pytest.mark.parametrize(
    ("portals", "expected"),
    [
        ([(SILENT, 1, RELATION), (SILENT, 2, RELATION)], PARTIAL_OUTAGE),
        ([(SILENT, 1, RELATION), (SILENT, 1, RELATION)], NO_SERVICE),
        ([(SILENT, 1, RELATION), (SILENT, 1, RELATION), (None, 3, None)], None),
        ([(REFUSES, 1, RELATION), (REFUSES, 2, RELATION)], NO_SERVICE),
        ([(REFUSES, 1, RELATION), (REFUSES, 2, RELATION), (None, 3, None)], None),
        ([(STALLS, 1, RELATION), (STALLS, 2, RELATION)], NO_SERVICE),
        ([(SILENT, 1, RELATION), (REFUSES, 2, RELATION)], NO_SERVICE),
        ([(SILENT, 1, RELATION)], NO_SERVICE),
        ([(SILENT, 1, RELATION), (None, 3, None)], None),
        ([(SILENT, 1, RELATION), (SILENT, 2, None)], NO_SERVICE),
        ([(None, 1, RELATION), (SILENT, 2, RELATION)], None),
        ([(SILENT, 1, None), (SILENT, 2, None)], None),
        ([(REFUSES, 1, INTERCEPTED), (REFUSES, 2, INTERCEPTED)], INTERCEPTED),
        ([(REFUSES, 1, INTERCEPTED), (REFUSES, 2, RELATION)], NO_SERVICE),
        ([], None),
    ],
    ids=[
        "two time out in two networks",
        "two behind one wall",
        "two behind one wall, and one works",
        "two refuse",
        "two refuse, and one works",
        "two stall",
        "one times out, one refuses",
        "the only one times out",
        "one times out, and one works",
        "of another nothing is believed",
        "one works again",
        "nothing is believed of either",
        "both are intercepted",
        "one is intercepted",
        "nothing is watched",
    ],
)
def test_a_link_is_judged_by_what_it_does_not_reach(
    portals: list[Portal], expected: Diagnosis | None
) -> None:
    at = link_to(*portals)
    assert told(at) == expected
    if expected is not None and len(portals) == 2 and portals[1][2] is not None:
        assert at.link.blocked_services.onset_ns == ago(50.0), "since the first"


def test_while_a_link_is_slow_nothing_of_this_is_reported() -> None:
    at = link_to((SILENT, 1, RELATION), (SILENT, 2, RELATION))
    at.link.slow = held(Symptom.ACCESS_SLOW)
    assert told(at) is None


def test_blocked_services_are_over_when_they_work_again() -> None:
    at = link_to((None, 1, None))
    at.link.blocked_services = FaultSlot(fault=PARTIAL_OUTAGE, onset_ns=7)
    assert told(at) is None
    assert at.link.clear_ns == NOW_NS
    at = link_to((None, 1, None))
    assert told(at) is None
    assert at.link.clear_ns == 0, "nothing was told"


def test_a_fault_already_reported_began_when_it_did() -> None:
    at = link_to((SILENT, 1, RELATION), (SILENT, 2, RELATION))
    at.link.blocked_services = FaultSlot(fault=PARTIAL_OUTAGE, onset_ns=7)
    assert told(at) == PARTIAL_OUTAGE
    assert at.link.blocked_services.onset_ns == 7
    at.link.blocked_services = FaultSlot(fault=NO_SERVICE, onset_ns=7)
    assert told(at) == PARTIAL_OUTAGE
    assert at.link.blocked_services.onset_ns == ago(50.0)
    assert fault(Symptom.CARRIER_PARTIAL_OUTAGE, Segment.CARRIER) == PARTIAL_OUTAGE
