"""
What the device's page says of the counter's computers while a line is cut and the traffic moves.

The device is the router of the office here: its own table decides where the computers' packets go.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST_V4,
    GATEWAY,
    SECOND_V4,
    RunningAgent,
    agent_on,
    collecting,
    link,
    probe,
    results,
    service,
    until,
)
from tests.agent.links.device import ANCHOR4
from tests.agent.probes.counter.offices import dual_wan
from tests.agent.probes.http.visiting import HOST, ZONE
from tests.agent.probes.web_server import ScriptedWebServer, page
from tests.agent.probing.name_server import ScriptedNameServer
from tests.agent.uplink.receiver import PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Result
from thongsuot_schema.state import State

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(dual_wan()) as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    path = {"max_hops": 6, "retries": 0, "timeout_s": 0.3, "packet_size": False}
    async with agent_on(
        lab,
        folder,
        link("fixed", "fix0", "fiber", resolvers=[ANCHOR4]),
        link("mobile", "wwan0", "5g", allowance_bytes=20_000_000_000, resolvers=[ANCHOR4]),
        *(GATEWAY, FIRST_V4, SECOND_V4),
        service("portal", f"http://{HOST}/", "Cổng dịch vụ"),
        ECHOES,
        probe("path", 5, path),
        probe(
            "counter",
            5,
            {
                "device_is_router": True,
                "timeout_s": 2.0,
                "resolve_timeout_s": 1.0,
                "resolvers": [ANCHOR4],
            },
        ),
        instructions="Gạt công tắc sang B.",
    ) as agent:
        yield agent


def runs(receiver: PushReceiver) -> list[Result]:
    """Return what the probe has found until now, in order."""
    return results(receiver, "counter")


def switch_overs(receiver: PushReceiver) -> list[Result]:
    """Return the runs that found the traffic on another link."""
    return [run for run in runs(receiver) if "counter_switch_over_seconds" in run.finding.values]


async def test_the_page_says_where_the_computers_are_and_the_record_how_long_it_took(
    lab: Lab, device: RunningAgent
) -> None:
    def shown(text: str) -> bool:
        return text in device.get("/").decode()

    anchor = lab.node("anchor")
    async with (
        ScriptedNameServer(anchor, ANCHOR4, ZONE),
        ScriptedWebServer(anchor, ANCHOR4, 80, page()),
        collecting(lab) as receiver,
    ):
        device.start()
        await until(lambda: {state for state, _ in device.states().values()} == {State.UP}, device)
        await until(lambda: shown("Máy tại quầy mở được dịch vụ"), device)
        await until(
            lambda: any(run.finding.evidence.get("link") == "fixed" for run in runs(receiver)),
            device,
        )

        lab.cut("ont--internet")
        await until(lambda: device.states().get("fixed", (None, None))[0] is State.DOWN, device)
        await until(lambda: shown("nhưng máy tại quầy chưa chuyển sang"), device)
        assert shown("Điểm cần chuyển máy tính sang mạng 5G")
        assert shown("Gạt công tắc sang B.")
        assert shown("Chưa tiếp dân được")

        # Somebody, or a program, moves the traffic.
        moved = ["ip", "route", "replace", "default", "via", "192.168.8.1", "dev", "wwan0"]
        lab.node("device").run(moved)
        await until(lambda: shown("máy tại quầy đã chuyển sang mạng 5G lúc"), device)
        assert shown("Điểm tiếp dân được.")
        await until(lambda: bool(switch_overs(receiver)), device)
        # What was pushed in vain at the cut comes after what is newer.
        await until(lambda: device.status().record.waiting_batches == 0, device)
        (switched,) = switch_overs(receiver)
        assert switched.finding.evidence["from_link"] == "fixed"
        assert switched.finding.evidence["link"] == "mobile"
        assert switched.finding.values["counter_on_backup"] == 1
        before = runs(receiver)[: runs(receiver).index(switched)]
        opened = max(at for at, run in enumerate(before) if run.finding.outcome is Outcome.OK)
        failed = next(run for run in before[opened:] if run.finding.outcome is Outcome.FAILED)
        took_s = switched.finding.values["counter_switch_over_seconds"]
        # From the run that failed first; they are five seconds apart.
        assert took_s == pytest.approx((switched.boottime_ns - failed.boottime_ns) / 1e9, abs=2)
