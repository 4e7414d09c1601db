"""The host as described by its kernel and files: the input of the checks."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.doctor.way_out import PLAIN, WayOut, ways_out
from thongsuot_agent.links.icmp_sockets import missing_privilege_text, open_icmp
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.resolvers import find_shared_resolvers
from thongsuot_agent.links.selector import selector_of
from thongsuot_agent.links.state import LinkState, LinkUnusable
from thongsuot_agent.probes.egress.collector import ask_collector
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_runtime import kernel_clock
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.result import Family
from thongsuot_schema.words.codes import cause_code

MANAGERS = (
    "NetworkManager",
    "systemd-networkd",
    "dhcpcd",
    "dhclient",
    "ModemManager",
    "pppd",
    "connmand",
)
_COMM_CHARACTERS = 15
"""As much of a program's name as the kernel keeps in /proc/PID/comm."""

_ARP = re.compile(
    r"^(?P<ip>\S+)\s+\S+\s+(?P<flags>0x\S+)\s+(?P<mac>[0-9a-f:]{17})\s+\S+\s+(?P<dev>\S+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLink:
    """
    One uplink: its settings, and the kernel's state of its interface.

    ``resolvers_are_shared``: its name servers are those of the whole device. ``mtu_bytes`` is 0
    while the interface is absent. ``gateway_address`` is the gateway's link-layer address, empty if
    it has not been resolved yet. ``use_tempaddr`` is the sysctl of that name (RFC 8981).
    ``seen_addresses`` are the source addresses that the collector sees, if it was queried;
    ``way_out`` describes what is between its interface and its line.
    """

    spec: Link
    state: LinkState
    resolvers: tuple[str, ...] = ()
    resolvers_are_shared: bool = False
    mtu_bytes: int = 0
    gateway_address: str = ""
    use_tempaddr: int = 0
    seen_addresses: Mapping[Family, str] = field(default_factory=dict)
    way_out: WayOut = PLAIN

    @property
    def name(self) -> str:
        """The link's name, with its interface where that is another word."""
        if self.spec.name == self.spec.interface:
            return self.spec.name
        return f"{self.spec.name} ({self.spec.interface})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """
    ``uplinks`` are the interfaces that a default route uses, ``managers`` the programs that run and
    configure interfaces, ``interfaces`` all existing ones. ``echo_refusal`` says why no echo can be
    sent, empty if one can. ``clock_is_synchronised`` is ``None`` if the kernel does not know.
    """

    links: tuple[HostLink, ...]
    uplinks: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    interfaces: frozenset[str] = frozenset()
    echo_refusal: str = ""
    clock_is_synchronised: bool | None = None
    shared_resolvers: tuple[str, ...] = field(default=())


def read_host(
    specs: tuple[Link, ...],
    root: Path = Path("/"),
    collector: PushConfig | None = None,
    modem_bus: str = "",
) -> Host:
    """
    Return the current host; without ``specs`` its links are the interfaces with a default route.

    A ``collector`` is queried over each link for the source address of its packets, and
    ModemManager (on ``modem_bus``, empty: the system's) for the modems of this device.

    Raises:
        OSError: the kernel does not tell of its interfaces.
    """
    neighbours = _neighbours(root)
    with LinkMonitor() as monitor:
        uplinks = tuple(link.spec.interface for link in monitor.links.values())
    with LinkMonitor(specs or None) as monitor:
        live = tuple(monitor.links.values())
        seen = {} if collector is None else asyncio.run(seen_addresses(live, collector))
        ways = asyncio.run(ways_out(live, collector, modem_bus))
        links = tuple(
            replace(
                _link(link, neighbours, root),
                seen_addresses=seen.get(link.name, {}),
                way_out=ways[link.name],
            )
            for link in live
        )
        interfaces = frozenset(link.name for link in monitor.tables.links)
    return Host(
        links=links,
        uplinks=uplinks,
        managers=_managers(root),
        interfaces=interfaces,
        echo_refusal=_echo_refusal(links),
        clock_is_synchronised=_is_clock_synchronised(),
        shared_resolvers=find_shared_resolvers(root),
    )


def _link(link: LiveLink, neighbours: Mapping[tuple[str, str], str], root: Path) -> HostLink:
    state, interface = link.state, link.spec.interface
    resolvers = link.resolvers
    return HostLink(
        spec=link.spec,
        state=state,
        resolvers=resolvers,
        resolvers_are_shared=link.has_shared_resolvers,
        mtu_bytes=_number(root / "sys/class/net" / interface / "mtu"),
        gateway_address=neighbours.get((interface, state.gateway4 or ""), ""),
        use_tempaddr=_number(root / "proc/sys/net/ipv6/conf" / interface / "use_tempaddr"),
    )


def _neighbours(root: Path) -> Mapping[tuple[str, str], str]:
    """Return link-layer addresses by interface and IPv4 address, of those that have answered."""
    lines = _text(root / "proc/net/arp").splitlines()[1:]
    matches = [match for line in lines if (match := _ARP.match(line.strip())) is not None]
    return {
        (match["dev"], match["ip"]): match["mac"]
        for match in matches
        if int(match["flags"], 16) and match["mac"] != "00:00:00:00:00:00"
    }


def _managers(root: Path) -> tuple[str, ...]:
    running = {_text(path).strip() for path in (root / "proc").glob("[0-9]*/comm")}
    return tuple(name for name in MANAGERS if name[:_COMM_CHARACTERS] in running)


def _echo_refusal(links: tuple[HostLink, ...]) -> str:
    """Return why no echo can be sent by the first link that is there; empty where one can."""
    there = next((link for link in links if link.state.present), None)
    if there is None:
        return ""
    try:
        open_icmp(Family.IP4, there.spec.interface, selector_of(there.spec)).close()
    except LinkUnusable as refused:
        privilege = missing_privilege_text()
        if refused.detail in {"", privilege}:
            return privilege
        return Localizable("{sentence}", sentence=cause_code(refused.reason, refused.detail))
    return ""


def _is_clock_synchronised() -> bool | None:
    try:
        return kernel_clock.read().is_synchronised
    except OSError:
        return None


def _number(path: Path) -> int:
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdecimal() else 0


def _text(path: Path) -> str:
    # Missing files, and those of a process that has just ended, are ignored.
    with suppress(OSError):
        return path.read_text("utf-8", "replace")
    return ""


async def seen_addresses(
    links: Iterable[LiveLink], collector: PushConfig
) -> Mapping[str, Mapping[Family, str]]:
    """
    Return each link's public address of each family, by the link's name.

    Queries that fail or get no answer are left out: an unreachable collector says nothing about the
    links.
    """
    asked = [(link, family) for link in links for family in (Family.IP4, Family.IP6)]
    settings = Settings(timeout_s=5.0, ca_file=collector.ca_file)
    answers = await asyncio.gather(
        *(_ask_for_address(link, family, collector.url, settings) for link, family in asked)
    )
    seen: dict[str, dict[Family, str]] = {}
    for (link, family), address in zip(asked, answers, strict=True):
        if address:
            seen.setdefault(link.name, {})[family] = address
    return seen


async def _ask_for_address(link: LiveLink, family: Family, url: str, settings: Settings) -> str:
    if not link.state.has_route(family):
        return ""
    try:
        return (await ask_collector(link, url, family, settings)).address
    except LinkUnusable:
        return ""
