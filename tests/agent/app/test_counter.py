"""
What the device's page says of the counter's computers while a line is cut and the traffic moves.

The device is the router of the office here: its own table decides where the computers' packets go.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.test_agent import CONFIG, RunningAgent, collecting, folder, until
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

__all__ = ["folder"]

OFFICE = (
    CONFIG.partition("[[links]]")[0].replace(
        '"Điểm phục vụ"', '"Điểm phục vụ"\nbackup_instructions = "Gạt công tắc sang B."'
    )
    + """
[[links]]
name = "fixed"
interface = "fix0"
medium = "fiber"
resolvers = ["{v4[0]}"]
[[links]]
name = "mobile"
interface = "wwan0"
medium = "5g"
allowance_bytes = 20_000_000_000
resolvers = ["{v4[0]}"]
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[targets]]
name = "first"
role = "anchor"
segment = "carrier"
addresses = ["{v4[0]}"]
[[targets]]
name = "second"
role = "anchor"
segment = "transit"
addresses = ["{v4[1]}"]
[[targets]]
name = "portal"
role = "service"
segment = "service"
url = "http://"""
    + HOST
    + """/"
title_vi = "Cổng dịch vụ"
[[probes]]
kind = "icmp"
every_s = 2
[[probes]]
kind = "path"
every_s = 5
settings = {{ max_hops = 6, retries = 0, timeout_s = 0.3, packet_size = false }}
[[probes]]
kind = "counter"
every_s = 5
[probes.settings]
device_is_router = true
timeout_s = 2.0
resolve_timeout_s = 1.0
resolvers = ["{v4[0]}"]
"""
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(dual_wan()) as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    agent = RunningAgent(lab, folder, OFFICE)
    yield agent
    lab.clear()
    if agent.process is not None and agent.process.poll() is None:
        await agent.end(signal.SIGKILL)


def runs(receiver: PushReceiver) -> list[Result]:
    """Return what the probe has found until now, in order."""
    found = [
        result
        for batch in receiver.batches
        for result in batch.results
        if result.series.kind == "counter"
    ]
    return sorted(found, key=lambda result: result.boottime_ns)


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
        await until(lambda: device.states()["fixed"][0] is State.DOWN, device)
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
        (switched,) = switch_overs(receiver)
        assert switched.finding.evidence["from_link"] == "fixed"
        assert switched.finding.evidence["link"] == "mobile"
        assert switched.finding.values["counter_on_backup"] == 1
        failed = next(
            run
            for run in runs(receiver)
            if run.finding.outcome is Outcome.FAILED and run.finding.evidence.get("link") is None
        )
        took_s = switched.finding.values["counter_switch_over_seconds"]
        assert took_s == pytest.approx((switched.boottime_ns - failed.boottime_ns) / 1e9, abs=0.2)
