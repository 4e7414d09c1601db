"""What the ways to targets teach the judge, and when it asks for them."""

import msgspec

from tests.agent.judge.expect import last_change
from tests.agent.judge.inventories import FIXED, GATEWAY, MOBILE, PROBES, RESOLVER, TARGETS, anchor
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_agent.judge import paths
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import ResultArrival
from thongsuot_agent.judge.keys import PathKey, SeriesKey
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue.path import LAST_HOP
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.path import Hop, Path, path_evidence
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

S = 1_000_000_000
FIRST_HOP = anchor("first_hop", Segment.ACCESS, "first-hop")
LEARNED = (*TARGETS, FIRST_HOP)


def site_probes() -> SiteProbes:
    probes = (*PROBES, ProbeSchedule(kind="path", every_s=300.0))
    return site_probes_from((FIXED, MOBILE), LEARNED, probes)


def finding(
    *addresses: str, reached: bool = True, first: int | None = 2, edge: int | None = None
) -> Finding:
    hops = tuple(
        Hop(
            number=number,
            sent=3,
            answered=3 if address else 0,
            addresses=(address,) if address else (),
        )
        for number, address in enumerate(addresses, 1)
    )
    evidence = path_evidence(Path(hops=hops, first=first, edge=edge))
    values = {LAST_HOP: float(len(hops))}
    if reached:
        return ok_finding(values, evidence=evidence)
    return failed_finding(Reason.TIMED_OUT, values, evidence=evidence)


def result(at_s: int, ending: Finding, target: str = "far") -> Result:
    series = Series(kind="path", revision=1, link="fixed", target=target, family=Family.IP4)
    return Result(series=series, boottime_ns=at_s * S, finding=ending)


def change(link: str = "fixed", service: str = "") -> VerdictChange:
    verdict = Verdict(link=link, service=service, state=State.UP)
    return VerdictChange(
        verdict=verdict, before=State.UNKNOWN, onset_boottime_ns=0, decided_boottime_ns=0
    )


def test_two_sightings_of_one_router_make_it_the_usual_one() -> None:
    link = LinkMemory(name="fixed")
    paths.note_path(link, result(1, finding("192.168.1.1", "10.0.0.1", "203.0.113.1")))
    assert paths.first_hops(link) == {}
    paths.note_path(link, result(2, finding("192.168.1.1", "10.0.0.1", "203.0.113.1"), "zone"))
    assert paths.first_hops(link) == {Family.IP4: "10.0.0.1"}
    assert paths.edges(link) == {}


def test_the_sites_own_last_router_is_learned_from_ways_that_go_beyond_it() -> None:
    link = LinkMemory(name="fixed")
    whole = finding("10.1.0.1", "10.2.0.2", "10.20.0.1", "203.0.113.1", first=3, edge=2)
    paths.note_path(link, result(1, whole))
    paths.note_path(link, result(2, whole, "zone"))
    assert paths.edges(link) == {Family.IP4: "10.2.0.2"}
    # A way that ends inside the site says where it ends, not what stands last.
    for at_s in range(3, 20):
        cut = finding("10.1.0.1", "10.1.0.9", reached=False, first=None, edge=2)
        paths.note_path(link, result(at_s, cut))
    assert paths.edges(link) == {Family.IP4: "10.2.0.2"}


def test_the_usual_router_gives_way_only_to_one_that_most_have_seen() -> None:
    link = LinkMemory(name="fixed")
    for at_s in range(20):
        paths.note_path(link, result(at_s, finding("192.168.1.1", "10.0.0.1", "203.0.113.1")))
    for at_s in range(20, 24):
        paths.note_path(link, result(at_s, finding("192.168.1.1", "10.0.0.9", "203.0.113.1")))
        assert paths.first_hops(link)[Family.IP4] == "10.0.0.1"
    paths.note_path(link, result(24, finding("192.168.1.1", "10.0.0.9", "203.0.113.1")))
    assert paths.first_hops(link)[Family.IP4] == "10.0.0.9"


def test_a_way_that_ends_before_the_carrier_teaches_nothing() -> None:
    link = LinkMemory(name="fixed")
    for at_s in range(4):
        paths.note_path(link, result(at_s, finding("192.168.1.1", reached=False, first=None)))
    paths.note_path(link, result(5, failed_finding(Reason.NO_ROUTE)))
    assert paths.first_hops(link) == {}
    assert link.paths[PathKey("far", Family.IP4)].latest.at_ns == 3 * S


def test_another_way_is_told_once_and_a_silent_hop_is_none() -> None:
    memory, at = Memory(), site_probes()

    def routes(arrived: Result) -> list[str]:
        ruling = step(
            memory, ResultArrival(boottime_ns=arrived.boottime_ns, result=arrived), at, Settings()
        )
        return [route.text for route in ruling.route_changes]

    assert routes(result(1, finding("192.168.1.1", "10.0.0.1", "10.0.0.2", "203.0.113.1"))) == []
    assert routes(result(2, finding("192.168.1.1", "", "10.0.0.2", "203.0.113.1"))) == []
    assert routes(
        result(3, finding("192.168.1.1", "10.0.0.1", "10.0.0.7", "10.0.0.8", "203.0.113.1"))
    ) == ["4 to 5 hops, hop 3 10.0.0.2 to 10.0.0.7"]
    assert (
        routes(result(4, finding("192.168.1.1", "10.0.0.1", "10.0.0.7", "10.0.0.8", "203.0.113.1")))
        == []
    )
    assert routes(result(5, finding("192.168.1.1", "10.0.0.1", reached=False))) == ["ends at hop 2"]


def test_ways_are_asked_for_when_a_verdict_changes_silent_targets_first() -> None:
    memory = Memory(now_ns=100 * S)
    track = Track(kind="icmp", target="far", family=Family.IP4, silences=3)
    key = SeriesKey("icmp", "far", Family.IP4)
    memory.links["fixed"] = LinkMemory(name="fixed", tracks={key: track})
    confirmations = paths.path_probes(memory, [change()], site_probes())
    assert [(confirmation.target, confirmation.family) for confirmation in confirmations[:2]] == [
        ("far", Family.IP4),
        ("far", Family.IP6),
    ]
    assert len(confirmations) == 6
    assert {confirmation.kind for confirmation in confirmations} == {"path"}
    assert not {"gateway", "first_hop", "dichvucong"} & {
        confirmation.target for confirmation in confirmations
    }


def test_two_changes_in_a_moment_are_one_question() -> None:
    memory = Memory(now_ns=100 * S)
    memory.links["fixed"] = LinkMemory(name="fixed")
    assert paths.path_probes(memory, [change(), change(service="motcua")], site_probes())
    memory.now_ns += 3 * S
    assert paths.path_probes(memory, [change()], site_probes()) == ()
    memory.now_ns += 3 * S
    assert paths.path_probes(memory, [], site_probes()), (
        "what came meanwhile is looked at when that is over"
    )
    memory.now_ns += 6 * S
    assert paths.path_probes(memory, [], site_probes()) == ()
    assert paths.path_probes(memory, [change(link="")], site_probes()) == ()


def test_what_was_learned_is_written_down_with_the_memory() -> None:
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    for at_s in (1, 2):
        paths.note_path(
            memory.links["fixed"], result(at_s, finding("192.168.1.1", "10.0.0.1", "203.0.113.1"))
        )
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory)
    assert again == memory
    assert paths.first_hops(again.links["fixed"]) == {Family.IP4: "10.0.0.1"}


def test_the_learned_router_tells_the_line_from_the_core() -> None:
    bare = (GATEWAY, RESOLVER, *(target for target in TARGETS if target.segment is Segment.TRANSIT))
    for at, without, with_it in (
        (Segment.ACCESS, Symptom.ACCESS_SILENT, Symptom.ACCESS_SILENT),
        (Segment.CARRIER, Symptom.ACCESS_SILENT, Symptom.CARRIER_SILENT),
    ):
        for targets, expected in ((bare, without), ((*bare, FIRST_HOP), with_it)):
            world = SimulatedSite(
                site_probes=site_probes_from((FIXED,), targets, PROBES),
                injected=(InjectedFault(start_s=60.0, end_s=200.0, at=at, loss=1.0),),
            )
            world.run(110.0)
            assert last_change(world, "fixed").verdict.symptom is expected, (at, len(targets))


def test_a_way_that_ends_at_the_first_hop_teaches_nothing() -> None:
    link = LinkMemory(name="fixed")
    for at_s in range(1, 4):
        paths.note_path(link, result(at_s, finding("192.0.2.1", "100.65.0.1", "198.51.100.1")))
    for at_s in range(10, 30):
        paths.note_path(link, result(at_s, finding("192.0.2.1", "100.65.0.2", reached=False)))
    assert paths.first_hops(link) == {Family.IP4: "100.65.0.1"}
    for at_s in range(40, 50):
        paths.note_path(link, result(at_s, finding("192.0.2.1", "100.65.0.9", "198.51.100.1")))
    assert paths.first_hops(link) == {Family.IP4: "100.65.0.9"}
