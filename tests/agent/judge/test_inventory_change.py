"""
A memory goes on under another inventory: what did not change stays, what is gone is forgotten.
"""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import FIXED, PROBES, TARGETS, two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.inventory_change import forget_removed_targets
from thongsuot_agent.judge.keys import PathKey, SeriesKey, SubjectKey
from thongsuot_agent.judge.memory import (
    FaultSlot,
    IssuedVerdict,
    LinkMemory,
    Memory,
    Round,
    ServiceMemory,
    Track,
)
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, RELATION
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.path import Path, RouteHistory, with_observation
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

PORTAL_DOWN_HERE = Diagnosis(
    state=State.DOWN, segment=Segment.SERVICE, symptom=Symptom.SERVICE_NAME_UNRESOLVED
)


def test_paths_to_removed_targets_or_no_longer_traced_are_forgotten() -> None:
    inventory = two_links().inventory
    measured = (*PROBES, ProbeSchedule(kind="path", every_s=3600.0))
    before = site_probes_from(inventory.links, inventory.targets, measured)

    def kept_after(*gone: str, schedules: tuple[ProbeSchedule, ...]) -> set[str]:
        memory = Memory(links={"fixed": LinkMemory(name="fixed")})
        for name in ("zone", "far"):
            routes: RouteHistory = with_observation(None, 1, Path(hops=(), is_reached=False))
            memory.links["fixed"].paths[PathKey(name, Family.IP4)] = routes
        targets = [target for target in inventory.targets if target.name not in gone]
        after = site_probes_from(inventory.links, targets, schedules)
        forget_removed_targets(memory, before, after)
        return {path.target for path in memory.links["fixed"].paths}

    assert kept_after(schedules=measured) == {"zone", "far"}
    assert kept_after("zone", schedules=measured) == {"far"}
    assert kept_after(schedules=PROBES) == set()


def known_of(*targets: str, link: str = "fixed", kind: str = "icmp") -> Memory:
    """Return a memory in which a link has one series of each target."""
    memory = Memory(now_ns=77, links={link: LinkMemory(name=link)})
    for name in targets:
        track = Track(kind=kind, target=name, family=Family.IP4)
        memory.links[link].tracks[SeriesKey(kind, name, Family.IP4)] = track
    return memory


def kept(memory: Memory, after: SiteProbes, link: str = "fixed") -> set[str]:
    forget_removed_targets(memory, two_links(), after)
    return {track.target for track in memory.links[link].tracks.values()}


def without(*names: str) -> SiteProbes:
    return two_links([target for target in TARGETS if target.name not in names])


def test_series_of_targets_that_are_gone_or_others_now_are_forgotten_and_no_others() -> None:
    assert kept(known_of("zone", "far", "exchange"), two_links()) == {"zone", "far", "exchange"}
    assert kept(known_of("zone", "far", "exchange"), without("far")) == {"zone", "exchange"}
    moved = [
        structs.replace(target, addresses=("192.0.2.99",)) if target.name == "zone" else target
        for target in TARGETS
    ]
    assert kept(known_of("zone", "far"), two_links(moved)) == {"far"}


def test_a_series_that_is_not_measured_over_the_link_any_more_is_forgotten() -> None:
    assert kept(known_of("zone", "core-mobile"), two_links()) == {"zone"}
    lookups = known_of("zone", "far", kind="dns")
    assert kept(lookups, two_links()) == {"zone"}, "no name is asked of the other"


def test_a_link_that_is_gone_itself_is_left_alone() -> None:
    memory = known_of("zone", link="mobile")
    assert kept(memory, two_links((), links=(FIXED,)), "mobile") == {"zone"}


@pytest.mark.parametrize(("gone", "is_anew"), [((), False), (("far",), True)])
def test_a_round_is_started_again_where_one_of_its_targets_was_removed(
    gone: tuple[str, ...], *, is_anew: bool
) -> None:
    memory = known_of("zone", "far")
    link = memory.links["fixed"]
    link.round = Round(opened_ns=1, due_ns=2, is_burst=True)
    forget_removed_targets(memory, two_links(), without(*gone))
    assert (link.round is None) is is_anew
    assert link.burst_ns == (77 if is_anew else None)


def issued(memory: Memory, *subjects: SubjectKey) -> None:
    for subject in subjects:
        verdict = Verdict(link=subject.link, service=subject.service, state=State.UP)
        memory.issued[subject] = IssuedVerdict(verdict=verdict, onset_ns=0)


def test_removing_a_service_removes_its_verdicts_and_keeps_those_of_links() -> None:
    memory = known_of()
    for name in ("motcua", "dichvucong"):
        memory.services[name] = ServiceMemory(name=name)
        issued(memory, SubjectKey("fixed", name), SubjectKey("", name))
    issued(memory, SubjectKey("fixed", ""))
    forget_removed_targets(memory, two_links(), without("motcua"))
    assert set(memory.services) == {"dichvucong"}
    assert set(memory.issued) == {
        SubjectKey("fixed", "dichvucong"),
        SubjectKey("", "dichvucong"),
        SubjectKey("fixed", ""),
    }


def test_a_service_that_no_link_watches_any_more_is_forgotten() -> None:
    memory = known_of()
    memory.services["motcua"] = ServiceMemory(name="motcua")
    inventory = two_links().inventory
    unwatched = tuple(schedule for schedule in PROBES if schedule.kind != "http")
    after = site_probes_from(inventory.links, inventory.targets, unwatched)
    forget_removed_targets(memory, two_links(), after)
    assert memory.services == {}


@pytest.mark.parametrize(
    ("fault", "link", "is_held"),
    [
        (RELATION, "fixed", True),
        (INTERCEPTED, "fixed", True),
        (PORTAL_DOWN_HERE, "fixed", False),
        (None, "fixed", False),
        (RELATION, "mobile", False),
    ],
    ids=["relation", "intercepted", "another fault", "none", "over another link"],
)
def test_a_link_stays_blamed_for_blocked_services_while_one_is_blocked(
    fault: Diagnosis | None, link: str, *, is_held: bool
) -> None:
    memory = known_of()
    blocked = FaultSlot(fault=RELATION)
    memory.links["fixed"].blocked_services = blocked
    slots = {link: FaultSlot(fault=fault)}
    memory.services["motcua"] = ServiceMemory(name="motcua", slots=slots)
    forget_removed_targets(memory, two_links(), two_links())
    assert (memory.links["fixed"].blocked_services == blocked) is is_held
    assert memory.links["fixed"].clear_ns == (0 if is_held else 77)


@pytest.mark.parametrize(
    ("target", "is_held"), [("motcua", True), ("zone", False), ("dichvucong", False)]
)
def test_a_link_stays_blamed_for_large_packets_while_pages_are_measured_over_it(
    target: str, *, is_held: bool
) -> None:
    kind = "icmp" if target == "zone" else "http"
    memory = known_of(target, kind=kind)
    memory.services["motcua"] = ServiceMemory(name="motcua")
    memory.links["fixed"].large_packets = FaultSlot(fault=RELATION)
    forget_removed_targets(memory, two_links(), two_links())
    assert (memory.links["fixed"].large_packets.fault is not None) is is_held
    assert memory.links["fixed"].clear_ns == (0 if is_held else 77)


def test_an_unchanged_inventory_leaves_the_healthy_since_time_of_a_link_alone() -> None:
    memory = known_of()
    memory.links["fixed"].clear_ns = 5
    forget_removed_targets(memory, two_links(), two_links())
    assert memory.links["fixed"].clear_ns == 5
