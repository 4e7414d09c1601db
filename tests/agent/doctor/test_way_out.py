"""Uplinks of several parts (proxy, session, modem) that lack one: the doctor's findings."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.lab_room.prober import WAIT_AT_MOST_S
from thongsuot_agent.doctor.finding import HostFinding
from thongsuot_lab.lab import Lab
from thongsuot_lab.services.modem_bus import bus_socket, is_installed
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.shapes import shaped_city

pytestmark = [pytest.mark.lab, needs_lab]

SITE = """
[site]
name = "{site}"
[collector]
url = "http://collector.lab.test:8480"
token_file = "token"
[[links]]
name = "{link}"
interface = "{interface}"
medium = "{medium}"
resolvers = ["{resolver}"]
{more}
"""
WAY_OUT = {"translator", "proxy", "port", "vlan", "session", "modem"}
POLL_S = 0.2
TOPOLOGY = shaped_city(["f", "g", "l", "m"])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(TOPOLOGY) as running:
        yield running


def resolver(carrier: str, version: int) -> str:
    addresses = TOPOLOGY.addresses_of(f"{carrier}.resolver")
    return next(address for address in addresses if (":" in address) is (version == 6))


def write(folder: Path, shape: str, interface: str, *, medium: str, server: str, more: str) -> Path:
    (folder / "token").write_text("x" * 32)
    path = folder / "agent.toml"
    site = {"site": f"shape-{shape}", "link": "line", "interface": interface, "medium": medium}
    path.write_text(SITE.format(resolver=server, more=more, **site))
    return path


def run(lab: Lab, shape: str, command: str, config: Path) -> str:
    """Return what a command of the agent prints on the device of a shape."""
    process = lab.node(f"shape-{shape}.device").popen(
        [
            sys.executable,
            "-m",
            "thongsuot_agent.cli.main",
            *command.split(),
            "--config",
            str(config),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = process.communicate()
    assert errors == b"", errors.decode()
    return output.decode()


def findings(lab: Lab, shape: str, config: Path) -> set[str]:
    """Return which checks of the way out found something."""
    output = run(lab, shape, "doctor --json", config)
    decoded = msgspec.json.decode(output, type=list[HostFinding])
    return {finding.check for finding in decoded} & WAY_OUT


def wait_for(lab: Lab, shape: str, config: Path, expected: set[str]) -> None:
    """Ask until the doctor says this: a session and a modem take a moment to follow."""
    limit_s = time.monotonic() + WAIT_AT_MOST_S
    while (shown := findings(lab, shape, config)) != expected:
        assert time.monotonic() < limit_s, shown
        time.sleep(POLL_S)


def wait_for_text(lab: Lab, shape: str, config: Path, text: str) -> None:
    """Ask for the links until this is said: an answer may come too late on a busy machine."""
    limit_s = time.monotonic() + WAIT_AT_MOST_S
    while text not in (shown := run(lab, shape, "links", config)):
        assert time.monotonic() < limit_s, shown


def test_a_line_with_ipv6_alone_needs_its_carriers_name_server(lab: Lab, tmp_path: Path) -> None:
    own = resolver("song-hong", 6)
    config = write(tmp_path, "m", "fix0", medium="fiber", server=own, more="")
    wait_for(lab, "m", config, set())
    wait_for_text(lab, "m", config, "IPv4 goes by the carrier's NAT64 2001:db8:164::/96")
    (zone,) = [address for address in TOPOLOGY.addresses_of("zone") if ":" in address]
    config = write(tmp_path, "m", "fix0", medium="fiber", server=zone, more="")
    assert findings(lab, "m", config) == {"translator"}
    assert "tell of no NAT64" in run(lab, "m", "links", config)


def test_a_proxy_that_says_nothing_is_reported(lab: Lab, tmp_path: Path) -> None:
    more = 'proxy = "http://10.1.0.5:3128"'
    server = resolver("song-hong", 4)
    config = write(tmp_path, "l", "eth0", medium="fiber", server=server, more=more)
    lab.fault("proxy-hangs", site="shape-l")
    try:
        assert findings(lab, "l", config) == {"proxy"}
    finally:
        lab.heal("proxy-hangs", site="shape-l")


def test_a_session_is_distinguished_from_the_cable_below_it(lab: Lab, tmp_path: Path) -> None:
    server = resolver("song-hong", 4)
    config = write(tmp_path, "g", "ppp0", medium="fiber", server=server, more='port = "fix0"')
    wait_for(lab, "g", config, set())
    assert "on the port fix0, which has its signal" in run(lab, "g", "links", config)
    lab.fault("cut-fibre", site="shape-g", link="fixed")
    wait_for(lab, "g", config, {"session"})
    assert "its session on fix0 is not up" in run(lab, "g", "links", config)
    lab.heal("cut-fibre", site="shape-g", link="fixed")
    lab.fault("pull-cable", site="shape-g", link="fixed")
    wait_for(lab, "g", config, {"port"})
    lab.heal("pull-cable", site="shape-g", link="fixed")


def test_a_modem_without_a_bearer_is_reported_with_the_reason(lab: Lab, tmp_path: Path) -> None:
    if not is_installed():
        pytest.skip("dbus-daemon, busctl or python3-dbusmock is not installed")
    bus = f"unix:path={bus_socket(lab.run_dir, 'shape-f.modem')}"
    settings = f'settings = {{ source = "modemmanager", bus = "{bus}" }}'
    more = f'[[probes]]\nkind = "radio"\nevery_s = 60.0\n{settings}'
    server = resolver("cuu-long", 4)
    config = write(tmp_path, "f", "wwan0", medium="5g", server=server, more=more)
    wait_for(lab, "f", config, set())
    assert "point to point: no neighbour" in run(lab, "f", "links", config)
    for fault in ("sim-locked", "bearer-dropped", "modem-gone"):
        lab.fault(fault, site="shape-f")
        wait_for(lab, "f", config, {"modem"})
        lab.heal(fault, site="shape-f")
        wait_for(lab, "f", config, set())
