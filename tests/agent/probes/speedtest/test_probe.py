from thongsuot_agent.probes.speedtest.probe import finding_from
from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason


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
