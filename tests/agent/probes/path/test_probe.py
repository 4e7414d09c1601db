import asyncio
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from tests.agent.links.braid import LEFT, RIGHT, SPREAD, TARGET4, TARGET6, braid
from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, MOBILE, PATIENT_S, anchor, on_device
from tests.agent.links.strange_router import strange_router
from thongsuot_agent.links.flow import Flow
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.links.tracer import Tracer
from thongsuot_agent.probes.path.packet_size import PacketSize
from thongsuot_agent.probes.path.probe import PROBE, PathRun, Settings, finding_from, flow_name, run
from thongsuot_agent.probes.path.trace import TraceResult
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.path import Hop, Path, parse_path
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

PLAIN = Settings(packet_size=False, timeout_s=PATIENT_S)
"""For ways on which everyone answers."""
BOTH = (Family.IP4, Family.IP6)
METHODS = ("icmp", "udp")
SLEPT_S = 0.5


def trace(
    lab: Lab,
    spec: Spec = FIXED,
    family: Family = Family.IP4,
    settings: Settings = PLAIN,
    target: Target | None = None,
) -> Finding:
    """Make one run on the device."""

    async def measure(monitor: LinkMonitor) -> Finding:
        return await run(monitor.links[spec.name], target or anchor(), family, settings)

    return on_device(lab, measure, (spec,))


def path_of(finding: Finding) -> Path:
    return parse_path(finding.evidence, is_reached=finding.outcome is Outcome.OK)


def walked(*addresses: str, reached: bool = True, reason: Reason | None = None) -> TraceResult:
    hops = tuple(
        Hop(
            number=number,
            sent=4,
            answered=3 if address else 0,
            addresses=(address,) if address else (),
            rtt_s=number / 1000 if address else None,
        )
        for number, address in enumerate(addresses, 1)
    )
    return TraceResult(
        hops=hops,
        target_hops=len(hops) if reached else None,
        target_rtt_s=0.009 if reached else None,
        reason=reason,
    )


HOME = LinkState(gateway4="192.168.8.1", gateway6="fe80::1", addresses6=("2001:db8:a1:0:aaaa::10",))


def found(walk: TraceResult, size: PacketSize | None = None, state: LinkState = HOME) -> Finding:
    return finding_from(PathRun(walked=walk, size=size, cost_bytes=1), state, "icmp")


def test_the_first_hop_of_the_carrier_lies_behind_all_boxes_of_the_site() -> None:
    way = walked("192.168.8.1", "192.168.1.1", "10.20.0.1", "203.0.113.9")
    assert path_of(found(way)).first == 3
    assert found(way).values["path_first_hop_seconds"] == 0.003
    assert found(way).values["path_first_hop_loss_ratio"] == 0.25
    six = walked("2001:db8:a1:0:bbbb::1", "2001:db8:c::1", "2001:db8:f::1")
    assert path_of(found(six)).first == 2


def test_declared_networks_of_the_site_come_before_the_carriers_first_hop() -> None:
    way = walked("10.1.0.1", "10.2.0.2", "10.20.0.1", "203.0.113.9")
    office = LinkState(gateway4="10.1.0.1")
    networks = ("10.1.0.0/16", "10.2.0.0/16")
    run_ = PathRun(walked=way, size=None, cost_bytes=1)
    declared = path_of(finding_from(run_, office, "icmp", networks))
    assert (declared.first, declared.edge) == (3, 2)
    # Nobody but who built the office can tell them from a carrier's.
    assert path_of(finding_from(run_, office, "icmp")).first == 2
    # Where the gateway is all that there is, it is the edge, and watched as the gateway.
    flat = PathRun(walked=walked("10.1.0.1", "10.20.0.1", "203.0.113.9"), size=None, cost_bytes=1)
    assert path_of(finding_from(flat, office, "icmp", networks)).edge is None


def test_a_hop_behind_a_silent_one_is_not_the_first_hop() -> None:
    way = found(walked("192.168.8.1", "", "10.20.0.1"))
    assert path_of(way).first is None
    assert "path_first_hop_seconds" not in way.values
    assert way.values["path_silent_hops"] == 1


def test_a_modem_without_a_gateway_of_the_site_begins_with_the_carrier() -> None:
    modem = LinkState(has_route4=True)
    assert path_of(found(walked("10.20.0.1", "203.0.113.9"), state=modem)).first == 1


def test_an_interrupted_path_fails_and_reports_its_last_hop() -> None:
    cut = found(walked("192.168.8.1", "10.20.0.1", reached=False))
    assert (cut.outcome, cut.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert cut.detail == "the last that answered is hop 2"
    assert cut.values["path_last_hop_number"] == 2
    assert "path_hops" not in cut.values
    refused = found(walked("192.168.8.1", reached=False, reason=Reason.NETWORK_UNREACHABLE))
    assert refused.reason is Reason.NETWORK_UNREACHABLE
    nothing = found(walked(reached=False))
    assert nothing.detail == "no hop answered"
    assert nothing.values["path_last_hop_number"] == 0


def test_the_largest_packet_that_the_path_passes_is_reported_with_the_hop() -> None:
    way = walked("192.168.8.1", "10.20.0.1", "203.0.113.9")
    whole = found(way, PacketSize(largest_bytes=1500))
    assert whole.evidence["mtu"] == "1500 bytes"
    assert whole.values["path_mtu_black_hole"] == 0
    finding = found(way, PacketSize(largest_bytes=1492, hop=1, told_by="192.168.8.1"))
    assert finding.evidence["mtu"] == "1492 bytes, told by hop 1 192.168.8.1"
    assert finding.values["path_mtu_black_hole"] == 0
    hole = found(way, PacketSize(largest_bytes=1400, hop=2))
    assert hole.evidence["mtu"] == "1400 bytes; larger ones vanish behind hop 2 10.20.0.1"
    assert hole.values["path_mtu_black_hole"] == 1
    assert hole.values["path_mtu_hop_number"] == 2


def test_every_run_of_a_flow_has_the_same_name() -> None:
    assert flow_name("fixed", ANCHOR4) == flow_name("fixed", ANCHOR4)
    names = {flow_name(link, f"203.0.113.{n}") for link in ("a", "b") for n in range(50)}
    assert len(names) > 90
    assert all(20000 <= name < 32000 for name in names)


def test_it_is_for_anchors_beyond_the_site() -> None:
    assert PROBE.applies(anchor())
    assert not PROBE.applies(anchor(segment=Segment.LAN))
    portal = Target(
        name="p", role=Role.SERVICE, segment=Segment.SERVICE, url="https://portal.example"
    )
    assert not PROBE.applies(portal)
    assert PROBE.cost_bytes(anchor(), Settings()) == 6600


@pytest.mark.parametrize(
    "wrong",
    [{"method": "sctp"}, {"count": 0}, {"max_hops": 29}, {"retries": 9}, {"timeout_s": 0.0}],
)
def test_settings_that_cannot_be_run_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
        msgspec.convert(wrong, Settings)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", BOTH)
def test_every_hop_answers_over_each_link(lab: Lab, family: Family, method: str) -> None:
    ways = {
        (FIXED, Family.IP4): ["192.168.1.1", "100.65.0.1", ANCHOR4],
        (FIXED, Family.IP6): ["2001:db8:a1::1", "2001:db8:a0::1", ANCHOR6],
        (MOBILE, Family.IP4): ["192.168.8.1", "100.66.0.1", ANCHOR4],
        (MOBILE, Family.IP6): ["2001:db8:b1::1", "2001:db8:b0::1", ANCHOR6],
    }
    for spec in (FIXED, MOBILE):
        finding = trace(lab, spec, family, Settings(method=method, timeout_s=PATIENT_S))
        assert finding.outcome is Outcome.OK, finding
        way = path_of(finding)
        assert [hop.address for hop in way.hops] == ways[spec, family]
        assert [(hop.sent, hop.answered) for hop in way.hops] == [(3, 3)] * 3
        assert way.first == 2
        assert finding.values["path_mtu_bytes"] == 1500
        assert finding.values["path_mtu_black_hole"] == 0
        assert finding.cost_bytes < PROBE.cost_bytes(anchor(), Settings())


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
def test_answers_that_are_not_awaited_are_read_later_and_measured_the_same(
    lab: Lab, method: str
) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.05))

    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["fixed"]
        flow = Flow(link.egress(Family.IP4, ANCHOR4), method, flow_name("fixed", ANCHOR4))
        with Tracer(flow) as tracer:
            first = tracer.send(1)
            await tracer.wait_for([first], PATIENT_S)
            assert first.answer is not None
            assert not first.answer.doubts
            other = tracer.send(2)
            while other.answer is None:
                await asyncio.sleep(SLEPT_S)
                assert other.answer is None
                tracer.collect()
            assert other.answer.rtt_s >= 0.05
            assert not other.answer.doubts, "the time of reading does not count"

    on_device(lab, look, (FIXED,))


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
def test_an_ordinary_user_needs_no_privilege(lab: Lab, method: str) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.02))
    device = lab.node("device")
    device.run(["sysctl", "-q", "net.ipv4.ping_group_range=0 2147483647"])
    argv = [sys.executable, "-m", "tests.agent.probes.path.path_program", method]
    began_s = time.monotonic()
    finding = json.loads(device.run(argv, user=65534).stdout)
    waited_s = time.monotonic() - began_s
    assert finding["outcome"] == "ok", finding
    assert 0.019 < finding["values"]["path_rtt_seconds"] < waited_s


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", BOTH)
def test_a_black_hole_is_found_with_its_size_and_its_hop(
    lab: Lab, family: Family, method: str
) -> None:
    lab.fault("mtu-black-hole", site="site", link="fixed", largest_bytes=1391)
    finding = trace(lab, FIXED, family, Settings(method=method, timeout_s=0.3))
    assert finding.outcome is Outcome.OK
    assert finding.values["path_mtu_bytes"] == 1391
    assert finding.values["path_mtu_hop_number"] == 2
    assert finding.values["path_mtu_black_hole"] == 1
    assert "vanish behind hop 2" in finding.evidence["mtu"]
    assert finding.cost_bytes < 40_000


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", BOTH)
def test_a_router_that_says_too_big_is_not_a_black_hole(
    lab: Lab, family: Family, method: str
) -> None:
    lab.node("ont").ip("link set wan mtu 1432")
    lab.node("internet").ip("link set fixed mtu 1432")
    finding = trace(lab, FIXED, family, Settings(method=method, timeout_s=0.3))
    assert finding.values["path_mtu_bytes"] == 1432
    assert finding.values["path_mtu_hop_number"] == 1
    assert finding.values["path_mtu_black_hole"] == 0
    assert "told by hop 1" in finding.evidence["mtu"]


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", BOTH)
def test_labels_of_the_carrier_are_reported(lab: Lab, family: Family, method: str) -> None:
    with strange_router(lab, "internet", "fixed", stack=(24001, 16)):
        finding = trace(lab, FIXED, family, replace(PLAIN, method=method))
    assert finding.outcome is Outcome.OK
    assert [hop.labels for hop in path_of(finding).hops] == [(), (24001, 16), ()]
    assert finding.values["path_labelled_hops"] == 1


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
def test_a_router_that_quotes_no_more_than_it_must_is_still_known(lab: Lab, method: str) -> None:
    with strange_router(lab, "internet", "fixed"):
        # Its answers come from a thread, which a busy machine runs late.
        settings = Settings(method=method, packet_size=False, retries=5)
        way = path_of(trace(lab, settings=settings))
    assert [hop.address for hop in way.hops] == ["192.168.1.1", "100.65.0.1", ANCHOR4]
    assert way.hops[1].answered >= 1


@pytest.mark.lab
@needs_lab
def test_a_silent_hop_is_reported_as_silent_and_the_target_is_still_reached(lab: Lab) -> None:
    lab.node("internet").nft(
        "table inet mute {",
        "  chain output {",
        "    type filter hook output priority 0;",
        "    icmp type time-exceeded drop",
        "  }",
        "}",
    )
    finding = trace(lab, settings=Settings(packet_size=False, timeout_s=0.5))
    way = path_of(finding)
    assert finding.outcome is Outcome.OK
    assert [hop.answered > 0 for hop in way.hops] == [True, False, True]
    assert way.hops[1].sent == 4  # asked once more
    assert way.first is None
    assert finding.values["path_silent_hops"] == 1


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("family", BOTH)
def test_a_cut_line_ends_the_way_where_it_is_cut(lab: Lab, family: Family) -> None:
    lab.cut("ont--internet")
    finding = trace(lab, FIXED, family, Settings(timeout_s=0.3, max_hops=6))
    assert finding.outcome is Outcome.FAILED
    assert path_of(finding).last <= 1
    other = trace(lab, MOBILE, family)
    assert other.outcome is Outcome.OK


@pytest.mark.lab
@needs_lab
def test_a_link_without_its_cable_is_unmeasured(lab: Lab) -> None:
    lab.node("device").ip("link set fix0 down")
    assert trace(lab).reason is Reason.INTERFACE_DOWN


@pytest.fixture
def braided() -> Iterator[Lab]:
    with Lab(braid()) as lab:
        first = lab.node("first")
        for key in ("ipv4", "ipv6"):
            # By addresses, protocol and ports of each packet. The common policy 1 takes the word of
            # the sending socket instead, which a veth hands over and no cable does.
            first.run(["sysctl", "-q", f"net.{key}.fib_multipath_hash_policy=3"])
            first.run(["sysctl", "-q", f"net.{key}.fib_multipath_hash_fields={0x37}"])
        first.ip(*SPREAD)
        yield lab


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("method", METHODS)
def test_a_way_that_is_spread_over_two_is_seen_as_one_that_stays(braided: Lab, method: str) -> None:
    spec = Spec(name="line", interface="eth0")
    for family, address, middles in zip(
        BOTH, (TARGET4, TARGET6), zip(LEFT, RIGHT, strict=True), strict=True
    ):
        settings = replace(PLAIN, method=method, count=5)
        runs = [trace(braided, spec, family, settings, anchor(address)) for _ in range(4)]
        ways = [path_of(finding) for finding in runs]
        assert {len(way.hops) for way in ways} == {4}
        seen = {address for way in ways for address in way.hops[1].addresses}
        assert len(seen) == 1, "one flow goes one way"
        assert seen <= set(middles)
        assert len({finding.values["path_route_number"] for finding in runs}) == 1


def peers_hops(text: str) -> list[str]:
    return re.findall(r"^\s*\d+\.?(?:\|--)?\s+(\S+)", text, re.MULTILINE)


@pytest.mark.lab
@pytest.mark.servers
@needs_lab
@pytest.mark.parametrize("family", BOTH)
def test_traceroute_and_mtr_see_the_same_way(braided: Lab, family: Family) -> None:
    peers = [name for name in ("traceroute", "mtr") if shutil.which(name) is None]
    if peers:
        pytest.skip(f"needs {', '.join(peers)}")
    address = TARGET6 if family is Family.IP6 else TARGET4
    spec = Spec(name="line", interface="eth0")
    way = path_of(trace(braided, spec, family, PLAIN, anchor(address)))
    own = [hop.address for hop in way.hops]
    device = braided.node("device")
    number = "-6" if family is Family.IP6 else "-4"
    for argv in (
        ["traceroute", number, "-n", "-I", "-q", "1", address],
        ["mtr", number, "-n", "-r", "-c", "1", address],
    ):
        theirs = peers_hops(device.run(argv).stdout)
        assert len(theirs) == len(own), argv
        # Which of the two middles a flow takes is its own affair.
        middles = set(LEFT) | set(RIGHT)
        for mine, other in zip(own, theirs, strict=True):
            assert mine == other or {mine, other} <= middles
