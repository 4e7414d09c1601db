"""
Every byte that the agent causes on a metered link is counted: against the interface's own counters.

Probes, pushes over TLS and name lookups of a real agent to a real collector. The agent counts what
a carrier bills, from the IP header on; of what the interface counted the headers of Ethernet are
taken off.
"""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.agent.probing.name_server import ScriptedNameServer, zone
from thongsuot_agent.status import AgentStatus
from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.small import INTERNET_V4

pytestmark = [pytest.mark.lab, pytest.mark.nightly, needs_lab]

ANCHOR, OTHER = INTERNET_V4
BIN = Path(sys.executable).parent
ETHERNET_HEADER_BYTES = 14
ENOUGH_BYTES = 500_000

COLLECTOR = f"""
state_dir = "state"
[listen]
address = "{ANCHOR}:443"
certificate_file = "{{certificate}}"
key_file = "{{key}}"
[reflector]
stamp_address = "{ANCHOR}:862"
allow = ["0.0.0.0/0"]
"""

AGENT = f"""
[site]
name = "ba-dinh"
[collector]
url = "https://collector.test"
token_file = "{{folder}}/token"
ca_file = "{{ca}}"
push_every_s = 2.0
[page]
listen = "127.0.0.1:8080"
[spool]
state_dir = "{{folder}}/agent"
runtime_dir = "{{folder}}/run"
[[links]]
name = "mobile"
interface = "wwan0"
medium = "5g"
allowance_bytes = 1_000_000_000_000
resolvers = ["{OTHER}"]
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[targets]]
name = "anchor"
role = "anchor"
segment = "transit"
addresses = ["{ANCHOR}"]
[[targets]]
name = "resolver"
role = "anchor"
segment = "carrier"
addresses = ["resolver"]
lookup = "collector.test"
[[targets]]
name = "portal"
role = "service"
segment = "service"
url = "https://collector.test/"
[[probes]]
kind = "icmp"
every_s = 1
[[probes]]
kind = "dns"
every_s = 2
[[probes]]
kind = "http"
every_s = 2
settings = {{{{ ca_file = "{{ca}}", timeout_s = 1.5, resolve_timeout_s = 1.0 }}}}
[[probes]]
kind = "host"
every_s = 5
[[probes]]
kind = "stamp"
targets = ["anchor"]
every_s = 4
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


def counted(device: RunningNode) -> int:
    """Return what the interface carried so far, both ways, from the IP header on."""

    def read(name: str) -> int:
        path = f"/sys/class/net/wwan0/statistics/{name}"
        return int(device.run(["cat", path]).stdout)

    packets = read("rx_packets") + read("tx_packets")
    return read("rx_bytes") + read("tx_bytes") - packets * ETHERNET_HEADER_BYTES


def spent(device: RunningNode) -> int:
    """Return what the agent says that it spent; 0 while it does not answer yet."""
    with device.socket(socket.AF_INET, socket.SOCK_STREAM) as asked:
        asked.settimeout(30)
        try:
            asked.connect(("127.0.0.1", 8080))
            asked.sendall(b"GET /status.json HTTP/1.1\r\nHost: device\r\n\r\n")
            answer = b""
            while piece := asked.recv(65536):
                answer += piece
        except ConnectionError:
            return 0
    status = msgspec.json.decode(answer.partition(b"\r\n\r\n")[2], type=AgentStatus)
    return status.links[0].spent_bytes or 0


def created_token(config: Path) -> str:
    """Return a token of the collector."""
    program = str(BIN / "thongsuot-collector")
    command = [program, "token", "create", "ba-dinh", "--config", str(config)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def wait_until_spent(device: RunningNode, enough_bytes: int) -> int:
    """Return what is spent as soon as it is enough; the bound is generous."""
    deadline_s = time.monotonic() + 300
    while (counted_bytes := spent(device)) < enough_bytes:
        assert time.monotonic() < deadline_s, f"only {counted_bytes} bytes are spent"
        time.sleep(0.2)
    return counted_bytes


async def test_the_bytes_counted_by_the_agent_equal_those_of_the_interface(lab: Lab) -> None:
    device, anchor = lab.node("device"), lab.node("anchor")
    certificate, key = lab.certificate("collector.test")
    with tempfile.TemporaryDirectory(prefix="thongsuot-cost-") as made:
        folder = Path(made)
        config = folder / "collector.toml"
        config.write_text(COLLECTOR.format(certificate=certificate, key=key))
        token = await asyncio.to_thread(created_token, config)
        (folder / "token").touch(mode=0o600)
        (folder / "token").write_text(token)
        (folder / "agent.toml").write_text(AGENT.format(folder=folder, ca=lab.ca_file))
        records = zone(f"collector.test. 60 A {ANCHOR}")
        async with ScriptedNameServer(node=anchor, address=OTHER, behave=records):
            before = counted(device)
            collector = anchor.popen(
                [str(BIN / "thongsuot-collector"), "run", "--config", str(config)]
            )
            agent = device.popen(
                [str(BIN / "thongsuot-agent"), "run", "--config", str(folder / "agent.toml")]
            )
            counted_bytes = await asyncio.to_thread(wait_until_spent, device, ENOUGH_BYTES)
            carried = counted(device) - before
            agent.terminate()
            collector.terminate()
            await asyncio.to_thread(agent.wait)
            await asyncio.to_thread(collector.wait)
    assert counted_bytes == pytest.approx(carried, rel=0.05)
