"""
Offices whose computers go out by one box, and what runs on the device there.

``dual_wan``: the box has a second line, which is the box of the 5G line; the device has a port on
the local network and one at the 5G box.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.agent.links.device import ANCHOR4, ANCHOR6
from tests.agent.probes.http.visiting import HOST, ZONE, portal
from tests.agent.probes.web_server import Respond, ScriptedWebServer
from tests.agent.probing.name_server import ScriptedNameServer
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.counter.probe import CounterProbe, Settings
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology import small
from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import NodeRole, Topology
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.result import Family, Finding

FIXED = Spec(name="fixed", interface="fix0", medium=Medium.FIBER, resolvers=(ANCHOR4, ANCHOR6))
MOBILE = Spec(name="mobile", interface="wwan0", medium=Medium.RADIO_5G, resolvers=(ANCHOR4,))
FIXED_HOP, MOBILE_HOP = "100.65.0.1", "100.66.0.1"
PORTAL = portal(f"http://{HOST}/")


def dual_wan() -> Topology:
    """A box ``ont`` that can also go out by the 5G box ``cpe``."""
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE, uplinks=("fix0", "wwan0"))
    draft.cpe("ont", lan_addresses=("192.168.1.1/24",))
    draft.nodes["ont"] = replace(draft.nodes["ont"], nat=("wan", "wan2"))
    draft.cpe("cpe", lan_addresses=("192.168.8.1/24",))
    draft.router("internet")
    draft.host("anchor", role=NodeRole.ANCHOR)
    draft.wire(wire_end("device:fix0", "192.168.1.10/24"), wire_end("ont:lan"))
    draft.wire(wire_end("device:wwan0", "192.168.8.10/24"), wire_end("cpe:lan"))
    draft.wire(wire_end("ont:wan2", "192.168.8.2/24"), wire_end("cpe:lan"), name="ont--cpe")
    draft.wire(wire_end("ont:wan", "100.65.0.2/30"), wire_end("internet:fixed", "100.65.0.1/30"))
    draft.wire(wire_end("cpe:wan", "100.66.0.2/30"), wire_end("internet:mobile", "100.66.0.1/30"))
    draft.wire(
        wire_end("internet:anchors", "203.0.113.6/29"),
        wire_end("anchor:eth0", *(f"{address}/29" for address in small.INTERNET_V4)),
    )
    return draft.build()


class CountedOffice:
    """The device of an office while a portal and a name server answer at the far end."""

    def __init__(self, monitor: LinkMonitor) -> None:
        self.monitor = monitor
        self.charged: dict[str, int] = {}
        self.probe = CounterProbe(ProbeServices(links=lambda: monitor.links, charge=self._charge))
        monitor.links["fixed"].first_hops = {Family.IP4: FIXED_HOP}
        monitor.links["mobile"].first_hops = {Family.IP4: MOBILE_HOP}

    async def visit(self, settings: Settings) -> Finding:
        """Open the portal's page once."""
        self.monitor.refresh()
        return await self.probe(self.monitor.links["fixed"], PORTAL, Family.NONE, settings)

    def _charge(self, link: str, used_bytes: int) -> None:
        self.charged[link] = self.charged.get(link, 0) + used_bytes


def in_office(
    lab: Lab,
    respond: Respond,
    work: Callable[[CountedOffice], Awaitable[None]],
    *,
    mobile: Spec = MOBILE,
) -> None:
    """Run a piece of work on the device."""

    async def main() -> None:
        anchor = lab.node("anchor")
        with LinkMonitor((FIXED, mobile)) as monitor:
            async with (
                ScriptedNameServer(anchor, ANCHOR4, ZONE),
                ScriptedWebServer(anchor, ANCHOR4, 80, respond),
            ):
                await work(CountedOffice(monitor))

    lab.node("device").call(lambda: asyncio.run(main()))
