"""A process that was not given the CPU does not blame the network."""

from thongsuot_agent.schedule.doubt import LATE_S, STARVED_S, LateHistory, doubted
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Doubt, not_ok, ok

S = 1_000_000_000


def test_a_timeout_while_the_process_starved_is_unmeasured() -> None:
    lost = not_ok(Reason.TIMED_OUT, {LOSS: 1.0}, cost_bytes=44)
    found = doubted(lost, late_s=STARVED_S, has_stepped=False)
    assert (found.outcome, found.reason) == (Outcome.UNMEASURED, Reason.AGENT_STARVED)
    assert found.values == {}
    assert found.cost_bytes == 44


def test_a_refusal_stays_a_refusal_however_late_the_process_is() -> None:
    refused = not_ok(Reason.CONNECTION_REFUSED)
    found = doubted(refused, late_s=3.0, has_stepped=False)
    assert found.reason is Reason.CONNECTION_REFUSED
    assert found.doubts == (Doubt.TIMER_LATE,)


def test_a_result_in_good_time_is_left_as_it_is() -> None:
    fine = ok({RTT: 0.003})
    assert doubted(fine, late_s=LATE_S / 2, has_stepped=False) is fine


def test_a_step_of_the_clock_is_marked_beside_other_doubts() -> None:
    fine = ok({RTT: 0.003}, doubts=(Doubt.SOFTWARE_STAMP,))
    found = doubted(fine, late_s=0.0, has_stepped=True)
    assert found.doubts == (Doubt.CLOCK_STEPPED, Doubt.SOFTWARE_STAMP)
    assert found.values == fine.values


def test_lateness_counts_for_the_runs_that_it_touched() -> None:
    noted: list[float] = []
    history = LateHistory(noted.append)
    history.look(10 * S, 10 * S + S // 2)
    history.look(20 * S, 20 * S + S // 1000)
    assert history.worst_since(10 * S) == 0.5
    assert history.worst_since(11 * S) == 0.0
    assert noted == [0.5, 0.001]
