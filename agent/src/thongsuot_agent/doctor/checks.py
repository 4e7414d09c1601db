"""The checks: from a host to its problems. Pure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from thongsuot_agent.doctor import way_checks
from thongsuot_agent.doctor.finding import FindingSeverity, HostFinding
from thongsuot_agent.doctor.host import Host, HostLink
from thongsuot_schema.inventory.way_out import port_of
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.result import Family

_SMALLEST_IPV6_BYTES = 1280  # RFC 8200, section 5
_ETHERNET_BYTES = 1500


def examine(host: Host) -> tuple[HostFinding, ...]:
    """Return everything that was found, the worst first."""
    order = list(FindingSeverity)
    findings = [finding for check in CHECKS for finding in check(host)]
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _interfaces(host: Host) -> Iterator[HostFinding]:
    named = {link.spec.interface for link in host.links}
    others = ", ".join(name for name in host.uplinks if name not in named)
    for link in host.links:
        if not link.state.present and not port_of(link.spec) and not link.way_out.has_modem:
            yield HostFinding(
                check="interface",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable("there is no interface {name}", name=link.spec.interface),
                remedy=Localizable(
                    "name another in [[links]]: with a default route there is {others}",
                    others=others,
                )
                if others
                else Localizable(
                    "plug it in, or correct `interface` in [[links]] (`ip link` lists all)"
                ),
            )
    if not host.links:
        yield HostFinding(
            check="interface",
            severity=FindingSeverity.FAULT,
            text=Localizable("no interface has a default route, and the settings name no link"),
            remedy=Localizable("connect an uplink, or name one in [[links]]"),
        )


def _routes(host: Host) -> Iterator[HostFinding]:
    for link in host.links:
        state = link.state
        if not state.present or state.has_route4 or state.has_route6:
            continue
        yield HostFinding(
            check="route",
            severity=FindingSeverity.FAULT,
            link=link.name,
            text=Localizable(
                "no default route leaves by it, so that nothing can be measured over it"
            ),
            remedy=Localizable(
                "let its DHCP client set one (with a higher metric than the first link's), or "
                "add it: ip route add default via GATEWAY dev {interface} metric 200",
                interface=link.spec.interface,
            ),
        )


def _own_gateways(host: Host) -> Iterator[HostFinding]:
    for link in host.links:
        if link.state.unrouted:
            yield HostFinding(
                check="own_gateways",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable(
                    "no rule and table send its packets by {gateways}, so that nothing is "
                    "measured over it",
                    gateways=_enumerated(link.spec.gateways),
                ),
                remedy=Localizable(
                    "systemctl start thongsuot-agent-routes (or, as root, thongsuot-agent "
                    "routes apply); where systemd-networkd manages the interface, have it leave "
                    "foreign rules alone (docs/how-to/two-routers-on-one-network.md)"
                ),
            )


def _reverse_path_filter(host: Host) -> Iterator[HostFinding]:
    for link in host.links:
        if link.state.reverse_filtered:
            yield HostFinding(
                check="reverse_path_filter",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable(
                    "the kernel drops the answers that come in by it (strict reverse path "
                    "filtering, RFC 3704): the link looks dead"
                ),
                remedy=Localizable(
                    "sysctl -w net.ipv4.conf.{interface}.rp_filter=2, and the same line "
                    "without `sysctl -w` in /etc/sysctl.d/90-thongsuot.conf; `all` must not be 1 "
                    "either",
                    interface=link.spec.interface,
                ),
            )


def _name_servers(host: Host) -> Iterator[HostFinding]:
    usable = [link for link in host.links if link.state.has_route4 or link.state.has_route6]
    for link in usable:
        if not link.resolvers:
            yield HostFinding(
                check="name_servers",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable(
                    "no name server is known for it (a stub on a loopback address does not "
                    "count: it answers by whichever link it likes)"
                ),
                remedy=Localizable(
                    'write its carrier\'s: resolvers = ["ADDRESS"] in its [[links]]'
                ),
            )
        elif link.resolvers_are_shared and len(usable) > 1:
            yield HostFinding(
                check="name_servers",
                severity=FindingSeverity.WARNING,
                link=link.name,
                text=Localizable(
                    "its name servers ({servers}) are those of the whole "
                    "device: a carrier's server need not answer customers of another, so they are "
                    "asked and nobody is accused by their silence",
                    servers=", ".join(link.resolvers),
                ),
                remedy=Localizable(
                    'write each link\'s own: resolvers = ["ADDRESS"] in its [[links]]'
                ),
            )


def _common_gateway(host: Host) -> Iterator[HostFinding]:
    for first, second in combinations(host.links, 2):
        if first.spec.interface == second.spec.interface:
            continue
        gateway = first.gateway_address
        if gateway and gateway == second.gateway_address:
            yield HostFinding(
                check="common_gateway",
                severity=FindingSeverity.WARNING,
                link=f"{first.name}, {second.name}",
                text=Localizable(
                    "both leave by one router ({gateway}): which line it uses cannot be seen "
                    "here, and its failure is the failure of both",
                    gateway=gateway,
                ),
                remedy=Localizable(
                    "have the router bind each of the two to a line of its own (a rule by "
                    "source address), and give both the same `shares` in the inventory"
                ),
            )


def _common_line(host: Host) -> Iterator[HostFinding]:
    for first, second in combinations(host.links, 2):
        carriers = {first.spec.carrier, second.spec.carrier}
        shared = sorted(
            address
            for family, address in first.seen_addresses.items()
            if address == second.seen_addresses.get(family)
        )
        # Two lines of one carrier may come out of one translator (CGNAT).
        if shared and len(carriers) > 1:
            yield HostFinding(
                check="common_line",
                severity=FindingSeverity.FAULT,
                link=f"{first.name}, {second.name}",
                text=Localizable(
                    "the collector sees both come from {addresses}: they leave by one "
                    "line, and what that line does is told of both carriers",
                    addresses=_enumerated(shared),
                ),
                remedy=Localizable(
                    "have the router send each of the two by a line of its own, also while "
                    "that line is dead, or leave one link out "
                    "(docs/how-to/two-routers-on-one-network.md)"
                ),
            )


def _packet_size(host: Host) -> Iterator[HostFinding]:
    for link in host.links:
        if not link.mtu_bytes:
            continue
        if link.mtu_bytes < _SMALLEST_IPV6_BYTES and link.state.addresses(Family.IP6):
            yield HostFinding(
                check="packet_size",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable(
                    "its MTU is {size} bytes; IPv6 needs 1280 (RFC 8200, section 5)",
                    size=link.mtu_bytes,
                ),
                remedy=Localizable(
                    "ip link set dev {interface} mtu 1500, or what its line takes",
                    interface=link.spec.interface,
                ),
            )
        elif link.mtu_bytes > _ETHERNET_BYTES:
            yield HostFinding(
                check="packet_size",
                severity=FindingSeverity.WARNING,
                link=link.name,
                text=Localizable(
                    "its MTU is {size} bytes, more than lines of the Internet take",
                    size=link.mtu_bytes,
                ),
                remedy=f"ip link set dev {link.spec.interface} mtu 1500",
            )


def _temporary_addresses(host: Host) -> Iterator[HostFinding]:
    for link in host.links:
        if link.use_tempaddr > 1 and link.state.addresses(Family.IP6):
            yield HostFinding(
                check="temporary_addresses",
                severity=FindingSeverity.NOTE,
                link=link.name,
                text=Localizable(
                    "IPv6 sends from temporary addresses that change each day (RFC 8981), so "
                    "that a router's or carrier's rules by address lose it"
                ),
                remedy=f"sysctl -w net.ipv6.conf.{link.spec.interface}.use_tempaddr=0",
            )


def _capability(host: Host) -> Iterator[HostFinding]:
    if host.echo_refusal:
        yield HostFinding(
            check="capability",
            severity=FindingSeverity.FAULT,
            text=Localizable("no echo can be sent: {why}", why=host.echo_refusal),
            remedy=Localizable(
                "run the agent by its unit, which has CAP_NET_RAW (AmbientCapabilities)"
            ),
        )


def _clock(host: Host) -> Iterator[HostFinding]:
    if host.clock_is_synchronised is False:
        yield HostFinding(
            check="clock",
            severity=FindingSeverity.WARNING,
            text=Localizable(
                "the clock is not synchronised: the record is dated by the collector's clock "
                "where that is known, and certificates may look expired"
            ),
            remedy=Localizable("timedatectl set-ntp true, or install chrony"),
        )


def _managers(host: Host) -> Iterator[HostFinding]:
    if host.managers:
        yield HostFinding(
            check="managers",
            severity=FindingSeverity.NOTE,
            text=Localizable(
                "interfaces are configured by {programs}", programs=", ".join(host.managers)
            ),
        )
    rivals = {"NetworkManager", "systemd-networkd", "dhcpcd", "connmand"} & set(host.managers)
    if len(rivals) > 1:
        yield HostFinding(
            check="managers",
            severity=FindingSeverity.WARNING,
            text=Localizable(
                "{programs} run at once: each may take away the routes that the other sets",
                programs=_enumerated(sorted(rivals)),
            ),
            remedy=Localizable("let one of them have the uplinks, and disable the others"),
        )


CHECKS: tuple[Callable[[Host], Iterator[HostFinding]], ...] = (
    _interfaces,
    _routes,
    _own_gateways,
    _reverse_path_filter,
    _name_servers,
    way_checks.translator,
    way_checks.proxy,
    way_checks.port,
    way_checks.modem,
    _common_gateway,
    _common_line,
    _packet_size,
    _capability,
    _clock,
    _managers,
    _temporary_addresses,
)


def _enumerated(names: Iterable[str]) -> str:
    """Return names as part of a sentence."""
    sentence = ""
    for name in names:
        both = Localizable("{first} and {last}", first=sentence, last=name)
        sentence = both if sentence else name
    return sentence


def has_fault(findings: tuple[HostFinding, ...]) -> bool:
    """Return whether something was found that makes measurements lie."""
    return any(finding.severity is FindingSeverity.FAULT for finding in findings)


def links_without_findings(host: Host, findings: tuple[HostFinding, ...]) -> tuple[HostLink, ...]:
    """Return the links without findings other than notes."""
    named = {
        name
        for finding in findings
        if finding.severity is not FindingSeverity.NOTE
        for name in finding.link.split(", ")
    }
    return tuple(link for link in host.links if link.name not in named)
