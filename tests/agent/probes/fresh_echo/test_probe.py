import msgspec
import pytest

from tests.agent.links.device import ANCHOR4, FIXED, PATIENT_S, anchor, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.pending_echo import EchoResult
from thongsuot_agent.probes.fresh_echo.probe import PROBE, Settings, finding_from
from thongsuot_agent.probes.fresh_echo.probe import run as run_fresh_echo
from thongsuot_agent.probes.icmp.probe import Settings as EchoSettings
from thongsuot_agent.probes.icmp.probe import run as run_icmp
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

PATIENT, SHORT = Settings(timeout_s=PATIENT_S), Settings(timeout_s=0.3)
LOST = EchoResult(reason=Reason.TIMED_OUT, sent_bytes=44)
UNPROVEN = EchoResult(reason=Reason.EGRESS_UNPROVEN, detail="elsewhere", sent_bytes=44)


def answered(size_bytes: int = 44) -> EchoResult:
    return EchoResult(rtt_s=0.01, sent_bytes=size_bytes, received_bytes=size_bytes)


def test_it_is_the_share_of_flows_that_were_answered_and_the_largest_packet() -> None:
    finding = finding_from([answered(), LOST, LOST, LOST], [LOST, answered(1400)])
    assert finding.outcome is Outcome.OK
    assert finding.values == {"fresh_echo_answered_ratio": 0.25, "fresh_echo_packet_bytes": 1400.0}
    assert finding.cost_bytes == 5 * 44 + 44 + 2 * 1400


def test_if_no_full_size_packet_passes_the_small_one_is_the_largest() -> None:
    finding = finding_from([answered()], [LOST, LOST])
    assert finding.values["fresh_echo_packet_bytes"] == 44.0


@pytest.mark.parametrize("full_size", [[], [UNPROVEN, UNPROVEN]], ids=["not tried", "elsewhere"])
def test_a_packet_size_that_was_not_measured_is_absent(full_size: list[EchoResult]) -> None:
    assert "fresh_echo_packet_bytes" not in finding_from([answered()], full_size).values


def test_flows_of_which_none_is_answered_have_failed() -> None:
    finding = finding_from([LOST, LOST], [])
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert finding.values == {"fresh_echo_answered_ratio": 0.0}


def test_inconclusive_runs_are_neither_answer_nor_loss() -> None:
    alone = finding_from([UNPROVEN, UNPROVEN], [])
    assert (alone.outcome, alone.values) == (Outcome.UNMEASURED, {})


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_the_box_answers_new_flows_and_packets_of_full_size(lab: Lab, family: Family) -> None:
    async def run(monitor: LinkMonitor) -> None:
        gateway = anchor("gateway", segment=Segment.LAN)
        finding = await run_fresh_echo(monitor.links["fixed"], gateway, family, PATIENT)
        assert finding.outcome is Outcome.OK
        assert finding.values == {
            "fresh_echo_answered_ratio": 1.0,
            "fresh_echo_packet_bytes": 1500.0,
        }

    on_device(lab, run, (FIXED,))


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("passes_bytes", [1200, 1496])
def test_a_lan_that_loses_large_packets_is_seen_by_their_size(lab: Lab, passes_bytes: int) -> None:
    lab.node("ont").nft(
        "add table inet narrow",
        "add chain inet narrow in { type filter hook input priority 0; }",
        f"add rule inet narrow in meta length > {passes_bytes} drop",
    )

    async def run(monitor: LinkMonitor) -> None:
        gateway = anchor("gateway", segment=Segment.LAN)
        finding = await run_fresh_echo(monitor.links["fixed"], gateway, Family.IP4, SHORT)
        assert finding.values == {"fresh_echo_answered_ratio": 1.0, "fresh_echo_packet_bytes": 44.0}

    on_device(lab, run, (FIXED,))


@pytest.mark.lab
@needs_lab
def test_a_full_table_of_connections_is_seen_by_new_flows_and_not_by_open_ones(lab: Lab) -> None:
    """The box passes known flows such as the regular echoes, but each echo here is a new flow."""
    ont = lab.node("ont")
    ont.nft(
        "add table inet full",
        "add chain inet full through { type filter hook forward priority 0; }",
        "add rule inet full through ct state established accept",
    )

    async def run(monitor: LinkMonitor) -> None:
        fixed, far = monitor.links["fixed"], anchor(ANCHOR4, segment=Segment.CARRIER)
        before = await run_fresh_echo(fixed, far, Family.IP4, PATIENT)
        assert before.values == {"fresh_echo_answered_ratio": 1.0}
        opened = await run_icmp(fixed, far, Family.IP4, EchoSettings(timeout_s=PATIENT_S))
        assert opened.outcome is Outcome.OK
        ont.nft("add rule inet full through icmp type echo-request ct state new drop")
        known = await run_icmp(fixed, far, Family.IP4, EchoSettings(timeout_s=PATIENT_S))
        assert known.outcome is Outcome.OK
        new = await run_fresh_echo(fixed, far, Family.IP4, SHORT)
        assert (new.outcome, new.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
        assert new.values == {"fresh_echo_answered_ratio": 0.0}

    on_device(lab, run, (FIXED,))


@pytest.mark.parametrize("wrong", [{"flows": 0}, {"size_bytes": 9000}, {"timeout_s": 0.0}])
def test_settings_that_cannot_be_run_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
        msgspec.convert(wrong, Settings)


def test_the_probe_applies_to_targets_up_to_the_carrier() -> None:
    assert PROBE.applies(anchor("gateway", segment=Segment.LAN))
    assert PROBE.applies(anchor(ANCHOR4, segment=Segment.CARRIER))
    assert not PROBE.applies(anchor(ANCHOR4))
    service = Target(name="x", role=Role.SERVICE, segment=Segment.SERVICE, url="https://x.vn/")
    assert not PROBE.applies(service)


def test_only_the_lan_is_asked_for_packets_of_full_size() -> None:
    assert PROBE.cost_bytes(anchor("gateway", segment=Segment.LAN), Settings()) == 2 * (256 + 3000)
    assert PROBE.cost_bytes(anchor(ANCHOR4, segment=Segment.ACCESS), Settings()) == 2 * 256
    assert PROBE.timeout_s(Settings(timeout_s=1.0)) == 2.0
