"""Which faults of a service keep nobody from it: those over IPv6 alone, where IPv4 answers."""

import pytest

from tests.collector.incidents.city import healthy_city
from thongsuot_collector.incidents.fault import Fault, FaultPhase
from thongsuot_collector.incidents.outage import is_harmless
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

PARTIAL = Symptom.SERVICE_PARTIAL_OUTAGE
FAILED, OK = Outcome.FAILED, Outcome.OK
IP4, IP6 = Family.IP4, Family.IP6


@pytest.mark.parametrize(
    ("symptom", "runs", "is_nobody_kept"),
    [
        (PARTIAL, [(IP6, FAILED), (IP4, OK)], True),
        # Some requests over IPv4 fail as well: people notice that.
        (PARTIAL, [(IP6, FAILED), (IP4, FAILED), (IP4, OK)], False),
        (PARTIAL, [(IP4, FAILED), (IP4, OK)], False),
        # IPv4 was not tried: whether it answers is not known.
        (PARTIAL, [(IP6, FAILED)], False),
        (PARTIAL, [(IP6, FAILED), (IP6, OK)], False),
        # Not partial, whatever the evidence shows of one family.
        (Symptom.SERVICE_ERROR, [(IP6, FAILED), (IP4, OK)], False),
    ],
)
def test_a_service_that_fails_over_ipv6_alone_keeps_nobody_from_it(
    symptom: Symptom, runs: list[tuple[Family, Outcome]], is_nobody_kept: bool
) -> None:
    phase = FaultPhase(
        interval=Interval(
            start_ns=0,
            end_ns=None,
            state=State.DEGRADED,
            segment=Segment.SERVICE,
            symptom=symptom,
        ),
        evidence=tuple(
            Evidence(kind="http", target="portal", family=family, outcome=outcome)
            for family, outcome in runs
        ),
    )
    fault = Fault(
        id="f",
        subject=Subject("s0", "", "portal"),
        phases=(phase,),
        start_ns=0,
        end_ns=None,
        known_ns=0,
    )
    assert is_harmless(fault, healthy_city().registry.network_state) is is_nobody_kept
