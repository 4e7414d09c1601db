import msgspec
import pytest

from thongsuot_agent.probes.qcvn.probe import PROBE, Settings, finding_from
from thongsuot_agent.probing.contract import LINK_TARGET
from thongsuot_agent.probing.link_load.protocol import LoadTestReport
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason

SETTINGS = Settings(url="http://203.0.113.1:8481", file_bytes=1_250_000)


def test_a_sample_is_the_rate_of_a_whole_file() -> None:
    finding = finding_from(
        LoadTestReport(file_down_s=0.5, file_up_s=1.0, cost_bytes=9), SETTINGS, 1
    )
    assert finding.outcome is Outcome.OK
    assert finding.values == {
        "qcvn_down_bytes_per_second": 2.5e6,
        "qcvn_up_bytes_per_second": 1.25e6,
    }
    assert finding.cost_bytes == 10


def test_half_a_sample_is_a_failed_run_that_keeps_its_half() -> None:
    slow = LoadTestReport(file_down_s=0.5, code=28, problem="timed out")
    finding = finding_from(slow, SETTINGS)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert finding.values == {"qcvn_down_bytes_per_second": 2.5e6}
    full = LoadTestReport(status=503, problem="the server answered 503")
    assert finding_from(full, SETTINGS).outcome is Outcome.UNMEASURED


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r">= 100000 - at `\$\.file_bytes`"):
        msgspec.convert({"file_bytes": 10}, Settings)
    with pytest.raises(ValueError, match="in the clear"):
        Settings(url="http://a.example", key_file="key")


def test_its_cost_is_both_files_and_their_headers() -> None:
    assert PROBE.cost_bytes(LINK_TARGET, SETTINGS) == 2_750_000
