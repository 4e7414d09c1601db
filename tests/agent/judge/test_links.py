"""What a link asks: after rounds that bring nothing, and of a modem whose session is gone."""

import msgspec

from tests.agent.judge.inventories import two_links
from tests.agent.judge.matrix.test_equipment import equipped
from thongsuot_agent.judge import links
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Round
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED
from thongsuot_schema.result import Family, Result, Series, ok_finding

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


def test_a_modem_is_asked_at_once_why_its_session_is_gone_whatever_it_said_before() -> None:
    probes = equipped()
    memory = Memory()

    def asked(event: LinkEvent | Tick | Result) -> bool:
        outcome = step(memory, event, probes, Settings())
        return any(probe.kind == "radio" for probe in outcome.confirmation_probes)

    raw_ip = LinkFacts(
        present=True, carrier=True, point_to_point=True, has_address4=True, has_route4=True
    )
    series = Series(kind="radio", link="mobile", target="", family=Family.NONE, revision=1)
    assert not asked(LinkEvent(boottime_ns=NS_PER_S, link="mobile", facts=raw_ip))
    assert not asked(Result(series=series, boottime_ns=4 * NS_PER_S, finding=ok_finding({})))
    lost = msgspec.structs.replace(raw_ip, carrier=False, has_address4=False, has_route4=False)
    assert asked(LinkEvent(boottime_ns=5 * NS_PER_S, link="mobile", facts=lost))
    assert not asked(Result(series=series, boottime_ns=6 * NS_PER_S, finding=ok_finding({})))
    assert not asked(Tick(boottime_ns=20 * NS_PER_S, wall_s=None))
