import json
import shutil
import sys

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, MOBILE, PATIENT_S, anchor
from tests.agent.links.strange_router import strange_router
from tests.agent.probes.path.test_probe import BOTH, path_of, peers_hops, trace
from thongsuot_agent.probes.path.probe import PROBE, Settings
from thongsuot_agent.probes.path.tcp_protocol import TcpTraceReply, TcpTraceReport
from thongsuot_agent.probes.path.tcp_trace import clamped_segment_text, trace_from_report
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

TCP = Settings(method="tcp", timeout_s=PATIENT_S)


def seen(hops: int, address: str, **more: object) -> TcpTraceReply:
    facts: dict[str, object] = {"is_target": False, **more}
    return TcpTraceReply(hops=hops, address=address, rtt_s=hops / 1000, **facts)  # type: ignore[arg-type]  # as given


def test_the_content_of_a_report_becomes_hops() -> None:
    report = TcpTraceReport(
        replies=(seen(1, "a"), seen(1, "a"), seen(3, "t", is_target=True)), sent={1: 3, 2: 3, 3: 3}
    )
    walked = trace_from_report(report)
    assert [(hop.sent, hop.answered) for hop in walked.hops] == [(3, 2), (3, 0), (3, 1)]
    assert (walked.target_hops, walked.target_rtt_s, walked.reason) == (3, 0.003, None)


def test_a_router_that_passes_nothing_on_is_the_reason() -> None:
    report = TcpTraceReport(
        replies=(seen(1, "a"), seen(2, "b", reason="packet_filtered")), sent={1: 1, 2: 1}
    )
    walked = trace_from_report(report)
    assert (walked.target_hops, walked.reason) == (None, Reason.PACKET_FILTERED)
    assert walked.refused_by == "b"
    assert trace_from_report(TcpTraceReport()).hops == ()


def test_the_first_hop_with_another_segment_size_is_reported() -> None:
    replies = (seen(2, "b", segment_bytes=1412), seen(1, "a", segment_bytes=1460), seen(3, "c"))
    assert (
        clamped_segment_text(TcpTraceReport(replies=replies, segment_bytes=1460))
        == "1460 became 1412 before hop 2"
    )
    assert clamped_segment_text(TcpTraceReport(replies=replies[1:], segment_bytes=1460)) == ""


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("family", BOTH)
def test_a_closed_port_is_reached_over_each_link_whatever_the_main_table_says(
    lab: Lab, family: Family
) -> None:
    target = ANCHOR6 if family is Family.IP6 else ANCHOR4
    for spec in (FIXED, MOBILE):
        finding = trace(lab, spec, family, TCP)
        assert finding.outcome is Outcome.OK, finding
        way, other = path_of(finding), path_of(trace(lab, spec, family))
        assert [hop.address for hop in way.hops] == [hop.address for hop in other.hops]
        assert way.hops[-1].address == target
        assert way.first == 2
        assert "path_mtu_bytes" not in finding.values
        assert 0 < finding.cost_bytes < PROBE.cost_bytes(anchor(), TCP)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("family", BOTH)
def test_labels_are_read_and_a_clamped_segment_is_seen(lab: Lab, family: Family) -> None:
    lab.node("ont").nft(
        "table inet clamp {",
        "  chain forward {",
        "    type filter hook forward priority 0;",
        "    tcp flags syn tcp option maxseg size set 1300",
        "  }",
        "}",
    )
    with strange_router(lab, "internet", "fixed", stack=(24001,)):
        finding = trace(lab, FIXED, family, TCP)
    assert [hop.labels for hop in path_of(finding).hops] == [(), (24001,), ()]
    size = 1440 if family is Family.IP6 else 1460
    assert finding.evidence["segment_size"] == f"{size} became 1300 before hop 2"


@pytest.mark.lab
@needs_lab
def test_without_the_capability_it_says_what_to_grant(lab: Lab) -> None:
    argv = [sys.executable, "-m", "tests.agent.probes.path.path_program", "tcp"]
    finding = json.loads(lab.node("device").run(argv, user=0).stdout)
    assert (finding["outcome"], finding["reason"]) == ("unmeasured", "permission_denied")
    assert "CAP_NET_RAW" in finding["detail"]


@pytest.mark.lab
@pytest.mark.servers
@needs_lab
def test_traceroute_by_tcp_sees_the_same_way(lab: Lab) -> None:
    if shutil.which("traceroute") is None:
        pytest.skip("needs traceroute")
    own = [hop.address for hop in path_of(trace(lab, settings=TCP)).hops]
    argv = ["traceroute", "-4", "-n", "-T", "-p", "443", "-q", "1", "-i", "fix0", ANCHOR4]
    assert peers_hops(lab.node("device").run(argv).stdout) == own
