"""Real hosts, each with one fault, and the findings of the command."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from thongsuot_agent.doctor.finding import HostFinding
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks

pytestmark = [pytest.mark.lab, needs_lab]

CONFIG = """
[site]
name = "ba-dinh"
[collector]
url = "http://203.0.113.1:8480"
token_file = "token"
[[links]]
name = "fixed"
interface = "fix0"
resolvers = ["203.0.113.1"]
[[links]]
name = "mobile"
interface = "{mobile}"
{servers}
"""
SERVERS = 'resolvers = ["203.0.113.2"]'

ON_THIS_MACHINE = {"clock", "managers"}
"""What is said of the machine that the lab runs on, not of the lab's hosts."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("x" * 32)
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG.format(mobile="wwan0", servers=SERVERS))
    return path


def doctor(lab: Lab, config: Path, *before: str) -> tuple[int, set[tuple[str, str]]]:
    """Return how the command ended, and what it found by check and link."""
    command = [
        *before,
        *(sys.executable, "-m", "thongsuot_agent.cli.main", "doctor", "--json"),
        *("--config", str(config)),
    ]
    process = lab.node("device").popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    findings = msgspec.json.decode(output, type=list[HostFinding])
    assert errors == b"", errors.decode()
    return process.returncode, {
        (finding.check, finding.link)
        for finding in findings
        if finding.check not in ON_THIS_MACHINE
    }


def sysctl(lab: Lab, key: str, value: str) -> None:
    lab.node("device").run(["sysctl", "-qw", f"{key}={value}"])


def ip(lab: Lab, *words: str) -> None:
    lab.node("device").run(["ip", *words])


MOBILE = "mobile (wwan0)"


def test_a_healthy_host_has_no_findings(lab: Lab, config: Path) -> None:
    assert doctor(lab, config) == (0, set())


def test_strict_reverse_path_filtering_is_seen_on_the_second_link(lab: Lab, config: Path) -> None:
    sysctl(lab, "net.ipv4.conf.wwan0.rp_filter", "1")
    try:
        assert doctor(lab, config) == (1, {("reverse_path_filter", MOBILE)})
    finally:
        sysctl(lab, "net.ipv4.conf.wwan0.rp_filter", "0")


def test_an_interface_that_is_not_there_is_reported(lab: Lab, config: Path) -> None:
    config.write_text(CONFIG.format(mobile="usb0", servers=SERVERS))
    assert doctor(lab, config) == (1, {("interface", "mobile (usb0)")})


def test_packets_larger_than_lines_take_are_reported(lab: Lab, config: Path) -> None:
    ip(lab, "link", "set", "dev", "wwan0", "mtu", "9000")
    try:
        assert doctor(lab, config) == (0, {("packet_size", MOBILE)})
    finally:
        ip(lab, "link", "set", "dev", "wwan0", "mtu", "1500")


def test_a_link_without_a_name_server_is_reported(lab: Lab, config: Path) -> None:
    config.write_text(CONFIG.format(mobile="wwan0", servers=""))
    # The whole host's resolv.conf has none either.
    assert doctor(lab, config) == (1, {("name_servers", MOBILE)})


def test_without_the_capability_no_echo_can_be_sent(lab: Lab, config: Path) -> None:
    sysctl(lab, "net.ipv4.ping_group_range", "1 0")
    drop = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
    assert doctor(lab, config, *drop) == (1, {("capability", "")})


def test_addresses_that_change_each_day_are_a_note(lab: Lab, config: Path) -> None:
    sysctl(lab, "net.ipv6.conf.wwan0.use_tempaddr", "2")
    try:
        assert doctor(lab, config) == (0, {("temporary_addresses", MOBILE)})
    finally:
        sysctl(lab, "net.ipv6.conf.wwan0.use_tempaddr", "0")


def test_a_link_without_a_default_route_is_reported(lab: Lab, config: Path) -> None:
    ip(lab, "-4", "route", "del", "default", "dev", "wwan0")
    ip(lab, "-6", "route", "del", "default", "dev", "wwan0")
    assert doctor(lab, config) == (1, {("route", MOBILE)})
