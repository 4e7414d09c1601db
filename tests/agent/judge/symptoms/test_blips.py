"""Blips: two targets that lose echoes at once, four times in two minutes."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.blips import is_blipping, note_blip
from thongsuot_schema.result import Family

# As documented: the code's own figures would follow any change of them.
BLIP_NS = 1_000_000_000
BLIPS = 4
BLIPS_APART_NS = 3_000_000_000
BLIPS_S = 120.0


NOW_NS = 5_000 * NS_PER_S


def link_context(*families: Family) -> LinkContext:
    link = LinkMemory(name="fixed")
    for family in families or (Family.IP4,):
        link.tracks[SeriesKey("icmp", "zone", family)] = echo("zone", family)
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def echo(target: str, family: Family = Family.IP4) -> Track:
    return Track(kind="icmp", target=target, family=family)


def lose(at: LinkContext, *lost: tuple[str, int], family: Family = Family.IP4) -> list[int]:
    for target, lost_ns in lost:
        note_blip(at, echo(target, family), lost_ns)
    return at.link.loss_test.blips_ns


@pytest.mark.parametrize(
    ("second", "apart_ns", "is_blip"),
    [
        ("far", 0, True),
        ("far", BLIP_NS, True),
        ("far", -BLIP_NS, True),
        ("far", BLIP_NS + 1, False),
        ("far", -BLIP_NS - 1, False),
        ("zone", 0, False),
    ],
)
def test_simultaneous_losses_of_two_targets_are_a_blip(
    second: str, apart_ns: int, *, is_blip: bool
) -> None:
    at = link_context()
    lost_ns = NOW_NS + apart_ns
    assert lose(at, ("zone", NOW_NS), (second, lost_ns)) == ([lost_ns] if is_blip else [])
    assert (at.link.loss_test.lost_target, at.link.loss_test.lost_ns) == (second, lost_ns)


@pytest.mark.parametrize(("apart_ns", "count"), [(BLIPS_APART_NS, 2), (BLIPS_APART_NS - 1, 1)])
def test_a_loss_soon_after_a_blip_belongs_to_that_blip(apart_ns: int, count: int) -> None:
    at = link_context()
    lose(at, ("zone", NOW_NS), ("far", NOW_NS))
    again_ns = NOW_NS + apart_ns
    assert len(lose(at, ("zone", again_ns), ("far", again_ns))) == count


def test_blips_are_of_ipv4_where_it_is_there_and_else_of_ipv6() -> None:
    both = [("zone", NOW_NS), ("far", NOW_NS)]
    assert lose(link_context(Family.IP4, Family.IP6), *both, family=Family.IP6) == []
    assert lose(link_context(Family.IP6), *both, family=Family.IP6) == [NOW_NS]
    assert lose(link_context(Family.IP6), *both, family=Family.IP4) == []


def test_four_blips_in_two_minutes_are_a_fault_of_the_line() -> None:
    at = link_context()
    step_ns = ns(BLIPS_S) // BLIPS
    for number in range(BLIPS + 1):
        assert not is_blipping(at) or number == BLIPS
        moment_ns = NOW_NS + number * step_ns
        lose(at, ("zone", moment_ns), ("far", moment_ns))
    blips_ns = at.link.loss_test.blips_ns
    assert blips_ns == [NOW_NS + number * step_ns for number in range(1, BLIPS + 1)]
    at.memory.now_ns = blips_ns[0] + ns(BLIPS_S)
    assert is_blipping(at)
    at.memory.now_ns += 1
    assert not is_blipping(at)
