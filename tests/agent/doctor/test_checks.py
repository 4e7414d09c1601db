"""Findings of the doctor, from descriptions of hosts."""

from dataclasses import replace

import msgspec
import pytest
from msgspec import structs

from thongsuot_agent.doctor.checks import examine, links_without_findings
from thongsuot_agent.doctor.finding import FindingSeverity, HostFinding
from thongsuot_agent.doctor.host import Host, HostLink
from thongsuot_agent.doctor.way_out import PLAIN, WayOut
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.probes.radio.reading import ModemReading
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

FIXED = HostLink(
    spec=Link(name="fixed", interface="eth0"),
    state=LinkState(
        present=True,
        carrier=True,
        addresses4=("192.168.1.10",),
        addresses6=("2001:db8::10",),
        gateway4="192.168.1.1",
        has_route4=True,
        has_route6=True,
    ),
    resolvers=("192.168.1.1",),
    mtu_bytes=1500,
    gateway_address="02:00:00:00:00:01",
)
MOBILE = replace(
    FIXED,
    spec=Link(name="mobile", interface="wwan0"),
    resolvers=("192.168.8.1",),
    gateway_address="02:00:00:00:00:02",
)
HEALTHY = Host(links=(FIXED, MOBILE), uplinks=("eth0", "wwan0"), clock_is_synchronised=True)


def found(host: Host) -> list[tuple[str, FindingSeverity, str]]:
    return [(finding.check, finding.severity, finding.link) for finding in examine(host)]


def test_nothing_is_reported_of_a_healthy_host() -> None:
    assert found(HEALTHY) == []
    assert links_without_findings(HEALTHY, ()) == (FIXED, MOBILE)


@pytest.mark.parametrize(
    ("second", "check", "severity"),
    [
        (replace(MOBILE, state=ABSENT), "interface", FindingSeverity.FAULT),
        (
            replace(MOBILE, state=replace(MOBILE.state, has_route4=False, has_route6=False)),
            "route",
            FindingSeverity.FAULT,
        ),
        (
            replace(MOBILE, state=replace(MOBILE.state, reverse_filtered=True)),
            "reverse_path_filter",
            FindingSeverity.FAULT,
        ),
        (replace(MOBILE, resolvers=()), "name_servers", FindingSeverity.FAULT),
        (replace(MOBILE, resolvers_are_shared=True), "name_servers", FindingSeverity.WARNING),
        (
            replace(MOBILE, state=replace(MOBILE.state, unrouted=True)),
            "own_gateways",
            FindingSeverity.FAULT,
        ),
        (replace(MOBILE, mtu_bytes=1200), "packet_size", FindingSeverity.FAULT),
        (replace(MOBILE, mtu_bytes=9000), "packet_size", FindingSeverity.WARNING),
        (replace(MOBILE, use_tempaddr=2), "temporary_addresses", FindingSeverity.NOTE),
    ],
)
def test_problems_of_a_link_are_reported_for_that_link(
    second: HostLink, check: str, severity: FindingSeverity
) -> None:
    host = replace(HEALTHY, links=(FIXED, second))
    assert found(host) == [(check, severity, "mobile (wwan0)")]
    assert all(finding.text and finding.remedy for finding in examine(host))


@pytest.mark.parametrize(
    ("host", "check", "severity"),
    [
        (replace(HEALTHY, links=(), uplinks=()), "interface", FindingSeverity.FAULT),
        (replace(HEALTHY, echo_refusal="needs CAP_NET_RAW"), "capability", FindingSeverity.FAULT),
        (replace(HEALTHY, clock_is_synchronised=False), "clock", FindingSeverity.WARNING),
    ],
)
def test_findings_about_the_host_name_no_link(
    host: Host, check: str, severity: FindingSeverity
) -> None:
    assert found(host) == [(check, severity, "")]


def test_two_links_behind_one_router_are_one_finding() -> None:
    behind = replace(MOBILE, gateway_address=FIXED.gateway_address)
    host = replace(HEALTHY, links=(FIXED, behind))
    assert found(host) == [
        ("common_gateway", FindingSeverity.WARNING, "fixed (eth0), mobile (wwan0)"),
    ]
    assert links_without_findings(host, examine(host)) == ()


def test_small_packets_are_no_fault_where_there_is_no_ipv6() -> None:
    only4 = replace(MOBILE, mtu_bytes=1200, state=replace(MOBILE.state, addresses6=()))
    assert found(replace(HEALTHY, links=(FIXED, only4))) == []


def test_the_device_as_a_whole_has_one_set_of_servers_where_it_has_one_link() -> None:
    alone = replace(FIXED, resolvers_are_shared=True)
    assert found(replace(HEALTHY, links=(alone,))) == []


def test_programs_that_set_routes_against_each_other_are_named() -> None:
    host = replace(HEALTHY, managers=("NetworkManager", "dhcpcd"))
    assert found(host) == [
        ("managers", FindingSeverity.WARNING, ""),
        ("managers", FindingSeverity.NOTE, ""),
    ]
    assert "NetworkManager and dhcpcd run at once" in examine(host)[0].text


def test_a_missing_interface_is_reported_with_the_interfaces_that_exist() -> None:
    gone = replace(MOBILE, state=ABSENT)
    host = replace(HEALTHY, links=(FIXED, gone), uplinks=("eth0", "wwp0s20u4"))
    (finding,) = examine(host)
    assert isinstance(finding, HostFinding)
    assert "wwp0s20u4" in finding.remedy


def test_findings_are_sorted_by_severity() -> None:
    second = replace(MOBILE, use_tempaddr=2, resolvers_are_shared=True, mtu_bytes=1200)
    severities = [severity for _, severity, _ in found(replace(HEALTHY, links=(FIXED, second)))]
    assert severities == [FindingSeverity.FAULT, FindingSeverity.WARNING, FindingSeverity.NOTE]


def behind(address: str, carrier: str, link: HostLink) -> HostLink:
    """Return a link of a carrier, which the collector sees come from an address."""
    spec = structs.replace(link.spec, carrier=carrier)
    return replace(link, spec=spec, seen_addresses={Family.IP4: address})


@pytest.mark.parametrize(
    ("second", "is_found"),
    [
        (behind("203.0.113.5", "cuu-long", MOBILE), True),
        (behind("198.51.100.7", "cuu-long", MOBILE), False),
        (behind("203.0.113.5", "song-hong", MOBILE), False),
        (MOBILE, False),
    ],
    ids=["one line", "a line each", "one carrier's translator", "not asked"],
)
def test_two_carriers_links_that_come_from_one_address_leave_by_one_line(
    second: HostLink, is_found: bool
) -> None:
    host = replace(HEALTHY, links=(behind("203.0.113.5", "song-hong", FIXED), second))
    line = ("common_line", FindingSeverity.FAULT, "fixed (eth0), mobile (wwan0)")
    assert found(host) == ([line] if is_found else [])


def with_way(way_out: WayOut, state: LinkState = MOBILE.state, **spec: object) -> Host:
    """Return the healthy host, whose second link is another's way out."""
    declared = msgspec.convert({"name": "mobile", "interface": "wwan0"} | spec, Link)
    link = replace(MOBILE, spec=declared, state=state, way_out=way_out)
    return replace(HEALTHY, links=(FIXED, link), interfaces=frozenset({"eth0", "eth1", "wwan0"}))


IP6_ALONE = replace(MOBILE.state, addresses4=(), gateway4=None, has_route4=False)
RAW_IP = replace(MOBILE.state, point_to_point=True)
UNPLUGGED = replace(ABSENT, port_unplugged=True)
SERVING = ModemReading(sim="ready", registration="home", connected=True)
FAULT, WARNING = FindingSeverity.FAULT, FindingSeverity.WARNING


def modem(**said: object) -> WayOut:
    return WayOut(has_modem=True, modem=msgspec.convert(said, ModemReading))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (with_way(WayOut(is_ip6_alone=True), IP6_ALONE), ("translator", WARNING, "carrier's own")),
        (with_way(WayOut(is_ip6_alone=True, nat64="2001:db8:64::/96"), IP6_ALONE), None),
        (
            with_way(WayOut(proxy_trouble=Reason.PROXY_SILENT), proxy="http://10.1.0.5:3128"),
            ("proxy", FAULT, "address and port"),
        ),
        (
            with_way(WayOut(proxy_trouble=Reason.PROXY_REFUSED), proxy="http://10.1.0.5:3128"),
            ("proxy", FAULT, "proxy_credentials_file"),
        ),
        (with_way(PLAIN, ABSENT, interface="eth1.10", vlan=10), ("vlan", FAULT, "routes apply")),
        (with_way(PLAIN, ABSENT, interface="eth7.10", vlan=10), ("port", FAULT, "`port`")),
        (with_way(PLAIN, UNPLUGGED, interface="ppp0", port="eth1"), ("port", FAULT, "cable")),
        (with_way(PLAIN, ABSENT, interface="ppp0", port="eth1"), ("session", FAULT, "pon NAME")),
        (with_way(PLAIN, RAW_IP, interface="ppp0"), ("port", WARNING, 'port = "eth0"')),
        (with_way(modem(sim="locked"), RAW_IP), ("modem", FAULT, "--pin=PIN")),
        (with_way(modem(sim="absent"), ABSENT), ("modem", FAULT, "put one in")),
        (
            with_way(modem(sim="ready", registration="denied"), RAW_IP),
            ("modem", FAULT, "the carrier's"),
        ),
        (
            with_way(modem(sim="ready", registration="home", connected=False), RAW_IP),
            ("modem", FAULT, "APN"),
        ),
        (
            with_way(WayOut(has_modem=True, modem_refusal="ModemManager knows no modem"), ABSENT),
            ("modem", FAULT, "put the modem in again"),
        ),
        (with_way(WayOut(has_modem=True, modem=SERVING), RAW_IP), None),
    ],
)
def test_a_missing_part_of_an_uplink_is_named_once_with_its_remedy(
    host: Host, expected: tuple[str, FindingSeverity, str] | None
) -> None:
    findings = examine(host)
    shown = [(finding.check, finding.severity) for finding in findings]
    assert shown == ([] if expected is None else [expected[:2]])
    if expected is not None:
        assert expected[2] in findings[0].remedy


def test_for_a_failing_pppd_session_the_remedy_names_its_log() -> None:
    host = replace(
        with_way(PLAIN, ABSENT, interface="ppp0", port="eth1"), managers=("pppd", "dhcpcd")
    )
    (finding,) = [finding for finding in examine(host) if finding.check == "session"]
    assert "journalctl -t pppd" in finding.remedy
