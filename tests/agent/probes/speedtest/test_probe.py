import pytest

from tests.agent.links.device import FIXED, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.speedtest.probe import Settings, finding_from, run
from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport
from thongsuot_agent.probing.contract import LINK_TARGET
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding


def test_its_own_numbers_are_kept_in_base_units() -> None:
    report = SpeedtestReport(
        down_bits_per_second=95e6, up_bits_per_second=96e6, latency_s=0.012, server="Hà Nội"
    )
    finding = finding_from(report, 7)
    assert finding.outcome is Outcome.OK
    assert finding.values == {
        "speedtest_down_bytes_per_second": 95e6 / 8,
        "speedtest_up_bytes_per_second": 96e6 / 8,
        "speedtest_latency_seconds": 0.012,
    }
    assert (finding.evidence, finding.cost_bytes) == ({"server": "Hà Nội"}, 7)


def test_its_complaints_are_kept_verbatim() -> None:
    finding = finding_from(SpeedtestReport(problem="ConfigRetrievalError: no route"), 7)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.FAILED_OTHERWISE)
    assert finding.detail == "ConfigRetrievalError: no route"


def test_a_run_that_was_cut_off_says_nothing() -> None:
    finding = finding_from(SpeedtestReport(down_bits_per_second=1e9, capped=True), 7)
    assert (finding.outcome, finding.values) == (Outcome.UNMEASURED, {})


@pytest.mark.lab
@needs_lab
def test_a_server_that_cannot_be_reached_fails_and_a_link_that_is_used_is_left_alone(
    lab: Lab,
) -> None:
    def measured(settings: Settings) -> Finding:
        async def measure(monitor: LinkMonitor) -> Finding:
            return await run(monitor.links["fixed"], LINK_TARGET, Family.NONE, settings)

        return on_device(lab, measure, (FIXED,))

    nobody = "http://203.0.113.1:9"
    failed = measured(Settings(url=nobody, watch_s=0.5, busy_bits_per_second=1e12))
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, Reason.FAILED_OTHERWISE)
    assert failed.detail.startswith("ConfigRetrievalError: ")
    used = measured(Settings(url=nobody, watch_s=0.5, busy_bits_per_second=-1.0))
    assert (used.outcome, used.reason) == (Outcome.UNMEASURED, Reason.LINK_BUSY)
