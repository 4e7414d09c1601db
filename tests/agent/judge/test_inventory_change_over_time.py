"""Another inventory for a site that was looked at for ten minutes: what is still said of it."""

import msgspec

from tests.agent.judge.inventories import PROBES, TARGETS, portal, two_links
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_agent.judge.inventory_change import forget_removed_targets
from thongsuot_agent.judge.keys import SeriesKey, SubjectKey
from thongsuot_agent.judge.memory import Memory, Round
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

PORTAL_DOWN = InjectedFault(
    at=Segment.SERVICE, links=(), targets=("motcua",), loss=1.0, reason=Reason.CONNECTION_REFUSED
)


def lived(*faults: InjectedFault) -> tuple[SimulatedSite, Memory]:
    """Return a site that was looked at for ten minutes, and what is known of it."""
    world = SimulatedSite(injected=faults)
    world.run(600.0)
    return world, world.memory


def without(*names: str) -> SiteProbes:
    """Return the probes of the site without some targets."""
    return two_links([target for target in TARGETS if target.name not in names])


def copied(memory: Memory) -> Memory:
    """Return a memory that changes apart from the one it is of."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory)


def test_under_the_same_inventory_nothing_is_forgotten() -> None:
    world, memory = lived()
    before = copied(memory)
    forget_removed_targets(memory, world.site_probes, two_links())
    assert memory == before


def test_removing_a_portal_removes_its_verdicts_only() -> None:
    world, memory = lived(PORTAL_DOWN)
    assert memory.issued[SubjectKey("", "motcua")].state is State.DOWN
    before = copied(memory)
    forget_removed_targets(memory, world.site_probes, without("motcua"))
    assert not [subject for subject in memory.issued if subject.service == "motcua"]
    assert "motcua" not in memory.services
    other = SubjectKey("", "dichvucong")
    assert memory.issued[other] == before.issued[other]
    for name, link in memory.links.items():
        old = before.links[name]
        assert memory.issued[SubjectKey(name, "")] == before.issued[SubjectKey(name, "")]
        assert {key: old.tracks[key] for key in link.tracks} == link.tracks
        gone = old.tracks.keys() - link.tracks.keys()
        assert gone
        assert {old.tracks[key].target for key in gone} == {"motcua"}
    # And it is not spoken of again.
    world.site_probes = without("motcua")
    count_before = len(world.changes)
    world.run(1200.0)
    assert not [
        change for change in world.changes[count_before:] if change.verdict.service == "motcua"
    ]


def test_another_portal_under_the_same_name_is_judged_again() -> None:
    world, memory = lived(PORTAL_DOWN)
    moved = msgspec.structs.replace(portal("motcua"), url="https://elsewhere.example/")
    targets: list[Target] = [moved if target.name == "motcua" else target for target in TARGETS]
    forget_removed_targets(memory, world.site_probes, two_links(targets))
    assert SubjectKey("", "motcua") not in memory.issued
    gone = SeriesKey("http", "motcua", Family.IP4)
    assert all(gone not in link.tracks for link in memory.links.values())


def test_tracks_of_a_kind_that_is_no_longer_measured_are_removed() -> None:
    world, memory = lived()
    probes = tuple(schedule for schedule in PROBES if schedule.kind != "http")
    after = site_probes_from(
        world.site_probes.inventory.links, world.site_probes.inventory.targets, probes
    )
    forget_removed_targets(memory, world.site_probes, after)
    assert memory.services == {}
    kinds = {track.kind for link in memory.links.values() for track in link.tracks.values()}
    assert kinds == {"icmp", "dns"}


def test_a_round_with_targets_that_are_gone_is_made_again() -> None:
    world, memory = lived()
    link = memory.links["fixed"]
    link.round = Round(
        opened_ns=memory.now_ns,
        due_ns=memory.now_ns + 10**12,
        is_burst=True,
        awaited={SeriesKey("icmp", name, Family.IP4) for name in ("zone", "far")},
    )
    forget_removed_targets(memory, world.site_probes, without("zone"))
    after = memory.links["fixed"]
    assert after.round is None
    assert after.burst_ns == memory.now_ns


def test_a_link_blamed_only_because_of_a_portal_is_cleared_with_it() -> None:
    blocked = InjectedFault(
        at=Segment.SERVICE,
        links=("fixed",),
        start_s=60.0,
        kinds=("http",),
        reason=Reason.TIMED_OUT,
    )
    world, memory = lived(blocked)
    assert memory.links["fixed"].blocked_services.fault is not None
    forget_removed_targets(memory, world.site_probes, without("motcua", "dichvucong"))
    assert memory.links["fixed"].blocked_services.fault is None
