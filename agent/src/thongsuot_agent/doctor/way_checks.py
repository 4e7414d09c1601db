"""Checks of what is between a link's interface and its line: what is missing, how to fix it."""

from collections.abc import Iterator

from thongsuot_agent.doctor.finding import FindingSeverity, HostFinding
from thongsuot_agent.doctor.host import Host, HostLink
from thongsuot_schema.inventory.way_out import port_of
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason

_PROXY_TROUBLES = {
    Reason.PROXY_SILENT: (
        Localizable("does not answer"),
        Localizable(
            "look whether it runs, and whether `proxy` in [[links]] has its address and port"
        ),
    ),
    Reason.PROXY_REFUSED: (
        Localizable("refuses this device"),
        Localizable(
            "admit the device's address, or name a `proxy_credentials_file` with user and password"
        ),
    ),
    Reason.PROXY_CANNOT_REACH: (
        Localizable("answers, but cannot reach the collector"),
        Localizable(
            "have it let requests to the collector's address and port pass; else its line is dead"
        ),
    ),
    Reason.PERMISSION_DENIED: (
        Localizable("requires a password that the agent may not read"),
        Localizable(
            "let `proxy_credentials_file` name a file of the unit's user, or a credential of the "
            "unit"
        ),
    ),
}
_SIM_TROUBLES = {
    "locked": (
        Localizable("its SIM asks for a PIN"),
        Localizable(
            "mmcli -m any --pin=PIN once, and for every boot: "
            "nmcli connection modify NAME gsm.pin PIN"
        ),
    ),
    "absent": (
        Localizable("there is no SIM in it"),
        Localizable("put one in, and mmcli -m any --reset"),
    ),
    "failed": (
        Localizable("its SIM cannot be used"),
        Localizable("take it out and in again; ask the carrier for another"),
    ),
}
_REGISTRATIONS = {
    "denied": Localizable("denied"),
    "none": Localizable("none"),
    "searching": Localizable("searching"),
}


def translator(host: Host) -> Iterator[HostFinding]:
    """Look for a NAT64 where a line has IPv6 alone."""
    for link in host.links:
        if link.way_out.is_ip6_alone and not link.way_out.nat64:
            yield HostFinding(
                check="translator",
                severity=FindingSeverity.WARNING,
                link=link.name,
                text=Localizable(
                    "it has IPv6 alone, and its name servers tell no prefix of a NAT64 "
                    "(ipv4only.arpa, RFC 7050): portals with IPv4 alone are not reached over it"
                ),
                remedy=Localizable(
                    "use the carrier's own name servers: resolvers of its [[links]], or what "
                    "its router advertises (docs/how-to/lines-with-ipv6-alone.md)"
                ),
            )


def proxy(host: Host) -> Iterator[HostFinding]:
    """Look whether anything comes by the proxy of a link."""
    for link in host.links:
        trouble = link.way_out.proxy_trouble
        if trouble is not None and trouble in _PROXY_TROUBLES:
            text, remedy = _PROXY_TROUBLES[trouble]
            yield HostFinding(
                check="proxy",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable(
                    "its proxy {proxy} {trouble}", proxy=link.spec.proxy, trouble=text
                ),
                remedy=remedy,
            )


def port(host: Host) -> Iterator[HostFinding]:
    """Check the Ethernet port below a VLAN or a PPPoE session, and the layers on it."""
    for link in host.links:
        if _is_dialled(link) and not link.spec.port:
            yield HostFinding(
                check="port",
                severity=FindingSeverity.WARNING,
                link=link.name,
                text=Localizable(
                    "a session of PPPoE, and the settings do not say on which Ethernet port: a "
                    "cable that is out will be told to the carrier as a lost session"
                ),
                remedy=Localizable(
                    'port = "eth0" (the port to the optical modem) in its [[links]]'
                ),
            )
        if not port_of(link.spec):
            continue
        below = port_of(link.spec)
        if link.state.port_unplugged:
            yield HostFinding(
                check="port",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable("the Ethernet port below it, {port}, has no signal", port=below),
                remedy=Localizable(
                    "plug the cable in at both ends; look at the power of the box behind it"
                ),
            )
        elif below in host.interfaces and not link.state.present:
            yield _absent_on(link, below, host)
        elif below not in host.interfaces:
            yield HostFinding(
                check="port",
                severity=FindingSeverity.FAULT,
                link=link.name,
                text=Localizable("there is no port {port} for it", port=below),
                remedy=Localizable("correct `port` in [[links]] (`ip link` lists all interfaces)"),
            )


def _absent_on(link: HostLink, below: str, host: Host) -> HostFinding:
    """Return what keeps an interface from being made on a port that is there and has its signal."""
    if link.spec.vlan is not None:
        return HostFinding(
            check="vlan",
            severity=FindingSeverity.FAULT,
            link=link.name,
            text=Localizable(
                "VLAN {number} on {port} is not made", number=link.spec.vlan, port=below
            ),
            remedy=Localizable(
                "systemctl start thongsuot-agent-routes (or, as root, thongsuot-agent routes "
                "apply), with `vlan_addresses` set; or let the network manager make it "
                "(docs/how-to/a-vlan-for-each-line.md)"
            ),
        )
    runs = "pppd" in host.managers
    return HostFinding(
        check="session",
        severity=FindingSeverity.FAULT,
        link=link.name,
        text=Localizable(
            "the port {port} has its signal, but there is no session on it: {program}",
            port=below,
            program=Localizable("pppd dials") if runs else Localizable("no pppd runs"),
        ),
        remedy=Localizable(
            "read what it says (journalctl -t pppd): no PADO is the line or the concentrator, "
            "a failed CHAP or PAP the account, both the carrier's affair"
        )
        if runs
        else Localizable(
            "start it: pon NAME, or nmcli connection up NAME (docs/how-to/pppoe-on-the-device.md)"
        ),
    )


def modem(host: Host) -> Iterator[HostFinding]:
    """Look at the modem of a mobile link that ends in this device."""
    for link in host.links:
        if not link.way_out.has_modem:
            continue
        trouble = _modem_trouble(link)
        if trouble is not None:
            severity, text, remedy = trouble
            yield HostFinding(
                check="modem", severity=severity, link=link.name, text=text, remedy=remedy
            )


def _modem_trouble(link: HostLink) -> tuple[FindingSeverity, str, str] | None:
    reading, refusal = link.way_out.modem, link.way_out.modem_refusal
    if reading is None:
        severity = FindingSeverity.WARNING if link.state.present else FindingSeverity.FAULT
        return (
            severity,
            Localizable("its modem cannot be queried for the reason: {why}", why=refusal),
            Localizable(
                "start ModemManager, put the modem in again (docs/how-to/a-modem-in-the-device.md)"
            ),
        )
    if reading.sim in _SIM_TROUBLES:
        return (FindingSeverity.FAULT, *_SIM_TROUBLES[reading.sim])
    if reading.registration and reading.registration not in {"home", "roaming"}:
        return (
            FindingSeverity.FAULT,
            Localizable(
                "its modem is in no network ({registration})",
                registration=_REGISTRATIONS.get(reading.registration, reading.registration),
            ),
            Localizable(
                "look at aerial and place (mmcli -m any --signal-get); `denied` is the carrier's"
            ),
        )
    if reading.connected is False:
        return (
            FindingSeverity.FAULT,
            Localizable("its modem is in the network and has no data connection (bearer)"),
            Localizable("give the APN of the contract: nmcli connection modify NAME gsm.apn APN"),
        )
    return None


def _is_dialled(link: HostLink) -> bool:
    return link.spec.interface.startswith("ppp") and not link.way_out.has_modem
