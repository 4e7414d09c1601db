"""Results of a process that was short of CPU do not blame the network."""

from thongsuot_agent.scheduler.measurement_doubts import (
    LATE_S,
    STARVED_S,
    LatenessHistory,
    with_doubts,
)
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import QualityFlag, failed_finding, ok_finding

S = 1_000_000_000


def test_a_timeout_while_the_process_starved_is_unmeasured() -> None:
    lost = failed_finding(Reason.TIMED_OUT, {LOSS: 1.0}, cost_bytes=44)
    finding = with_doubts(lost, late_s=STARVED_S, has_stepped=False)
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.AGENT_STARVED)
    assert finding.values == {}
    assert finding.cost_bytes == 44


def test_a_refusal_stays_a_refusal_however_late_the_process_is() -> None:
    refused = failed_finding(Reason.CONNECTION_REFUSED)
    finding = with_doubts(refused, late_s=3.0, has_stepped=False)
    assert finding.reason is Reason.CONNECTION_REFUSED
    assert finding.doubts == (QualityFlag.TIMER_LATE,)


def test_a_result_in_good_time_is_left_as_it_is() -> None:
    fine = ok_finding({RTT: 0.003})
    assert with_doubts(fine, late_s=LATE_S / 2, has_stepped=False) is fine


def test_a_step_of_the_clock_is_marked_beside_other_doubts() -> None:
    fine = ok_finding({RTT: 0.003}, doubts=(QualityFlag.SOFTWARE_STAMP,))
    finding = with_doubts(fine, late_s=0.0, has_stepped=True)
    assert finding.doubts == (QualityFlag.CLOCK_STEPPED, QualityFlag.SOFTWARE_STAMP)
    assert finding.values == fine.values


def test_lateness_counts_for_the_runs_that_it_touched() -> None:
    noted: list[float] = []
    history = LatenessHistory(noted.append)
    history.add_timer(10 * S, 10 * S + S // 2)
    history.add_timer(20 * S, 20 * S + S // 1000)
    assert history.worst_since(10 * S) == 0.5
    assert history.worst_since(11 * S) == 0.0
    assert noted == [0.5, 0.001]
