"""What is broken if nothing beyond the site answers: the box, the last router or the line."""

from dataclasses import replace

import pytest
from msgspec import structs

from tests.agent.judge.link_cases import (
    Shown,
    ago,
    answering,
    echoes,
    judged_link,
    round_of,
    silent,
)
from tests.agent.judge.symptoms.test_silence import (
    FACTS,
    alive,
    named,
    quiet,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Track, Traffic
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.site_probes import ProbePoint
from thongsuot_agent.judge.symptoms.partial import FOREIGN_SILENT
from thongsuot_agent.judge.symptoms.silence import (
    ACCESS_SILENT,
    EDGE_SILENT,
    GATEWAY_NO_UPLINK,
    GATEWAY_SILENT,
    SILENT_SOMEWHERE,
    detect_silence,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment


def edge(*, is_silent: bool, answered_ns: int | None = ago(20.0)) -> Observation:
    point = ProbePoint(
        kind="icmp", target="edge", rung=Segment.LAN, families=(Family.IP4,), is_edge=True
    )
    track = Track(kind="icmp", target="edge", family=Family.IP4, answered_ns=answered_ns)
    return Observation(track, point, Segment.LAN, answered=not is_silent, silent=is_silent)


@pytest.mark.parametrize(
    ("edges", "fault"),
    [
        ([], ACCESS_SILENT),
        ([edge(is_silent=True)], EDGE_SILENT),
        ([edge(is_silent=False)], ACCESS_SILENT),
        ([edge(is_silent=True), edge(is_silent=False)], ACCESS_SILENT),
        ([edge(is_silent=True, answered_ns=None)], ACCESS_SILENT),
    ],
    ids=["none is known", "silent", "alive", "one family is alive", "it never answered"],
)
def test_behind_a_gateway_that_lives_the_sites_last_router_is_looked_at_first(
    edges: list[Observation], fault: Diagnosis
) -> None:
    at = judged_link()
    seen = [answering(at, alive("gateway"))]
    seen += [silent(at, quiet(target)) for target in ("zone", "far")]
    assert named(at, *seen, *edges) == fault


@pytest.mark.parametrize(
    ("heard_ns", "failed", "deaf", "is_ripe"),
    [
        (ago(1.0), 1, False, True),
        (ago(1.0) + ns(0.3), 1, False, True),
        (ago(1.0) + ns(0.3) + 1, 1, False, False),
        (ago(1.0) + ns(0.3) + 1, 0, False, True),
        (ago(1.0), 0, True, False),
    ],
    ids=[
        "asked with the latest that was silent",
        "asked in the same moment",
        "asked after it, having been deaf",
        "asked after it, and never deaf",
        "one family is deaf",
    ],
)
def test_the_gateway_must_have_answered_during_the_silence(
    heard_ns: int, failed: int, *, deaf: bool, is_ripe: bool
) -> None:
    at = judged_link()
    gateway = alive("gateway", answered_ns=heard_ns)
    gateway.tally.failed = failed
    seen = [answering(at, gateway), *(silent(at, quiet(target)) for target in ("zone", "far"))]
    if deaf:
        seen.append(silent(at, quiet("gateway", family=Family.IP6)))
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.is_ripe is is_ripe


def refused(target: str, by: str, **shown: object) -> Track:
    by_router: Shown = {"reason": Reason.NETWORK_UNREACHABLE, "refused_by": by}
    return quiet(target, **by_router | shown)


@pytest.mark.parametrize(
    ("tracks", "fault"),
    [
        ([refused("zone", "192.168.1.1"), refused("far", "192.168.1.1")], GATEWAY_NO_UPLINK),
        ([refused("zone", "192.168.1.1"), quiet("far")], ACCESS_SILENT),
        ([refused("zone", "192.168.1.1"), refused("far", "203.0.113.1")], ACCESS_SILENT),
        ([refused("zone", ""), refused("far", "")], ACCESS_SILENT),
        ([refused("zone", ""), refused("far", ""), quiet("access-fixed")], GATEWAY_NO_UPLINK),
        (
            [refused("zone", ""), refused("far", "203.0.113.1"), quiet("access-fixed")],
            GATEWAY_NO_UPLINK,
        ),
    ],
    ids=[
        "the gateway says so twice",
        "it says so once",
        "a router farther out says so",
        "somebody says so",
        "somebody says so before the carrier's first hop",
        "the carrier's own router is not asked who it is",
    ],
)
def test_a_gateway_that_says_it_has_no_way_is_the_sites(
    tracks: list[Track], fault: Diagnosis
) -> None:
    at = judged_link()
    at.link.facts = FACTS
    seen = [silent(at, track) for track in tracks]
    assert named(at, answering(at, alive("gateway")), *seen) == fault
    at.link.facts = None
    if all(track.refused_by for track in tracks):
        assert named(at, answering(at, alive("gateway")), *seen) == ACCESS_SILENT


LAG_S = 10.0


@pytest.mark.parametrize(
    ("traffic", "fault"),
    [
        (Traffic(), SILENT_SOMEWHERE),
        (Traffic(read_ns=1), SILENT_SOMEWHERE),
        (Traffic(neighbour_proved=True), SILENT_SOMEWHERE),
        (
            Traffic(neighbour_proved=True, neighbour=False, neighbour_ns=ago(20.0, 1)),
            SILENT_SOMEWHERE,
        ),
        (Traffic(neighbour_proved=True, neighbour=False, neighbour_ns=ago(20.0)), GATEWAY_SILENT),
        (
            Traffic(neighbour_proved=True, neighbour=True, neighbour_ns=ago(20.0 - LAG_S, 1)),
            SILENT_SOMEWHERE,
        ),
        (
            Traffic(neighbour_proved=True, neighbour=True, neighbour_ns=ago(20.0 - LAG_S)),
            ACCESS_SILENT,
        ),
    ],
    ids=[
        "nobody has asked",
        "it never answered",
        "not asked yet",
        "asked before it",
        "gone on the link layer",
        "there, by an old proof",
        "there, by a fresh proof",
    ],
)
def test_a_gateway_that_answers_no_echo_is_asked_on_the_link_layer(
    traffic: Traffic, fault: Diagnosis
) -> None:
    at = judged_link()
    at.link.traffic = traffic
    at.link.silence = FaultSlot(fault=SILENT_SOMEWHERE, onset_ns=ago(20.0))
    seen = [silent(at, quiet(target)) for target in ("zone", "far")]
    assert named(at, *seen) == fault
    never_answered = silent(at, quiet("gateway", answered_ns=None))
    assert named(at, *seen, never_answered) == fault
    once_answered = echoes("gateway", answered_ns=ago(30.0))
    assert named(judged_link(once_answered), *seen) == SILENT_SOMEWHERE, "it was not silent"


def test_before_its_report_a_silence_is_as_old_as_its_round() -> None:
    at = judged_link()
    seen = [silent(at, quiet(target)) for target in ("zone", "far")]
    for asked_ns, expected in ((ago(1.0), GATEWAY_SILENT), (ago(1.0, 1), SILENT_SOMEWHERE)):
        at.link.traffic = Traffic(neighbour_proved=True, neighbour=False, neighbour_ns=asked_ns)
        assert named(at, *seen) == expected
        at.link.silence = FaultSlot(fault=FOREIGN_SILENT, onset_ns=ago(99.0))
        assert named(at, *seen) == expected, "a part that was silent before is no outage"


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        (FACTS, SILENT_SOMEWHERE),
        (structs.replace(FACTS, point_to_point=True), ACCESS_SILENT),
        (structs.replace(FACTS, gateways=("203.0.113.1",)), ACCESS_SILENT),
    ],
    ids=["a router of the site", "a session without any", "the carrier's own router"],
)
def test_where_the_line_begins_in_the_device_no_gateway_is_asked_for(
    facts: LinkFacts, fault: Diagnosis
) -> None:
    at = judged_link()
    at.link.facts = facts
    seen = [silent(at, quiet(target)) for target in ("zone", "far")]
    assert named(at, *seen) == fault


def test_without_a_gateway_the_line_is_named_unless_the_link_layer_may_still_tell() -> None:
    at = judged_link()
    points = {key: point for key, point in at.probes.points.items() if not point.is_gateway}

    def without_gateway(*, has_host_probe: bool) -> LinkContext:
        probes = replace(at.probes, points=points, has_host_probe=has_host_probe)
        return LinkContext(at.memory, at.link, probes, at.settings)

    seen = [silent(at, quiet(target)) for target in ("zone", "far")]
    assert named(without_gateway(has_host_probe=True), *seen) == SILENT_SOMEWHERE
    assert named(without_gateway(has_host_probe=False), *seen) == ACCESS_SILENT
    at.link.traffic.read_ns = 1
    assert named(without_gateway(has_host_probe=True), *seen) == ACCESS_SILENT
