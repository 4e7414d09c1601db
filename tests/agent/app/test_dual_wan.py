"""
An agent with one port behind a router with two lines, which moves from one to the other by itself.

The link stands for the first line. What answers by the second proves nothing of the first, and what
is silent by the second is no fault of the first's carrier.
"""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    GATEWAY,
    HOST,
    SECOND_V4,
    RunningAgent,
    agent_on,
    anchor,
    carrier,
    changes,
    collecting,
    link,
    probe,
    results,
    until,
)
from tests.agent.uplink.receiver import PushReceiver, ReceivedPush, ScriptedReply
from tests.integration.reflecting import reflecting
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import dual_wan, needs_lab
from thongsuot_lab.topology.small import INTERNET_V4
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import PATH_ADDRESS, ReflexiveAddress
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

REFLECTOR_PORT = 8862
FIRST_LINE, SECOND_LINE = "router--isp1", "router--isp2"
GONE_OVER = "packets went over from isp1 to isp2"
BACK = "packets leave by isp1 again"

ASKED = {
    "a reflector": probe("egress", 10, {"port": REFLECTOR_PORT}, targets=["second"]),
    "the collector": probe("egress", 10, targets=["collector"]),
}
"""Who says from where it sees packets come; without a reflector the collector does."""
REFLECTOR = f"""
stamp_address = "{INTERNET_V4[1]}:{REFLECTOR_PORT}"
allow = ["0.0.0.0/0"]
"""
DOWN = {"lan": (State.DOWN, Segment.ACCESS)}
UP = {"lan": (State.UP, None)}
ELSEWHERE = {"lan": (State.UNKNOWN, None)}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with dual_wan() as running:
        yield running


@pytest.fixture(params=["a reflector"])
async def device(
    request: pytest.FixtureRequest, lab: Lab, folder: Path
) -> AsyncIterator[RunningAgent]:
    egress = ASKED[request.param]
    with reflecting(lab, folder, REFLECTOR):
        async with agent_on(
            lab,
            folder,
            carrier("isp1", "198.51.100.0/27"),
            carrier("isp2", "192.0.2.0/27"),
            link("lan", "eth0", "fiber", carrier="isp1"),
            GATEWAY,
            anchor("hop", "access", "198.51.100.1"),
            anchor("isp1-anchor", "carrier", "198.51.100.18"),
            anchor("first", "transit", INTERNET_V4[0]),
            *(SECOND_V4, egress, ECHOES, HOST),
        ) as agent:
            yield agent
            move_back(lab)
            for wire in (FIRST_LINE, SECOND_LINE):
                lab.clear(key=wire)


def move_over(lab: Lab) -> None:
    """Have the router send everything by its second line."""
    lab.node("router").ip("route replace default via 192.0.2.1 dev wan2 metric 50")


def move_back(lab: Lab) -> None:
    """Have the router send everything by its first line, as at the start."""
    lab.node("router").ip("route flush 0.0.0.0/0 exact 0.0.0.0/0 dev wan2 metric 50")


def runs(receiver: PushReceiver, outcome: Outcome) -> int:
    """Return how many echoes to the far end have ended so."""
    return sum(
        result.series.target in {"first", "second"} and result.finding.outcome is outcome
        for result in results(receiver, "icmp")
    )


def states(receiver: PushReceiver) -> list[State]:
    """
    Return the verdicts on the link, in the order of their making; without those of an agent that
    measured nothing, as on a machine that stands still.
    """
    made = sorted(changes(receiver, "lan"), key=lambda change: change.decided_boottime_ns)
    known = [
        change.verdict.state
        for change in made
        if change.verdict.symptom not in {Symptom.NOT_YET_MEASURED, Symptom.DEVICE_OVERLOADED}
    ]
    return [state for state, _ in itertools.groupby(known)]


def notices(receiver: PushReceiver) -> list[str]:
    return [
        notice.text
        for batch in receiver.batches
        for notice in batch.notices
        if notice.code is NoticeCode.EGRESS_CHANGED
    ]


def more(receiver: PushReceiver, outcome: Outcome, count: int = 6) -> Callable[[], bool]:
    """Return whether so many more echoes have ended so than now."""
    before = runs(receiver, outcome)
    return lambda: runs(receiver, outcome) >= before + count


def seen_address(heard: ReceivedPush) -> ScriptedReply | None:
    """Answer from where a request came, as the collector does."""
    if heard.path != PATH_ADDRESS:
        return None
    return ScriptedReply(status=200, text=msgspec.json.encode(ReflexiveAddress(address=heard.peer)))


@pytest.mark.parametrize("device", list(ASKED), indirect=True)
async def test_a_cut_line_stays_down_while_the_site_lives_on_the_other(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab) as receiver:
        receiver.script = seen_address
        device.start()
        await until(lambda: device.states() == UP, device)
        lab.cut(FIRST_LINE, key=FIRST_LINE)
        await until(lambda: device.states() == DOWN, device)
        assert device.link_verdict().symptom is Symptom.ACCESS_SILENT

        move_over(lab)
        await until(lambda: any(GONE_OVER in text for text in notices(receiver)), device)
        await until(more(receiver, Outcome.OK), device)
        await until(lambda: device.states() == DOWN, device)

        lab.cut(SECOND_LINE, key=SECOND_LINE)
        await until(lambda: is_silent(device), device)
        await until(lambda: device.states() == DOWN, device)

        lab.clear(key=SECOND_LINE)
        await until(more(receiver, Outcome.OK), device)
        await until(lambda: device.states() == DOWN, device)

        lab.clear(key=FIRST_LINE)
        move_back(lab)
        await until(lambda: device.states() == UP, device)
        await until(lambda: any(BACK in text for text in notices(receiver)), device)
        # What was pushed in vain at the cut comes after what is newer.
        await until(lambda: len(states(receiver)) >= 3, device)
        await until(lambda: device.status().record.waiting_batches == 0, device)
    assert states(receiver) == [State.UP, State.DOWN, State.UP]


async def test_a_router_that_moves_by_itself_leaves_the_first_line_unknown_and_nobody_accused(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == UP, device)
        move_over(lab)
        await until(lambda: device.states() == ELSEWHERE, device)
        assert device.link_verdict().symptom is Symptom.EGRESS_OTHER_CARRIER
        lab.cut(SECOND_LINE, key=SECOND_LINE)
        await until(lambda: is_silent(device), device)
        await until(lambda: device.states() == ELSEWHERE, device)
        lab.clear(key=SECOND_LINE)
        await until(more(receiver, Outcome.OK), device)
        await until(lambda: device.states() == ELSEWHERE, device)
        move_back(lab)
        await until(lambda: device.states() == UP, device)
        await until(lambda: len(states(receiver)) >= 3, device)
        await until(lambda: device.status().record.waiting_batches == 0, device)
    assert states(receiver) == [State.UP, State.UNKNOWN, State.UP]
    assert not {change.verdict.segment for change in changes(receiver, "lan")} & {
        Segment.ACCESS,
        Segment.CARRIER,
        Segment.TRANSIT,
    }


def is_silent(device: RunningAgent) -> bool:
    """Return whether the far end has been silent for some rounds, as the agent's page has it."""
    lines = device.get("/metrics").decode().splitlines()
    lost = [line for line in lines if "icmp_loss_ratio{" in line and 'target="first"' in line]
    return bool(lost) and all(float(line.rsplit(" ", 1)[1]) >= 1.0 for line in lost)


async def test_an_agent_that_starts_while_the_site_is_on_the_other_line_calls_nothing_up(
    lab: Lab, device: RunningAgent
) -> None:
    lab.cut(FIRST_LINE, key=FIRST_LINE)
    move_over(lab)
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == ELSEWHERE, device)
        await until(more(receiver, Outcome.OK), device)
        await until(lambda: device.states() == ELSEWHERE, device)
        lab.clear(key=FIRST_LINE)
        move_back(lab)
        await until(lambda: device.states() == UP, device)
        await until(lambda: State.UP in states(receiver), device)
    assert State.UP not in states(receiver)[:-1]


async def test_without_a_reflector_that_answers_a_line_that_is_back_is_up(
    lab: Lab, device: RunningAgent
) -> None:
    """A reflector that fails is no evidence against the line."""
    anchor = lab.node("anchor")
    device.start()
    await until(lambda: device.states() == UP, device)
    anchor.run(["nft", "add table ip t"])
    anchor.run(["nft", "add chain ip t in { type filter hook input priority 0; }"])
    anchor.run(["nft", f"add rule ip t in udp dport {REFLECTOR_PORT} drop"])
    lab.cut(FIRST_LINE, key=FIRST_LINE)
    await until(lambda: device.states() == DOWN, device)
    lab.clear(key=FIRST_LINE)
    await until(lambda: device.states() == UP, device)
    anchor.run(["nft", "delete table ip t"])
