"""Whom a burst asks: the quick kinds, pages where they tell more, new flows, and equipment."""

import pytest

from tests.agent.judge.inventories import PROBES, TARGETS, anchor, two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    answering,
    echoes,
    fault,
    judged_link,
    lookups,
    pages,
)
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.rounds import can_be_probed, open_burst
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.resolver import is_lookup_unexpected
from thongsuot_agent.judge.tracks import record_duration
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

SITE = two_links()
NEAR = site_probes_from(
    SITE.inventory.links,
    (*TARGETS, anchor("access-fixed", Segment.ACCESS, links=("fixed",))),
    (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=60.0)),
)
SILENT_SERVER = fault(Symptom.RESOLVER_SILENT, Segment.CARRIER)


def link_of(*tracks: Track) -> LinkContext:
    at = judged_link(*tracks, site_probes=NEAR)
    at.link.facts = FACTS_OK
    return at


def kinds(at: LinkContext) -> set[str]:
    return {probe.kind for probe in open_burst(at)}


WELL = [echoes(target, answered_ns=ago(1.0)) for target in ("access-fixed", "zone", "far")]
QUICK = {"icmp", "dns", "host"}


@pytest.mark.parametrize(
    ("slot", "pending", "expected"),
    [
        ("", None, QUICK),
        ("silence", None, QUICK | {"http"}),
        ("resolver", SILENT_SERVER, QUICK | {"http", "fresh_echo"}),
        ("resolver", None, QUICK),
        ("slow", fault(Symptom.TRANSIT_SLOW, Segment.TRANSIT), QUICK | {"http"}),
        ("slow", fault(Symptom.ACCESS_SLOW, Segment.ACCESS), QUICK),
        ("slow", None, QUICK),
    ],
    ids=[
        "a first look",
        "a silence is pending",
        "a silent server is",
        "that servers are well again is",
        "a slow way abroad is",
        "a slow line is",
        "that it is quick again is",
    ],
)
def test_a_burst_includes_pages_and_new_flows_only_for_faults_they_can_show(
    slot: str, pending: object, expected: set[str]
) -> None:
    at = link_of(*WELL)
    if slot:
        state = getattr(at.link, slot)
        state.is_pending, state.pending = True, pending
    assert kinds(at) == expected


@pytest.mark.parametrize(("alive", "is_wide"), [(("zone",), True), (("zone", "far"), False)])
def test_a_burst_includes_pages_if_few_anchors_answer(
    alive: tuple[str, ...], *, is_wide: bool
) -> None:
    at = link_of()
    for key, point in at.probes.points.items():
        if not point.is_service and key.target not in alive:
            track = Track(kind=key.kind, target=key.target, family=Family.IP4)
            at.link.tracks[point.key(Family.IP4)] = track
            track.known_unresponsive, track.silent_ns = True, ago(1.0)
    assert ("http" in kinds(at)) is is_wide


def test_a_round_waits_only_for_quick_probes_of_responsive_targets() -> None:
    mute = echoes("exchange", silent_ns=ago(1.0), known_unresponsive=True)
    at = link_of(*WELL, mute)
    at.link.silence.is_pending = True
    asked = open_burst(at)
    current = at.link.round
    assert current is not None
    assert (current.opened_ns, current.due_ns) == (NOW_NS, NOW_NS + ns(3.5))
    assert current.is_burst
    assert at.link.burst_ns is None
    targets = {(key.kind, key.target) for key in current.awaited if key.family is Family.IP4}
    assert ("icmp", "zone") in targets
    assert ("icmp", "exchange") not in targets
    assert not any(kind == "http" for kind, _ in targets)
    assert any(probe.target == "exchange" for probe in asked), "it is asked all the same"


def test_a_burst_asks_the_targets_unheard_for_longest_first_and_pages_last() -> None:
    at = link_of(
        echoes("zone", answered_ns=ago(1.0)),
        echoes("far", answered_ns=ago(9.0), silent_heard_ns=ago(2.0)),
        echoes("abroad", answered_ns=ago(5.0)),
        pages(answered_ns=ago(99.0)),
    )
    at.link.silence.is_pending = True
    ip4 = [p for p in open_burst(at) if p.family is Family.IP4]
    order = [(p.kind, p.target) for p in ip4]
    assert order.index(("icmp", "abroad")) < order.index(("icmp", "far"))
    assert order.index(("icmp", "far")) < order.index(("icmp", "zone"))
    assert order.index(("icmp", "exchange")) < order.index(("icmp", "abroad"))
    assert order.index(("http", "motcua")) > order.index(("icmp", "zone"))


@pytest.mark.parametrize(
    ("shown", "can"),
    [
        ({"answered_ns": ago(2.0)}, True),
        ({"unmeasured_reason": Reason.NO_ROUTE, "unmeasured_ns": ago(1.0)}, False),
        (
            {
                "unmeasured_reason": Reason.NO_ROUTE,
                "unmeasured_ns": ago(2.0),
                "silent_ns": ago(2.0),
            },
            True,
        ),
        (
            {
                "unmeasured_reason": Reason.NO_ROUTE,
                "unmeasured_ns": ago(1.0),
                "failed_ns": ago(2.0),
            },
            False,
        ),
        ({"unmeasured_reason": Reason.AGENT_STARVED, "unmeasured_ns": ago(1.0)}, True),
    ],
    ids=["measured", "refused", "measured since", "refused since", "the agent was too late"],
)
def test_a_series_refused_last_is_not_requested_again(shown: Shown, *, can: bool) -> None:
    track = echoes("zone", **shown)
    at = link_of(track)
    point = at.probes.point_of(track)
    assert point is not None
    assert can_be_probed(at.link, point, Family.IP4) is can


@pytest.mark.parametrize(
    ("outcome", "late", "slow_runs", "late_ns"),
    [
        (Outcome.FAILED, "1.5", 1, 5),
        (Outcome.FAILED, "", 0, 0),
        (Outcome.OK, "1.5", 0, 0),
    ],
    ids=["an earlier echo came late", "none did", "this one came in time"],
)
def test_a_late_answer_is_slow_unless_another_of_its_run_was_in_time(
    outcome: Outcome, late: str, slow_runs: int, late_ns: int
) -> None:
    track = echoes("zone")
    values = {icmp.RTT.name: 0.02} if outcome is Outcome.OK else {}
    evidence = {"late_rtt_s": late} if late else {}
    reason = None if outcome is Outcome.OK else Reason.TIMED_OUT
    finding = Finding(outcome=outcome, reason=reason, values=values, evidence=evidence)
    record_duration(track, 5, finding, judged_link().settings)
    assert (track.slow_runs, track.late_ns) == (slow_runs, late_ns)


@pytest.mark.parametrize(
    ("shown", "believed", "expected"),
    [
        ({"failures": 1}, None, True),
        ({"failures": 1, "known_failing": True}, None, False),
        ({"value_s": 1.01}, None, True),
        ({"value_s": 1.0}, None, False),
        ({"value_s": 1.01}, SILENT_SERVER, False),
        ({"value_s": 1.0}, SILENT_SERVER, True),
    ],
    ids=[
        "fails",
        "always fails",
        "slow",
        "quick",
        "slow as believed",
        "quick, though believed bad",
    ],
)
def test_a_lookup_that_contradicts_the_believed_state_is_examined(
    shown: Shown, believed: object, *, expected: bool
) -> None:
    at = link_of()
    if believed is not None:
        at.link.resolver = FaultSlot(fault=SILENT_SERVER)
    assert is_lookup_unexpected(at, answering(at, lookups(**shown))) is expected
    far = answering(at, lookups("zone", **shown))
    assert not is_lookup_unexpected(at, far), "nobody of the site asks it"
