"""
What this device itself does not let out: whatever is probed, no other host is to blame for it.

The refusal is a real one: the packet filter of the device's own kernel drops what leaves, which the
sender learns as an error; of TCP, by a segment of its own.
"""

import asyncio

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, anchor, on_device
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
BY_ADDRESS = portal(f"http://{ANCHOR4}/")
HOPELESS_S = 60.0
"""No run waits that long: what the kernel refuses is known at once."""
REFUSED = [
    ("meta l4proto udp drop", "http", BY_NAME, SHORT),
    ("tcp dport 80 drop", "http", BY_ADDRESS, SHORT),
    ("tcp dport 80 reject with tcp reset", "http", BY_ADDRESS, SHORT),
    ("ip protocol tcp reject", "http", BY_ADDRESS, SHORT),
    ("meta l4proto udp drop", "dns", anchor(lookup=HOST), None),
    ("meta l4proto icmp drop", "icmp", anchor(), None),
    ("meta l4proto icmp drop", "fresh_echo", anchor(), None),
    ("meta l4proto udp drop", "egress", anchor(), None),
    ("meta l4proto udp drop", "stamp", anchor(), None),
    ("meta l4proto icmp drop", "path", anchor(), None),
]


def refuse(lab: Lab, rule: str) -> None:
    lab.node("device").nft(
        "add table inet own",
        "add chain inet own out { type filter hook output priority 0; }",
        f"add rule inet own out {rule}",
    )


@pytest.mark.parametrize(
    ("rule", "kind", "target", "settings"),
    REFUSED,
    ids=[f"{row[1]}-{row[0]}" for row in REFUSED],
)
def test_packets_that_the_device_itself_refuses_are_nobodys_failure(
    lab: Lab, rule: str, kind: str, target: Target, settings: object
) -> None:
    probe = load(kind)

    async def run(monitor: LinkMonitor) -> Finding:
        measure = probe.begin(ProbeServices())
        chosen = settings or probe.settings()
        async with asyncio.timeout(HOPELESS_S):
            return await measure(monitor.links["fixed"], target, Family.IP4, chosen)

    refuse(lab, rule)
    finding = on_device(lab, run, (RESOLVED if kind == "http" else FIXED,))
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.PERMISSION_DENIED)
    assert finding.values == {}


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_a_portal_that_does_not_answer_or_refuses_is_the_portals_failure_in_either_family(
    lab: Lab, family: Family
) -> None:
    address = {Family.IP4: ANCHOR4, Family.IP6: f"[{ANCHOR6}]"}[family]
    probe = load("http")

    async def run(monitor: LinkMonitor) -> Finding:
        measure = probe.begin(ProbeServices())
        return await measure(monitor.links["fixed"], portal(f"http://{address}/"), family, SHORT)

    assert on_device(lab, run, (FIXED,)).reason is Reason.CONNECTION_REFUSED
    lab.node("anchor").nft(
        "add table inet silent",
        "add chain inet silent in { type filter hook input priority 0; }",
        "add rule inet silent in tcp dport 80 drop",
    )
    assert on_device(lab, run, (FIXED,)).reason is Reason.TIMED_OUT
    refuse(lab, "tcp dport 80 drop")
    assert on_device(lab, run, (FIXED,)).reason is Reason.PERMISSION_DENIED
