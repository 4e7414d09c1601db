"""Large losses: what pages alone lose may be lost of large packets, in the LAN or beyond it."""

import pytest

from tests.agent.judge.inventories import GATEWAY
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.new_flow_memory import NewFlowRun
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.large_losses import locate_large_losses
from thongsuot_agent.judge.symptoms.near_flows import (
    LAN_LOSES_LARGE_PACKETS,
    LARGE_PACKETS_LOST,
    LARGE_PACKETS_LOST_SOMEWHERE,
)
from thongsuot_schema.inventory.model import Link, ProbeSchedule
from thongsuot_schema.result import Family

# As documented: the code's own figures would follow any change of them.
FULL_SIZE_CLEAN_NATS = 3.0
FULL_SIZE_LOST_HEALTHY_RATIO = 0.02
FULL_SIZE_LOST_RATIO = 0.3
LOCATE_FOR_S = 120.0


SINCE_NS = ns(100.0)


@pytest.fixture
def at() -> LinkContext:
    """A link whose gateway has answered new flows, and packets of full size over them."""
    probes = (
        ProbeSchedule(kind="icmp", every_s=5.0),
        ProbeSchedule(kind="fresh_echo", every_s=300.0),
    )
    link = Link(name="fixed", interface="fix0")
    site_probes = site_probes_from((link,), (GATEWAY,), probes)
    memory = LinkMemory(name="fixed")
    memory.new_flows.answering = memory.new_flows.passing_full_size = {"gateway"}
    now = Memory(now_ns=SINCE_NS + ns(30.0))
    return LinkContext(now, memory, site_probes.links["fixed"], Settings())


def run(at: LinkContext, passed: bool | None, at_s: float = 100.0, answered: float = 1.0) -> None:
    run_of_flows = NewFlowRun(
        target="gateway",
        family=Family.IP4,
        at_ns=ns(at_s),
        answered_ratio=answered,
        is_full_size=passed,
    )
    at.link.new_flows.runs.append(run_of_flows)


def test_losing_a_third_of_the_large_packets_to_the_gateway_is_the_lans_fault(
    at: LinkContext,
) -> None:
    for number in range(9):
        run(at, passed=number % 3 > 0)
    assert locate_large_losses(at, SINCE_NS) == LAN_LOSES_LARGE_PACKETS


def test_a_lan_that_passes_large_packets_for_long_enough_is_clean(at: LinkContext) -> None:
    assert locate_large_losses(at, SINCE_NS) is None
    passes = 0
    while locate_large_losses(at, SINCE_NS) is None:
        run(at, passed=True)
        passes += 1
    assert locate_large_losses(at, SINCE_NS) == LARGE_PACKETS_LOST
    odds = ((1.0 - FULL_SIZE_LOST_HEALTHY_RATIO) / (1.0 - FULL_SIZE_LOST_RATIO)) ** passes
    assert odds >= 2.718**FULL_SIZE_CLEAN_NATS
    assert passes < 10


def test_an_undecided_fault_names_nobody(at: LinkContext) -> None:
    run(at, passed=False)
    run(at, passed=True)
    assert locate_large_losses(at, SINCE_NS) is None
    at.memory.now_ns = SINCE_NS + ns(LOCATE_FOR_S)
    assert locate_large_losses(at, SINCE_NS) == LARGE_PACKETS_LOST_SOMEWHERE


def test_a_gateway_that_answers_small_echoes_alone_clears_no_lan(at: LinkContext) -> None:
    at.link.new_flows.passing_full_size = set()
    for _ in range(9):
        run(at, passed=False)
    assert locate_large_losses(at, SINCE_NS) == LARGE_PACKETS_LOST_SOMEWHERE


def test_runs_before_the_loss_and_runs_that_lost_small_packets_are_no_witnesses(
    at: LinkContext,
) -> None:
    for _ in range(9):
        run(at, passed=False, at_s=99.0)
        run(at, passed=False, answered=0.75)
        run(at, passed=None)
    assert locate_large_losses(at, SINCE_NS) is None


def test_without_new_flows_to_a_gateway_a_loss_of_large_packets_stays_as_located(
    at: LinkContext,
) -> None:
    """The line begins in the device, or no new flows are opened to the gateway."""
    at.link.facts = LinkFacts(present=True, carrier=True, point_to_point=True)
    assert locate_large_losses(at, SINCE_NS) == LARGE_PACKETS_LOST
    at.link.facts = None
    at.link.new_flows.answering = set()
    assert locate_large_losses(at, SINCE_NS) == LARGE_PACKETS_LOST
