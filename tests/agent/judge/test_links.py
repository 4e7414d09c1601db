"""Rounds of a link that bring nothing."""

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge import links
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Round
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED

CABLE_BACK = FaultSlot(
    fault=CABLE_UNPLUGGED, onset_ns=NS_PER_S, is_pending=True, pending=None, rounds=1
)


def empty_round(silence: FaultSlot, burst_ns: int | None = None) -> LinkMemory:
    """Return a link after a round in which nobody was measured: no CPU, or no proof of its line."""
    link = LinkMemory(
        name="fixed",
        facts=LinkFacts(present=True, carrier=True, has_address4=True, has_route4=True),
        known=True,
        silence=silence,
        burst_ns=burst_ns,
        round=Round(opened_ns=10 * NS_PER_S, due_ns=11 * NS_PER_S, is_burst=True),
    )
    memory = Memory(now_ns=12 * NS_PER_S, links={"fixed": link})
    links.close_round(LinkContext(memory, link, two_links().links["fixed"], Settings()))
    return link


def test_what_is_pending_asks_again_after_a_round_in_which_nobody_was_measured() -> None:
    """Else the cable that is back stays unplugged until the agent is started anew."""
    link = empty_round(CABLE_BACK)
    assert link.burst_ns is not None


def test_a_fault_that_stands_is_looked_at_again_by_the_ordinary_schedule() -> None:
    link = empty_round(FaultSlot(fault=CABLE_UNPLUGGED, onset_ns=NS_PER_S))
    assert link.round is not None
    assert not link.round.is_burst


def test_a_burst_that_was_asked_for_meanwhile_is_made() -> None:
    assert empty_round(FaultSlot(), burst_ns=12 * NS_PER_S).burst_ns == 12 * NS_PER_S
    assert empty_round(FaultSlot()).burst_ns is None
