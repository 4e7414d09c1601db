"""What the judge learns from traced paths, and when it requests them."""

import msgspec
import pytest

from tests.agent.judge.inventories import FIXED, MOBILE, PROBES, TARGETS, anchor, two_links
from thongsuot_agent.judge import paths
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import LinkFacts, ResultArrival
from thongsuot_agent.judge.keys import PathKey, SeriesKey
from thongsuot_agent.judge.memory import FirstHop, LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue.path import LAST_HOP
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.path import Hop, Path, path_evidence
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

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


def test_a_path_that_ends_before_the_carrier_teaches_no_first_hop() -> None:
    link = LinkMemory(name="fixed")
    for at_s in range(4):
        paths.note_path(link, result(at_s, finding("192.168.1.1", reached=False, first=None)))
    paths.note_path(link, result(5, failed_finding(Reason.NO_ROUTE)))
    assert paths.first_hops(link) == {}
    assert link.paths[PathKey("far", Family.IP4)].latest.at_ns == 3 * S


def test_another_route_is_reported_once_and_a_silent_hop_is_not_one() -> None:
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


def test_two_changes_within_seconds_cause_one_trace() -> None:
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


def test_learned_values_are_saved_with_the_memory() -> None:
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    for at_s in (1, 2):
        paths.note_path(
            memory.links["fixed"], result(at_s, finding("192.168.1.1", "10.0.0.1", "203.0.113.1"))
        )
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory)
    assert again == memory
    assert paths.first_hops(again.links["fixed"]) == {Family.IP4: "10.0.0.1"}


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


def seen(*hops: Hop, reached: bool = True, edge: int | None = None) -> Result:
    """Return a run that has seen these hops."""
    evidence = path_evidence(Path(hops=hops, first=2, edge=edge))
    values = {LAST_HOP: float(len(hops))}
    ending = (
        ok_finding(values, evidence=evidence)
        if reached
        else failed_finding(Reason.TIMED_OUT, values, evidence=evidence)
    )
    return result(1, ending)


def hop(number: int, *addresses: str, refusal: str = "") -> Hop:
    return Hop(number=number, sent=3, answered=len(addresses), addresses=addresses, refusal=refusal)


def learned(*runs: Result) -> LinkMemory:
    """Return a link that has seen each of these runs twice, at other moments."""
    link = LinkMemory(name="fixed")
    for place, run in enumerate((*runs, *runs)):
        paths.note_path(link, msgspec.structs.replace(run, boottime_ns=run.boottime_ns + place))
    return link


@pytest.mark.parametrize(
    ("run", "first_hop"),
    [
        (seen(hop(1, "192.168.1.1"), hop(2, "10.0.0.1"), hop(3, "10.0.0.2")), "10.0.0.1"),
        (
            seen(hop(1, "192.168.1.1"), hop(2, "10.0.0.1"), hop(3, "10.0.0.2"), reached=False),
            "10.0.0.1",
        ),
        (seen(hop(1, "192.168.1.1"), hop(2, "10.0.0.1")), "10.0.0.1"),
        (seen(hop(1, "192.168.1.1"), hop(2, "10.0.0.1"), reached=False), ""),
        (seen(hop(1, "192.168.1.1"), hop(2), hop(3, "10.0.0.2")), ""),
        (seen(hop(1, "192.168.1.1"), hop(3, "10.0.0.2")), ""),
    ],
    ids=[
        "reached",
        "beyond it",
        "the target itself",
        "ends at it",
        "it is silent",
        "it is not seen",
    ],
)
def test_a_first_hop_is_learned_of_ways_that_pass_it_or_reach_their_target(
    run: Result, first_hop: str
) -> None:
    assert paths.first_hops(learned(run)).get(Family.IP4, "") == first_hop


def test_a_last_router_of_the_site_that_is_silent_is_not_learned() -> None:
    link = learned(seen(hop(1), hop(2, "10.0.0.1"), hop(3, "10.0.0.2"), edge=1))
    assert paths.first_hops(link) == {Family.IP4: "10.0.0.1"}
    assert paths.edges(link) == {}
    assert link.edges == {}


@pytest.mark.parametrize(
    ("reached", "routers"),
    [(True, ["10.0.0.1", "10.0.0.2"]), (False, ["10.0.0.1", "10.0.0.2", "203.0.113.1"])],
)
def test_the_carriers_routers_are_those_between_the_site_and_the_target(
    routers: list[str], *, reached: bool
) -> None:
    hops = (
        hop(1, "192.168.1.1"),
        hop(2, "10.0.0.1"),
        hop(3),
        hop(4, "10.0.0.2"),
        hop(5, "203.0.113.1"),
        hop(6, "10.0.0.2", refusal="!N"),
    )
    path = Path(hops=hops, is_reached=reached, first=2)
    assert paths._carriers_routers(path, hops[1]) == routers


def test_the_ways_to_the_latest_thirty_two_targets_are_remembered() -> None:
    link = LinkMemory(name="fixed")
    for number in range(33):
        way = finding("192.168.1.1", "10.0.0.1", "203.0.113.1")
        paths.note_path(link, result(number, way, f"target{number}"))
    assert len(link.paths) == 32
    assert PathKey("target0", Family.IP4) not in link.paths
    assert PathKey("target1", Family.IP4) in link.paths


def test_a_run_that_was_made_before_the_latest_or_not_at_all_teaches_nothing() -> None:
    link = LinkMemory(name="fixed")
    way = finding("192.168.1.1", "10.0.0.1", "203.0.113.1")
    paths.note_path(link, result(5, way))
    assert paths.note_path(link, result(4, finding("192.168.1.1", "10.0.0.9"))) == ()
    assert link.first_hops[Family.IP4].seen == ["10.0.0.1"]
    assert paths.note_path(link, result(6, failed_finding(Reason.NO_ROUTE))) == ()
    assert link.paths[PathKey("far", Family.IP4)].latest.at_ns == 5 * S


def test_another_way_names_link_target_and_family() -> None:
    link = LinkMemory(name="fixed")
    assert paths.note_path(link, result(1, finding("192.168.1.1", "10.0.0.1", "10.0.0.2"))) == ()
    (told,) = paths.note_path(link, result(2, finding("192.168.1.1", "10.0.0.1", "10.0.0.3")))
    assert (told.link, told.target, told.family) == ("fixed", "far", Family.IP4)
    assert "10.0.0.3" in told.text


def test_the_latest_nine_sightings_decide_which_router_is_usual() -> None:
    hops: dict[Family, FirstHop] = {}

    def sight(address: str, times: int) -> str:
        for _ in range(times):
            paths._learn_hop(hops, Family.IP4, address)
        return hops[Family.IP4].usual

    assert sight("a", 1) == ""
    assert sight("b", 1) == ""
    assert sight("b", 3) == "", "not alone, and four of five are not most of nine"
    assert sight("b", 1) == "b", "most of nine"
    assert sight("a", 4) == "b"
    assert sight("a", 1) == "a"
    assert len(hops[Family.IP4].seen) == 9
    assert sight("c", 9) == "c"


def asked_ways(memory: Memory, *changed: str, probes: SiteProbes | None = None) -> set[str]:
    asked = paths.path_probes(memory, [change(name) for name in changed], probes or site_probes())
    return {probe.link for probe in asked}


def two_known_links(**asked_ns: int) -> Memory:
    names = ("fixed", "mobile")
    return Memory(
        now_ns=100 * S,
        links={name: LinkMemory(name=name, paths_asked_ns=asked_ns.get(name)) for name in names},
    )


def test_the_ways_of_the_link_whose_verdict_changed_are_looked_at() -> None:
    memory = two_known_links()
    assert asked_ways(memory, "mobile") == {"mobile"}, "though the first is not due"
    assert memory.links["mobile"].paths_asked_ns == 100 * S
    assert memory.links["fixed"].paths_asked_ns is None
    assert not memory.links["mobile"].is_path_due
    assert asked_ways(two_known_links(), "fixed", "mobile") == {"fixed", "mobile"}
    assert asked_ways(two_known_links(), "gone") == set()


@pytest.mark.parametrize(("asked_ns", "is_asked"), [(95 * S, True), (95 * S + 1, False)])
def test_paths_of_one_link_are_traced_every_five_seconds_at_most(
    asked_ns: int, *, is_asked: bool
) -> None:
    memory = two_known_links(fixed=asked_ns)
    assert asked_ways(memory, "fixed", "mobile") == {"mobile"} | ({"fixed"} if is_asked else set())
    assert memory.links["fixed"].is_path_due is not is_asked


def test_a_link_without_ways_has_none_looked_at_and_one_that_is_gone_stays_due() -> None:
    memory = two_known_links()
    assert asked_ways(memory, "fixed", probes=two_links()) == set()
    assert memory.links["fixed"].paths_asked_ns is None
    assert not memory.links["fixed"].is_path_due
    assert asked_ways(memory, "mobile", probes=two_links(links=(FIXED,))) == set()
    assert memory.links["mobile"].is_path_due


def test_ways_are_looked_at_in_the_families_that_the_link_has() -> None:
    memory = two_known_links()
    facts = LinkFacts(present=True, carrier=True, has_address6=True, has_route6=True)
    memory.links["fixed"].facts = facts
    asked = paths.path_probes(memory, [change()], site_probes())
    assert {probe.family for probe in asked} == {Family.IP6}
    assert len(asked) == 6
