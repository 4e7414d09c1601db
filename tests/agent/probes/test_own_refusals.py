"""
What this device itself does not let out: whatever is probed, no other host is to blame for it.

The refusal is a real one: the packet filter of the device's own kernel drops what leaves, which the
sender learns as an error. Not so for TCP: the kernel sends again what was dropped and tells nobody.
"""

import asyncio

import pytest

from tests.agent.links.device import FIXED, anchor, on_device
from tests.agent.probes.http.visiting import FIXED as RESOLVED
from tests.agent.probes.http.visiting import HOST, SHORT, portal
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.loader import load
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

pytestmark = [pytest.mark.lab, needs_lab]

BY_NAME = portal(f"http://{HOST}/")
HOPELESS_S = 60.0
"""No run waits that long: what the kernel refuses is known at once."""
REFUSED = [
    ("meta l4proto udp", "http", BY_NAME, SHORT),
    ("meta l4proto udp", "dns", anchor(lookup=HOST), None),
    ("meta l4proto icmp", "icmp", anchor(), None),
    ("meta l4proto icmp", "fresh_echo", anchor(), None),
    ("meta l4proto udp", "egress", anchor(), None),
    ("meta l4proto udp", "stamp", anchor(), None),
    ("meta l4proto icmp", "path", anchor(), None),
]


def drop(lab: Lab, packets: str) -> None:
    lab.node("device").nft(
        "add table inet own",
        "add chain inet own out { type filter hook output priority 0; }",
        f"add rule inet own out {packets} drop",
    )


@pytest.mark.parametrize(
    ("packets", "kind", "target", "settings"),
    REFUSED,
    ids=[f"{row[1]}-{row[0]}" for row in REFUSED],
)
def test_packets_that_the_device_itself_drops_are_nobodys_failure(
    lab: Lab, packets: str, kind: str, target: Target, settings: object
) -> None:
    probe = load(kind)

    async def run(monitor: LinkMonitor) -> Finding:
        measure = probe.begin(ProbeServices())
        chosen = settings or probe.settings()
        async with asyncio.timeout(HOPELESS_S):
            return await measure(monitor.links["fixed"], target, Family.IP4, chosen)

    drop(lab, packets)
    finding = on_device(lab, run, (RESOLVED if kind == "http" else FIXED,))
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.PERMISSION_DENIED)
    assert finding.values == {}
