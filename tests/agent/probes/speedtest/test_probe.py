from thongsuot_agent.probes.speedtest.probe import finding_from
from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason


def test_its_own_numbers_are_kept_in_base_units() -> None:
    report = SpeedtestReport(
        down_bits_per_second=95e6, up_bits_per_second=96e6, latency_s=0.012, server="Hà Nội"
    )
    found = finding_from(report, 7)
    assert found.outcome is Outcome.OK
    assert found.values == {
        "speedtest_down_bytes_per_second": 95e6 / 8,
        "speedtest_up_bytes_per_second": 96e6 / 8,
        "speedtest_latency_seconds": 0.012,
    }
    assert (found.evidence, found.cost_bytes) == ({"server": "Hà Nội"}, 7)


def test_what_it_complains_of_is_kept_in_its_words() -> None:
    found = finding_from(SpeedtestReport(problem="ConfigRetrievalError: no route"), 7)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.FAILED_OTHERWISE)
    assert found.detail == "ConfigRetrievalError: no route"


def test_a_run_that_was_cut_off_says_nothing() -> None:
    found = finding_from(SpeedtestReport(down_bits_per_second=1e9, capped=True), 7)
    assert (found.outcome, found.values) == (Outcome.UNMEASURED, {})
