import asyncio

import pytest

from tests.agent.links.device import FIXED, MOBILE, on_device, until
from thongsuot_agent.app.link_registry import describe_change
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.probes.failover.probe import PROBE, Settings, run
from thongsuot_agent.probing.contract import LINK_TARGET
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

GONE = FIXED.__class__(name="gone", interface="none0")


async def look(monitor: LinkMonitor, name: str) -> Finding:
    return await run(monitor.links[name], LINK_TARGET, Family.NONE, Settings())


def actives(finding: Finding) -> tuple[float, float]:
    return finding.values["failover_ipv4_active"], finding.values["failover_ipv6_active"]


def test_it_sends_nothing_and_is_for_links_alone() -> None:
    assert PROBE.per_link
    assert PROBE.cost_bytes(LINK_TARGET, Settings()) == 0
    assert not PROBE.applies(LINK_TARGET)


def test_traffic_that_moves_is_reported_in_the_record() -> None:
    here = LinkState(present=True, carrier=True, index=2, carries4=True)
    away = LinkState(present=True, carrier=True, index=2)
    assert describe_change("fixed", here, away) == "fixed: ip4 default traffic went away"
    assert describe_change("fixed", away, here) == "fixed: ip4 default traffic comes here"


@pytest.mark.lab
@needs_lab
def test_the_link_with_the_preferred_route_carries_until_another_does(lab: Lab) -> None:
    device = lab.node("device")

    async def work(monitor: LinkMonitor) -> None:
        assert (await look(monitor, "gone")).reason is Reason.INTERFACE_ABSENT
        first, second = await look(monitor, "fixed"), await look(monitor, "mobile")
        assert (actives(first), actives(second)) == ((1, 1), (0, 0))
        assert first.values["failover_changes_total"] == 0
        task = asyncio.create_task(monitor.run(lambda _name, _before, _after: None))
        await asyncio.to_thread(device.run, ["ip", "link", "set", "fix0", "down"])
        mobile = monitor.links["mobile"]
        await until(lambda: mobile.state.carries4 and mobile.state.carries6)
        first, second = await look(monitor, "fixed"), await look(monitor, "mobile")
        assert (actives(first), actives(second)) == ((0, 0), (1, 1))
        assert second.values["failover_changes_total"] >= 1
        assert second.values["failover_unchanged_seconds"] < 60
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    on_device(lab, work, (FIXED, MOBILE, GONE))
