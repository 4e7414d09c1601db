"""During an outage pages decide: they are asked once it is doubtful, and end its rounds."""

import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import NOW_NS, ago, echoes, fault, judged_link, pages
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Round, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.rounds import is_round_complete, note_run_in_round, open_burst
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

DEAD_WAY = fault(Symptom.TRANSIT_SILENT, Segment.TRANSIT, State.DOWN)
DEAD_LINE = fault(Symptom.ACCESS_SILENT, Segment.ACCESS, State.DOWN)
DEAD_SERVICES = fault(Symptom.TRANSIT_SILENT, Segment.SERVICE, State.DOWN)
DEAD_BOX = fault(Symptom.GATEWAY_SILENT, Segment.LAN, State.DOWN)
SILENT_PART = fault(Symptom.CARRIER_PARTIAL_OUTAGE, Segment.CARRIER, State.DEGRADED)
ZONE = echoes("zone", answered_ns=ago(30.0))
FAR_KEY = SeriesKey("icmp", "far", Family.IP4)


def link_during(outage: Diagnosis | None, *tracks: Track, name: str = "fixed") -> LinkContext:
    far = echoes("far", answered_ns=ago(30.0))
    at = judged_link(ZONE, far, *tracks, site_probes=two_links(), name=name)
    at.link.facts = FACTS_OK
    at.link.silence = FaultSlot(fault=outage, onset_ns=ago(20.0))
    return at


@pytest.mark.parametrize(
    ("outage", "answered_ns", "name", "asks_for_pages"),
    [
        (DEAD_WAY, ago(1.0), "fixed", True),
        (DEAD_WAY, ago(20.0), "fixed", False),
        (DEAD_LINE, ago(1.0), "fixed", True),
        (DEAD_SERVICES, ago(1.0), "fixed", False),
        (DEAD_BOX, ago(1.0), "fixed", False),
        (SILENT_PART, ago(1.0), "fixed", False),
        (None, ago(1.0), "fixed", False),
        (DEAD_WAY, ago(1.0), "mobile", False),
    ],
    ids=[
        "as far out",
        "none since it began",
        "farther out",
        "nearer",
        "the LAN",
        "a part",
        "none",
        "over a metered line",
    ],
)
def test_a_burst_asks_for_pages_once_something_has_answered_as_far_out_as_an_outage(
    outage: Diagnosis | None, answered_ns: int, name: str, *, asks_for_pages: bool
) -> None:
    """Where echoes are limited, pages alone show how much works."""
    at = link_during(outage, name=name)
    at.link.tracks[FAR_KEY].answered_ns = answered_ns
    kinds = {probe.kind for probe in open_burst(at)}
    assert ("http" in kinds) is asks_for_pages


@pytest.mark.parametrize(
    ("outage", "is_burst", "is_page_back", "is_complete"),
    [
        (DEAD_LINE, True, True, True),
        (DEAD_LINE, True, False, False),
        (None, True, True, False),
        (SILENT_PART, True, True, False),
        (DEAD_LINE, False, True, False),
    ],
    ids=["a page came", "no page", "no outage", "a lesser fault", "the schedule's round"],
)
def test_no_echo_is_awaited_during_an_outage_once_a_page_has_come(
    outage: Diagnosis | None, *, is_burst: bool, is_page_back: bool, is_complete: bool
) -> None:
    """Limited echoes would be awaited for their whole second, in each of three rounds."""
    at = link_during(outage)
    at.link.round = Round(
        opened_ns=NOW_NS,
        due_ns=NOW_NS + ns(3.5),
        is_burst=is_burst,
        awaited={at.probes.points[PointKey("icmp", "zone")].key(ZONE.family)},
        is_page_back=is_page_back,
    )
    assert is_round_complete(at) is is_complete


@pytest.mark.parametrize(
    ("track", "early_ns", "is_page_back"),
    [
        (pages(successes=1), 0, True),
        (pages(successes=1), 1, False),
        (pages(successes=0), 0, False),
        (echoes("zone", successes=1), 0, False),
    ],
    ids=["a page", "begun before the round", "a refusal", "an echo"],
)
def test_a_page_of_the_round_is_noted(track: Track, early_ns: int, *, is_page_back: bool) -> None:
    at = link_during(DEAD_LINE, track)
    open_burst(at)
    assert at.link.round is not None
    point = at.probes.points[PointKey(track.kind, track.target)]
    note_run_in_round(at, track, point, Reachability.ANSWERED, NOW_NS - early_ns)
    assert at.link.round.is_page_back is is_page_back
