"""``thongsuot-agent links``: which links there are, by whom each leaves, and what is not used."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.config.read import read
from thongsuot_agent.doctor.first_router import explain_first_router
from thongsuot_agent.doctor.proposals import proposals
from thongsuot_agent.doctor.way_out import is_own_modem, nat64_text
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.inventory.way_out import port_of
from thongsuot_schema.result import Family

UNPROVED = 1
_FAMILIES = (Family.IP4, Family.IP6)


def show_links(path: str) -> int:
    """Send one packet a link and family, print what is known; returns the exit code."""
    specs: tuple[Link, ...] = ()
    if Path(path).exists():
        try:
            specs = read(Path(path)).links
        except ConfigInvalid as error:
            sys.stderr.write(f"{error}\n")
            return WRONG
    return asyncio.run(_show(specs))


async def _show(specs: tuple[Link, ...]) -> int:
    is_proved = True
    with LinkMonitor(specs or None) as monitor:
        for link in monitor.links.values():
            sys.stdout.write("".join(f"{line}\n" for line in _facts(link)))
            if link.state.has_route6 and not link.state.addresses4:
                sys.stdout.write(f"    {await _translator(link)}\n")
            for family in _FAMILIES:
                if not link.state.has_route(family):
                    continue
                proof, sentence = await explain_first_router(link, family)
                is_proved = is_proved and proof is not False
                word = {True: "proved", False: "WRONG", None: "open"}[proof]
                sys.stdout.write(f"    {word:<8}{sentence}\n")
        for proposal in proposals(monitor.tables, specs):
            sys.stdout.write(f"\n{proposal}\n")
    return 0 if is_proved else UNPROVED


async def _translator(link: LiveLink) -> str:
    """Return by what a link that has IPv6 alone reaches IPv4."""
    prefix = await nat64_text(link)
    if prefix:
        return f"IPv6 alone; IPv4 goes by the carrier's NAT64 {prefix}"
    return "IPv6 alone, and its name servers tell of no NAT64: what has IPv4 alone is not reached"


def _facts(link: LiveLink) -> Iterator[str]:
    spec, state = link.spec, link.state
    carrier = f", carrier {spec.carrier}" if spec.carrier else ""
    yield f"{spec.name}: {spec.interface}, {spec.medium}{carrier}"
    if spec.via is Via.WATCHED:
        yield "    a port of the router, which tells how it is; nothing is sent over it"
        return
    if not state.present:
        yield f"    there is no interface {spec.interface}{_lacks(link)}"
        return
    for family in _FAMILIES:
        addresses = ", ".join(state.addresses(family))
        if addresses:
            gateway = state.gateway(family) or ("none" if state.has_route(family) else "no route")
            yield f"    address {addresses}; gateway {gateway}"
    yield from _below(link)
    if link.selector.mark:
        yield f"    packets carry mark 0x{link.selector.mark:x}"
    if link.selector.tos:
        yield f"    packets carry type of service 0x{link.selector.tos:02x}"
    if spec.via is Via.ROUTER:
        yield "    by whichever line the router uses; no carrier is named"
    if spec.proxy:
        yield f"    web requests by the proxy {spec.proxy}; nothing else is sent beyond the site"
    if state.unrouted:
        yield "    no rule and table send them by that gateway: thongsuot-agent routes apply"


def _below(link: LiveLink) -> Iterator[str]:
    """Yield what an interface stands on."""
    spec, state = link.spec, link.state
    if port_of(spec):
        signal = "which has no signal" if state.port_unplugged else "which has its signal"
        vlan = "" if spec.vlan is None else f"VLAN {spec.vlan} "
        yield f"    {vlan}on the port {port_of(spec)}, {signal}"
    if state.point_to_point:
        yield "    point to point: no neighbour, and no cable to pull"


def _lacks(link: LiveLink) -> str:
    """Return why an interface may be absent, and what makes it."""
    if link.spec.vlan is not None:
        return "; thongsuot-agent routes apply makes it"
    if link.state.port_unplugged:
        return f"; the port {port_of(link.spec)} below it has no signal"
    if port_of(link.spec):
        return f"; its session on {port_of(link.spec)} is not up"
    return "; its modem is gone or was given no interface" if is_own_modem(link) else ""
