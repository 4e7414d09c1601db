"""``thongsuot-agent links``: the links, the router that each leaves by, and unused interfaces."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import print_json, refuse
from thongsuot_agent.config.read import read
from thongsuot_agent.doctor.first_router import explain_first_router
from thongsuot_agent.doctor.way_out import is_own_modem, nat64_text
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.snapshot import KernelTables, default_gateways
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.inventory.way_out import port_of
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.result import Family
from thongsuot_schema.words.codes import medium_code
from thongsuot_schema.words.language import Text

UNPROVED = 1
_FAMILIES = (Family.IP4, Family.IP6)
_PROOFS = {
    True: Text("agent.cli.links.proved"),
    False: Text("agent.cli.links.wrong"),
    None: Text("agent.cli.links.open"),
}
_NO_GATEWAY = Text("agent.cli.links.no_gateway")
_NO_ROUTE = Text("agent.cli.links.no_route")


class FamilyReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A link in one address family.

    ``is_proved``: packets leave by the link's gateway, ``None`` if that is open or nothing was
    sent; ``proof`` is the sentence about it.
    """

    family: Family
    addresses: tuple[str, ...]
    gateway: str | None
    has_route: bool
    is_proved: bool | None = None
    proof: str = ""


class LinkReport(msgspec.Struct, frozen=True, kw_only=True):
    """One link: its interface, the router that it leaves by, and further remarks."""

    name: str
    interface: str
    medium: Medium
    carrier: str
    via: Via
    is_present: bool
    families: tuple[FamilyReport, ...]
    remarks: tuple[str, ...]


class LinksReport(msgspec.Struct, frozen=True, kw_only=True):
    """All links, and possible gaps in the settings."""

    links: list[LinkReport]
    proposals: list[str]


def show_links(path: str, *, is_json: bool = False) -> int:
    """Send one packet per link and family, print the results; return the exit code."""
    specs: tuple[Link, ...] = ()
    if Path(path).exists():
        try:
            specs = read(Path(path)).links
        except ConfigInvalid as error:
            return refuse(error, WRONG, is_json=is_json)
    report = asyncio.run(_report(specs))
    if is_json:
        print_json(report)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in report_lines(report)))
    is_wrong = any(family.is_proved is False for link in report.links for family in link.families)
    return UNPROVED if is_wrong else 0


async def _report(specs: tuple[Link, ...]) -> LinksReport:
    with LinkMonitor(specs or None) as monitor:
        links = [await _link_report(link) for link in monitor.links.values()]
        return LinksReport(links=links, proposals=list(_proposals(monitor.tables, specs)))


async def _link_report(link: LiveLink) -> LinkReport:
    spec, state = link.spec, link.state
    remarks = list(_remarks(link))
    if state.has_route6 and not state.addresses4:
        remarks.append(await _translator(link))
    return LinkReport(
        name=spec.name,
        interface=spec.interface,
        medium=spec.medium,
        carrier=spec.carrier,
        via=spec.via,
        is_present=state.present,
        families=tuple([await _family_report(link, family) for family in _FAMILIES]),
        remarks=tuple(remarks),
    )


async def _family_report(link: LiveLink, family: Family) -> FamilyReport:
    report = FamilyReport(
        family=family,
        addresses=link.state.addresses(family),
        gateway=link.state.gateway(family),
        has_route=link.state.has_route(family),
    )
    if not report.has_route:
        return report
    is_proved, proof = await explain_first_router(link, family)
    return msgspec.structs.replace(report, is_proved=is_proved, proof=proof)


def report_lines(report: LinksReport) -> Iterator[str]:
    """Yield the lines of a report for a person, in the language of the terminal."""
    words = {proved: localized(word) for proved, word in _PROOFS.items()}
    width = max(8, 1 + max(len(word) for word in words.values()))
    for link in report.links:
        medium = localized_sentence(Localizable("{sentence}", sentence=medium_code(link.medium)))
        named = Text("agent.cli.links.carrier", carrier=link.carrier)
        carrier = localized(named) if link.carrier else ""
        yield f"{link.name}: {link.interface}, {medium}{carrier}"
        if link.is_present:
            yield from _address_lines(link.families)
        yield from (f"    {localized_sentence(remark)}" for remark in link.remarks)
        for family in link.families:
            if family.has_route:
                proof = localized_sentence(family.proof)
                yield f"    {words[family.is_proved]:<{width}}{proof}"
    for proposal in report.proposals:
        yield f"\n{localized_sentence(proposal)}"


def _address_lines(families: Iterable[FamilyReport]) -> Iterator[str]:
    for family in families:
        if family.addresses:
            lacking = _NO_GATEWAY if family.has_route else _NO_ROUTE
            addresses = Text(
                "agent.cli.links.addresses",
                addresses=", ".join(family.addresses),
                gateway=family.gateway or lacking,
            )
            yield f"    {localized(addresses)}"


async def _translator(link: LiveLink) -> str:
    """Return how an IPv6-only link reaches IPv4."""
    prefix = await nat64_text(link)
    if prefix:
        return Localizable("IPv6 alone; IPv4 goes by the carrier's NAT64 {prefix}", prefix=prefix)
    return Localizable(
        "IPv6 alone, and its name servers tell of no NAT64: what has IPv4 alone is not reached"
    )


def _remarks(link: LiveLink) -> Iterator[str]:
    spec, state = link.spec, link.state
    if spec.via is Via.WATCHED:
        yield Localizable("a port of the router, which reports its state; nothing is sent over it")
        return
    if not state.present:
        yield Localizable(
            "there is no interface {name}{ending}", name=spec.interface, ending=_lacks(link)
        )
        return
    yield from _below(link)
    if link.selector.mark:
        yield Localizable("packets carry mark {mark}", mark=f"0x{link.selector.mark:x}")
    if link.selector.tos:
        tos = f"0x{link.selector.tos:02x}"
        yield Localizable("packets carry type of service {tos}", tos=tos)
    if spec.via is Via.ROUTER:
        yield Localizable("by whichever line the router uses; no carrier is named")
    if spec.proxy:
        yield Localizable(
            "web requests by the proxy {proxy}; nothing else is sent beyond the site",
            proxy=spec.proxy,
        )
    if state.unrouted:
        yield Localizable(
            "no rule and table send them by that gateway: thongsuot-agent routes apply"
        )


def _below(link: LiveLink) -> Iterator[str]:
    """Yield the layers below an interface."""
    spec, state = link.spec, link.state
    if port_of(spec):
        vlan = "" if spec.vlan is None else f"VLAN {spec.vlan} "
        yield Localizable(
            "{vlan}on the port {port}, {signal}",
            vlan=vlan,
            port=port_of(spec),
            signal=Localizable("which has no signal")
            if state.port_unplugged
            else Localizable("which has its signal"),
        )
    if state.point_to_point:
        yield Localizable("point to point: no neighbour, and no cable to pull")


def _lacks(link: LiveLink) -> str:
    """Return why an interface may be absent, and what makes it."""
    if link.spec.vlan is not None:
        return Localizable("; thongsuot-agent routes apply makes it")
    port = port_of(link.spec)
    if link.state.port_unplugged:
        return Localizable("; the port {port} below it has no signal", port=port)
    if port:
        return Localizable("; its session on {port} is not up", port=port)
    if is_own_modem(link):
        return Localizable("; its modem is gone or was given no interface")
    return ""


def _proposals(kernel: KernelTables, specs: tuple[Link, ...]) -> Iterator[str]:
    """
    Yield what may be missing in the settings: known routers that no link uses, to copy.

    An interface on which default routes lead to several routers is several links, and the settings
    have one of it, or none.
    """
    for interface, gateways in default_gateways(kernel).items():
        own = [spec for spec in specs if spec.interface == interface]
        used = {gateway for spec in own for gateway in spec.gateways}
        missing = [gateway for gateway in gateways if gateway not in used]
        if len(gateways) < 2 or not missing:
            continue
        tables = "\n".join(
            f'[[links]]\nname = "{_line_name(interface, place)}"\ninterface = "{interface}"\n'
            f'gateways = ["{gateway}"]\n'
            for place, gateway in enumerate(gateways, start=1)
        )
        yield Localizable(
            "{interface} has default routes by {count} routers ({gateways}); "
            "each may be a line of its own. To measure them apart:\n\n{tables}",
            interface=interface,
            count=len(gateways),
            gateways=", ".join(gateways),
            tables=tables,
        )


def _line_name(interface: str, place: int) -> str:
    return f"{interface.lower()}-{place}"
