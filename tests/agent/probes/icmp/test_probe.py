from dataclasses import replace

import msgspec
import pytest

from tests.agent.links.device import (
    ANCHOR4,
    ANCHOR6,
    FIXED,
    MOBILE,
    PATIENT_S,
    anchor,
    both,
    on_device,
)
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.pending_echo import EchoResult
from thongsuot_agent.probes.icmp.probe import PROBE, Settings, finding_from
from thongsuot_agent.probes.icmp.probe import run as run_icmp
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, QualityFlag
from thongsuot_schema.segment import Segment

PATIENT, SHORT = Settings(timeout_s=PATIENT_S), Settings(timeout_s=0.2)


def answered(rtt_s: float, *doubts: QualityFlag) -> EchoResult:
    return EchoResult(
        rtt_s=rtt_s, hop_limit=57, sent_bytes=44, received_bytes=44, doubts=frozenset(doubts)
    )


LOST = EchoResult(reason=Reason.TIMED_OUT, sent_bytes=44)
UNPROVEN = EchoResult(reason=Reason.EGRESS_UNPROVEN, detail="elsewhere", sent_bytes=44)


def test_the_middle_of_the_answers_is_the_round_trip() -> None:
    finding = finding_from([answered(0.03), answered(0.01), answered(0.02)])
    assert finding.outcome is Outcome.OK
    assert finding.values == {
        "icmp_rtt_seconds": 0.02,
        "icmp_loss_ratio": 0.0,
        "icmp_reply_hop_limit_number": 57.0,
    }
    assert finding_from([answered(0.01), answered(0.03)]).values["icmp_rtt_seconds"] == 0.02
    assert finding.cost_bytes == 6 * 44


def test_some_lost_is_loss_and_all_lost_is_failed() -> None:
    some = finding_from([answered(0.01), LOST, LOST, LOST])
    assert some.outcome is Outcome.OK
    assert some.values["icmp_loss_ratio"] == 0.75
    every = finding_from([LOST, LOST])
    assert (every.outcome, every.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert every.values == {"icmp_loss_ratio": 1.0}
    assert every.cost_bytes == 88


def test_inconclusive_runs_are_neither_answer_nor_loss() -> None:
    finding = finding_from([answered(0.01), UNPROVEN])
    assert (finding.outcome, finding.values["icmp_loss_ratio"]) == (Outcome.OK, 0.0)
    alone = finding_from([UNPROVEN])
    assert (alone.outcome, alone.reason) == (Outcome.UNMEASURED, Reason.EGRESS_UNPROVEN)
    assert alone.values == {}
    assert alone.detail == "elsewhere"


def test_the_doubts_of_all_echoes_are_kept() -> None:
    finding = finding_from(
        [
            answered(0.01, QualityFlag.TIMER_LATE),
            answered(0.01, QualityFlag.SOFTWARE_STAMP, QualityFlag.TIMER_LATE),
        ]
    )
    assert finding.doubts == (QualityFlag.SOFTWARE_STAMP, QualityFlag.TIMER_LATE)


@pytest.mark.lab
@needs_lab
def test_an_anchor_and_the_gateway_answer_over_each_link_and_family(lab: Lab) -> None:
    lab.impair("cpe--internet", Impairment(delay_s=0.02))

    async def run(monitor: LinkMonitor) -> None:
        for link in both(monitor):
            for family in (Family.IP4, Family.IP6):
                far = await run_icmp(
                    link, anchor(), family, replace(PATIENT, count=3, spacing_s=0.01)
                )
                assert (far.outcome, far.doubts) == (Outcome.OK, ())
                assert far.values["icmp_loss_ratio"] == 0.0
                assert far.values["icmp_reply_hop_limit_number"] == 62
                assert far.cost_bytes == 3 * (128 if family is Family.IP6 else 88)
                gateway = anchor("gateway", segment=Segment.LAN)
                near = await run_icmp(link, gateway, family, PATIENT)
                assert near.outcome is Outcome.OK
                assert near.values["icmp_reply_hop_limit_number"] == 64

    on_device(lab, run)


@pytest.mark.lab
@needs_lab
def test_a_gateway_with_a_link_local_address_answers(lab: Lab) -> None:
    """Every IPv6 gateway that announces itself has one (RFC 4861, section 4.2)."""
    shown = lab.node("ont").run(["ip", "-6", "-o", "addr", "show", "dev", "lan", "scope", "link"])
    gateway = shown.stdout.split("inet6 ")[1].split("/")[0]
    lab.node("device").ip("route del ::/0 dev fix0", f"route add ::/0 via {gateway} dev fix0")

    async def run(monitor: LinkMonitor) -> None:
        fixed = monitor.links["fixed"]
        assert fixed.state.gateway6 == gateway
        for target in (anchor("gateway"), anchor()):
            finding = await run_icmp(fixed, target, Family.IP6, PATIENT)
            assert (finding.outcome, finding.doubts) == (Outcome.OK, ())

    on_device(lab, run, (FIXED,))


@pytest.mark.lab
@needs_lab
def test_a_link_without_a_route_is_unmeasured_and_nothing_leaks(lab: Lab) -> None:
    """The packets of both uplinks are counted where they would arrive."""
    lab.node("device").ip("route del default dev wwan0", "route del ::/0 dev wwan0")
    lab.node("anchor").nft(
        "add table inet count",
        "add chain inet count in { type filter hook input priority 0; }",
        "add rule inet count in icmp type echo-request counter",
        "add rule inet count in icmpv6 type echo-request counter",
    )

    async def run(monitor: LinkMonitor) -> None:
        for family in (Family.IP4, Family.IP6):
            for target in (anchor(), anchor("gateway", segment=Segment.LAN)):
                finding = await run_icmp(monitor.links["mobile"], target, family, SHORT)
                assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NO_ROUTE)
                assert finding.values == {}

    on_device(lab, run, (FIXED, MOBILE))
    counted = lab.node("anchor").run(["nft", "list", "table", "inet", "count"]).stdout
    assert counted.count("packets 0") == 2


@pytest.mark.lab
@needs_lab
def test_a_link_that_cannot_be_used_says_why(lab: Lab) -> None:
    ghost = Spec(name="ghost", interface="eth7")
    lab.cut("device--cpe")

    async def run(monitor: LinkMonitor) -> None:
        for link, reason in (
            ("ghost", Reason.INTERFACE_ABSENT),
            ("mobile", Reason.INTERFACE_DOWN),
        ):
            for target in (anchor(), anchor("gateway"), anchor("resolver")):
                finding = await run_icmp(monitor.links[link], target, Family.IP4, SHORT)
                assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, reason)

    on_device(lab, run, (MOBILE, ghost))


@pytest.mark.lab
@needs_lab
def test_a_target_without_an_address_of_the_family_is_not_supported(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        fixed = monitor.links["fixed"]
        finding = await run_icmp(fixed, anchor(ANCHOR4), Family.IP6, SHORT)
        assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NOT_SUPPORTED)

    on_device(lab, run, (FIXED,))


@pytest.mark.lab
@needs_lab
def test_silence_is_loss(lab: Lab) -> None:
    lab.node("anchor").run(["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1"])

    async def run(monitor: LinkMonitor) -> None:
        settings = Settings(count=2, spacing_s=0.0, timeout_s=0.2)
        finding = await run_icmp(monitor.links["fixed"], anchor(), Family.IP4, settings)
        assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
        assert finding.values == {"icmp_loss_ratio": 1.0}

    on_device(lab, run, (FIXED,))


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"payload_bytes": 4}, {"timeout_s": 0.0}, {"spacing_s": -1.0}],
)
def test_settings_that_cannot_be_run_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
        msgspec.convert(wrong, Settings)


def test_it_applies_to_anchors_with_an_address() -> None:
    assert PROBE.applies(anchor(ANCHOR6))
    service = Target(name="x", role=Role.SERVICE, segment=Segment.SERVICE, url="https://x.vn/")
    assert not PROBE.applies(service)


def test_a_run_takes_as_long_as_its_last_echo() -> None:
    assert PROBE.timeout_s(Settings(count=5, spacing_s=0.5, timeout_s=1.0)) == 3.0
    assert PROBE.cost_bytes(anchor(), Settings(count=2)) == 2 * 128
