import asyncio
import json
import re
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.agent.links.device import FIXED, MOBILE, on_device
from thongsuot_agent.clock import boot_id
from thongsuot_agent.links.lateness import LATENESS
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.host.probe import PROBE, HostProbe, MonotonicCounters, Settings
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.catalogue.host import RECEIVED, SENT
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

BOTH = (FIXED, MOBILE)
PROGRAM = Path(__file__).with_name("host_program.py")


async def look(
    monitor: LinkMonitor,
    link: str = "fixed",
    *,
    ask: bool = True,
    probe: HostProbe | None = None,
) -> Finding:
    settings = Settings(ask_gateway=ask)
    run = probe or HostProbe(ProbeServices())
    return await run(monitor.links[link], LINK_TARGET, Family.NONE, settings)


def test_counters_only_grow() -> None:
    carried = MonotonicCounters()
    assert [carried.total(SENT, value) for value in (10, 25, 3, 8, 0)] == [10, 25, 28, 33, 33]
    assert carried.total(RECEIVED, 4) == 4


@pytest.mark.lab
@needs_lab
def test_a_good_link_is_seen_whole(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        await look(monitor)
        finding = await look(monitor)
        assert finding.outcome is Outcome.OK
        values = finding.values
        assert values["host_interface_up"] == 1
        for family in ("ipv4", "ipv6"):
            assert values[f"host_{family}_address_present"] == 1
            assert values[f"host_{family}_default_route_present"] == 1
        assert values["host_gateway_neighbour_reachable"] == 1
        assert values["host_sent_bytes_total"] > 0
        assert values["host_received_bytes_total"] > 0
        for counter in ("receive_errors", "send_errors", "receive_drops", "send_drops"):
            assert values[f"host_{counter}_packets_total"] >= 0
        assert values["host_interface_carrier_changes_total"] >= 1
        assert values["host_uptime_seconds"] == pytest.approx(
            time.clock_gettime(time.CLOCK_BOOTTIME), abs=60
        )
        assert 5e6 < values["host_agent_resident_bytes"] < 1e9
        assert values["host_clock_synchronised"] in {0, 1}
        assert ("host_clock_error_seconds" in values) == (values["host_clock_synchronised"] == 1)
        assert finding.evidence["boot_id"] == boot_id()
        assert finding.evidence["addresses"] == "192.168.1.10 2001:db8:a1::10"
        assert finding.evidence["gateways"] == "192.168.1.1 2001:db8:a1::1"
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", finding.evidence["gateway_hardware"])

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize(
    ("conflict", "expected"),
    [("192.168.1.10 is claimed by 02:fc:00:00:00:01",) * 2, ("", "yes")],
)
def test_a_conflict_is_reported_with_who_it_is_where_that_is_known(
    lab: Lab, conflict: str, expected: str
) -> None:
    async def run(monitor: LinkMonitor) -> None:
        fixed = monitor.links["fixed"]
        assert "address_conflict" not in (await look(monitor, ask=False)).evidence
        fixed.update_state(replace(fixed.state, address_conflict=True, conflict=conflict))
        assert (await look(monitor, ask=False)).evidence["address_conflict"] == expected

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
def test_counters_follow_the_traffic_and_survive_a_new_interface(lab: Lab) -> None:
    device = lab.node("device")
    again = ("link add m0 type veth peer name m1", "link set m0 up", "link set m1 up")
    device.ip(*again)
    spec = Spec(name="modem", interface="m0")

    async def run(monitor: LinkMonitor) -> None:
        probe = HostProbe(ProbeServices())

        async def sent() -> float:
            monitor.refresh()
            return (await look(monitor, "modem", probe=probe)).values["host_sent_bytes_total"]

        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as opened:
            opened.bind(("m0", 0))
            before = await sent()
            opened.send(b"\xff" * 14 + b"x" * 986)
            assert await sent() >= before + 1000
        last = await sent()
        device.ip("link del m0", *again)
        assert await sent() >= last

    on_device(lab, run, (spec,))


@pytest.mark.lab
@needs_lab
def test_a_pulled_cable_and_a_missing_route_are_values(lab: Lab) -> None:
    lab.cut("device--cpe")

    async def run(monitor: LinkMonitor) -> None:
        finding = await look(monitor, "mobile")
        assert finding.outcome is Outcome.OK
        assert finding.values["host_interface_up"] == 0
        assert "host_gateway_neighbour_reachable" not in finding.values

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
def test_an_interface_that_is_not_there_is_unmeasured(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        finding = await look(monitor, "ghost")
        assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.INTERFACE_ABSENT)

    on_device(lab, run, (Spec(name="ghost", interface="eth7"),))


@pytest.mark.lab
@needs_lab
def test_a_gateway_that_drops_icmp_still_answers_on_the_link_layer(lab: Lab) -> None:
    lab.node("ont").nft(
        "add table inet deaf",
        "add chain inet deaf in { type filter hook input priority 0; }",
        "add rule inet deaf in icmp type echo-request drop",
        "add rule inet deaf in icmpv6 type echo-request drop",
    )

    async def run(monitor: LinkMonitor) -> None:
        for _ in range(2):
            assert (await look(monitor)).values["host_gateway_neighbour_reachable"] == 1

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
def test_a_gateway_that_answers_is_known_to_be_there_on_a_device_short_of_cpu(lab: Lab) -> None:
    async def hog() -> None:
        while True:
            # The loop comes round ten times a second: each short sleep of a probe lasts long.
            time.sleep(0.1)  # noqa: ASYNC251
            await asyncio.sleep(0)

    async def run(monitor: LinkMonitor) -> None:
        lab.node("device").ip("neigh flush all")
        hogging = asyncio.create_task(hog())
        try:
            assert (await look(monitor)).values["host_gateway_neighbour_reachable"] == 1
        finally:
            hogging.cancel()

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("known", [False, True])
def test_a_gateway_that_is_gone_is_seen_at_once(lab: Lab, known: bool) -> None:
    """Also while the kernel still holds the address that it learned before."""

    async def run(monitor: LinkMonitor) -> None:
        if known:
            assert (await look(monitor)).values["host_gateway_neighbour_reachable"] == 1
            # Older than is believed without asking, in ticks of the kernel's own clock.
            lab.node("device").ip(
                *(
                    f"neigh change {gateway} dev fix0 nud stale"
                    for gateway in ("192.168.1.1", "2001:db8:a1::1")
                )
            )
        lab.node("ont").ip("addr flush dev lan")
        finding = await look(monitor)
        assert finding.values["host_interface_up"] == 1
        assert finding.values["host_gateway_neighbour_reachable"] == 0

    on_device(lab, run, BOTH)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("capabilities", [(), ("net_raw",)])
def test_an_ordinary_user_sees_it_too(lab: Lab, capabilities: tuple[str, ...]) -> None:
    done = lab.node("device").run(
        [sys.executable, str(PROGRAM)], user=65534, capabilities=capabilities
    )
    values = json.loads(done.stdout)
    assert values["host_gateway_neighbour_reachable"] == 1
    assert values["host_interface_up"] == 1


@pytest.mark.lab
@needs_lab
def test_the_delay_of_late_timers_is_reported_once_for_each_link(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        for link in ("fixed", "mobile"):
            await look(monitor, link, ask=False)
        LATENESS.note(0.7)
        LATENESS.note(0.3)
        for link in ("fixed", "mobile"):
            finding = await look(monitor, link, ask=False)
            assert finding.values["host_loop_late_seconds"] >= 0.7
            finding = await look(monitor, link, ask=False)
            assert finding.values["host_loop_late_seconds"] < 0.7

    on_device(lab, run, BOTH)


def test_it_is_for_links_and_costs_the_carriers_line_nothing() -> None:
    assert PROBE.per_link
    assert not PROBE.applies(LINK_TARGET)
    assert PROBE.cost_bytes(LINK_TARGET, Settings()) == 0
