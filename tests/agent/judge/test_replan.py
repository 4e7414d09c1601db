"""A memory goes on under another plan: what did not change stays, what is gone is forgotten."""

import msgspec

from tests.agent.judge.site import PROBES, TARGETS, portal, two_links
from tests.agent.judge.world import Trouble, World
from thongsuot_agent.judge.memory import Memory, Round
from thongsuot_agent.judge.plan import Plan, plan_from
from thongsuot_agent.judge.replan import forget
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

PORTAL_DOWN = Trouble(
    at=Segment.SERVICE, links=(), targets=("motcua",), loss=1.0, reason=Reason.CONNECTION_REFUSED
)


def lived(*troubles: Trouble) -> tuple[World, Memory]:
    """Return a site that was looked at for ten minutes, and what is known of it."""
    world = World(troubles=troubles)
    world.run(600.0)
    return world, world.memory


def without(name: str) -> Plan:
    """Return the plan of the site without a target."""
    return two_links([target for target in TARGETS if target.name != name])


def copied(memory: Memory) -> Memory:
    """Return a memory that changes apart from the one it is of."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory)


def test_under_the_same_plan_nothing_is_forgotten() -> None:
    world, memory = lived()
    before = copied(memory)
    forget(memory, world.plan, two_links())
    assert memory == before


def test_a_portal_that_is_gone_takes_its_verdicts_with_it_and_nothing_else() -> None:
    world, memory = lived(PORTAL_DOWN)
    assert memory.given["/motcua"].state is State.DOWN
    before = copied(memory)
    forget(memory, world.plan, without("motcua"))
    assert not [subject for subject in memory.given if subject.endswith("motcua")]
    assert "motcua" not in memory.services
    assert memory.given["/dichvucong"] == before.given["/dichvucong"]
    for name, link in memory.links.items():
        old = before.links[name]
        assert memory.given[f"{name}/"] == before.given[f"{name}/"]
        assert {key: old.tracks[key] for key in link.tracks} == link.tracks
        gone = old.tracks.keys() - link.tracks.keys()
        assert gone
        assert {old.tracks[key].target for key in gone} == {"motcua"}
    # And it is not spoken of again.
    world.plan = without("motcua")
    said = len(world.changes)
    world.run(1200.0)
    assert not [one for one in world.changes[said:] if one.verdict.service == "motcua"]


def test_another_portal_under_the_same_name_is_judged_anew() -> None:
    world, memory = lived(PORTAL_DOWN)
    moved = msgspec.structs.replace(portal("motcua"), url="https://elsewhere.example/")
    targets: list[Target] = [moved if one.name == "motcua" else one for one in TARGETS]
    forget(memory, world.plan, two_links(targets))
    assert "/motcua" not in memory.given
    assert all("http motcua ip4" not in link.tracks for link in memory.links.values())


def test_a_kind_that_is_not_measured_any_more_leaves_no_track() -> None:
    world, memory = lived()
    probes = tuple(plan for plan in PROBES if plan.kind != "http")
    after = plan_from(world.plan.draft.links, world.plan.draft.targets, probes)
    forget(memory, world.plan, after)
    assert memory.services == {}
    kinds = {track.kind for link in memory.links.values() for track in link.tracks.values()}
    assert kinds == {"icmp", "dns"}


def test_a_round_that_asked_what_is_gone_is_made_anew() -> None:
    world, memory = lived()
    link = memory.links["fixed"]
    link.round = Round(
        opened_ns=memory.now_ns,
        due_ns=memory.now_ns + 10**12,
        is_burst=True,
        awaited={"icmp zone ip4", "icmp far ip4"},
    )
    forget(memory, world.plan, without("zone"))
    after = memory.links["fixed"]
    assert after.round is None
    assert after.burst_ns == memory.now_ns


def test_what_a_link_was_blamed_for_because_of_a_portal_ends_with_the_portal() -> None:
    blocked = Trouble(
        at=Segment.SERVICE,
        links=("fixed",),
        targets=("motcua",),
        start_s=60.0,
        kinds=("http",),
        reason=Reason.TIMED_OUT,
    )
    world, memory = lived(blocked)
    assert memory.links["fixed"].blocked.fault is not None
    forget(memory, world.plan, without("motcua"))
    assert memory.links["fixed"].blocked.fault is None
