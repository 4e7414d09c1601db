"""
Seen link: the link that a flow left by, identified by the routers that answer on its path.

A computer's packets go to the router of the local network, and only that router determines the line
that they leave by. The first router of each carrier is known from the traced paths of the links; if
one of these answers on this flow, it identifies the link. If none answers, the link is unknown.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.flow import FIRST_FLOW, FLOWS, Flow
from thongsuot_agent.links.fresh_numbers import FreshNumbers
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.links.tracer import Tracer
from thongsuot_schema.result import Family

HOPS = 5
"""The local network's routers, at most three of them, and the carrier's first."""

WAIT_S = 1.0
"""Routers close by answer in milliseconds, over 5G in tenths of a second."""

_GAP_S = 0.01
_flows = FreshNumbers(FLOWS)
FIRST_HOP, ROUTE = "first_hop", "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLink:
    """
    ``link`` is empty if it was not seen; ``seen_by`` is the evidence for it. ``gateway`` is the
    first router that answered. ``cost_bytes`` is at IP level, both directions.
    """

    link: str = ""
    seen_by: str = ""
    gateway: str = ""
    cost_bytes: int = 0


async def see_link(
    egress: Egress, links: Mapping[str, LiveLink], *, trusts_route: bool
) -> SeenLink:
    """
    Return the link that packets to a destination were seen to leave by.

    ``trusts_route``: this device is the last router before the lines, so that the interface in its
    own routing table identifies the link if no router answers.

    Raises:
        LinkUnusable: the interface or its address is gone.
    """
    routed = _link_of_interface(egress.interface, links) if trusts_route else ""
    first_hops = {
        link.first_hops[egress.family]: name
        for name, link in links.items()
        if egress.family in link.first_hops
    }
    if not first_hops:
        return SeenLink(link=routed, seen_by=ROUTE if routed else "")
    routers, cost_bytes = await _routers(egress)
    seen = {first_hops[address] for address in routers if address in first_hops}
    # Two links behind one router of a carrier cannot be distinguished by it.
    shared = len(set(first_hops)) < sum(egress.family in link.first_hops for link in links.values())
    gateway = routers[0] if routers else ""
    if len(seen) == 1 and not shared:
        return SeenLink(link=seen.pop(), seen_by=FIRST_HOP, gateway=gateway, cost_bytes=cost_bytes)
    return SeenLink(
        link=routed, seen_by=ROUTE if routed else "", gateway=gateway, cost_bytes=cost_bytes
    )


async def _routers(egress: Egress) -> tuple[tuple[str, ...], int]:
    """Return the routers of the first hops that answer, nearest first, and the cost."""
    header_bytes = 40 if egress.family is Family.IP6 else 20
    # A NAT router keeps a flow on the line that it started on, or drops it when that line fails:
    # each observation uses a new flow.
    flow = FIRST_FLOW + _flows.take()
    with Tracer(Flow(egress, "udp", flow)) as tracer:
        probes = []
        for hops in range(1, HOPS + 1):
            try:
                probes.append(tracer.send(hops))
            except OSError as error:
                raise LinkUnusable(reason_for_own(error), described(error)) from error
            await asyncio.sleep(_GAP_S)
        await tracer.wait_for(probes, WAIT_S)
    routers = tuple(
        probe.answer.reply.address
        for probe in probes
        if probe.answer is not None and not probe.answer.reply.is_target
    )
    return routers, tracer.sent_bytes + max(tracer.received_bytes, header_bytes * len(routers))


def _link_of_interface(interface: str, links: Mapping[str, LiveLink]) -> str:
    names = [name for name, link in links.items() if link.spec.interface == interface]
    return names[0] if len(names) == 1 else ""
