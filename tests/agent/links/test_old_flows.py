"""A flow that died by itself is distinguished from lost packets."""

import asyncio
import socket

import pytest

from tests.agent.links.device import HANGS_S, on_device
from tests.agent.links.test_echo import BOTH, echo, sent_identifiers
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.old_flows import OLD_FLOW_ECHOES, OldFlows
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

FAR, NEAR = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
FLOWS = 16


def given_up(*, was_answered: bool = True) -> OldFlows:
    """Return flows of which the first to one destination was given up, and its heir answered."""
    flows = OldFlows(FLOWS)
    if was_answered:
        flows.note_answer(FAR, 0)
    flows.note_loss(FAR, 0)
    assert flows.flow_to_ask(FAR, 1) is None, "nobody has answered the fresh flow"
    flows.note_answer(FAR, 1)
    return flows


def test_an_old_flow_that_nothing_answers_beside_a_fresh_one_is_dead() -> None:
    flows = given_up()
    for _ in range(OLD_FLOW_ECHOES):
        assert not flows.take_dead(FAR)
        assert flows.flow_to_ask(FAR, 1) == 0
        flows.note_old_loss(FAR)
    assert not flows.take_dead(NEAR)
    assert flows.take_dead(FAR)
    assert not flows.take_dead(FAR), "it is told once"
    assert flows.flow_to_ask(FAR, 1) is None


def test_an_old_flow_that_is_answered_was_a_lost_packet() -> None:
    flows = given_up()
    flows.note_old_loss(FAR)
    flows.note_old_answer(FAR)
    assert flows.flow_to_ask(FAR, 1) is None
    flows.note_old_loss(FAR)
    assert not flows.take_dead(FAR)


def test_a_loss_of_the_fresh_flow_as_well_begins_it_again() -> None:
    flows = given_up()
    for _ in range(OLD_FLOW_ECHOES - 1):
        flows.note_old_loss(FAR)
    flows.note_loss(FAR, 1)
    assert flows.flow_to_ask(FAR, 2) is None
    flows.note_answer(FAR, 2)
    flows.note_old_loss(FAR)
    assert not flows.take_dead(FAR)
    assert flows.flow_to_ask(FAR, 2) == 0


def test_a_flow_that_never_was_answered_is_no_old_one() -> None:
    assert given_up(was_answered=False).flow_to_ask(FAR, 1) is None


@pytest.mark.parametrize(("flow", "asked"), [(15, 0), (16, None), (17, 0)])
def test_a_flow_with_the_same_identifier_is_not_asked_beside_itself(
    flow: int, asked: int | None
) -> None:
    flows = given_up()
    flows.note_answer(FAR, flow)
    assert flows.flow_to_ask(FAR, flow) == asked


@pytest.mark.lab
@needs_lab
def test_an_old_flow_whose_nat_entry_is_lost_is_reported_and_echoes_continue(lab: Lab) -> None:
    """The box drops one identifier from now on and passes the device's other traffic."""

    async def look(monitor: LinkMonitor) -> None:
        everything = 0x0003  # ETH_P_ALL
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(everything)) as ear:
            ear.setblocking(False)
            assert (await echo(monitor, "fixed")).rtt_s is not None
            (identifier,) = sent_identifiers(ear)
        if not monitor.links["fixed"].echoes(Family.IP4).is_raw:
            return
        rules = (
            "add table ip wedged",
            "add chain ip wedged in { type filter hook input priority 0; }",
            f"add rule ip wedged in icmp id {identifier} drop",
        )
        lab.node("anchor").run(["nft", "; ".join(rules)])
        assert (await echo(monitor, "fixed", timeout_s=0.3)).reason is Reason.TIMED_OUT
        echoes = [await echo(monitor, "fixed") for _ in range(4)]
        async with asyncio.timeout(HANGS_S):
            while not any(found.is_old_flow_dead for found in echoes):
                # The old flow is asked beside it for as long.
                echoes.append(await echo(monitor, "fixed", timeout_s=0.3))
                await asyncio.sleep(0.1)
        echoes += [await echo(monitor, "fixed") for _ in range(4)]
        assert all(found.rtt_s is not None for found in echoes[:4] + echoes[-4:])
        assert [found.is_old_flow_dead for found in echoes].count(True) == 1

    on_device(lab, look, BOTH)


@pytest.mark.lab
@needs_lab
def test_a_lost_echo_is_not_a_dead_flow(lab: Lab) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.2))

    async def look(monitor: LinkMonitor) -> None:
        await echo(monitor, "fixed")
        assert (await echo(monitor, "fixed", timeout_s=0.05)).reason is Reason.TIMED_OUT
        echoes = [await echo(monitor, "fixed") for _ in range(8)]
        assert not any(found.is_old_flow_dead for found in echoes)

    on_device(lab, look, BOTH)
