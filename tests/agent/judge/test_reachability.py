"""What a run proves about the path to its target."""

import pytest

from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_schema.catalogue import http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import QualityFlag, failed_finding, ok_finding


@pytest.mark.parametrize(
    ("kind", "reason", "sign"),
    [
        ("icmp", Reason.TIMED_OUT, Reachability.SILENT),
        ("icmp", Reason.HOST_UNREACHABLE, Reachability.SILENT),
        ("dns", Reason.NAME_SERVER_TIMED_OUT, Reachability.SILENT),
        ("dns", Reason.NAME_NOT_FOUND, Reachability.ANSWERED),
        ("dns", Reason.NAME_ANSWER_FORGED, Reachability.INCONCLUSIVE),
        ("http", Reason.TIMED_OUT, Reachability.SILENT),
        ("http", Reason.NAME_SERVER_TIMED_OUT, Reachability.INCONCLUSIVE),
        ("http", Reason.STATUS_UNEXPECTED, Reachability.ANSWERED),
        # A CPE without its line answers for everyone.
        ("http", Reason.CONNECTION_REFUSED, Reachability.INCONCLUSIVE),
        ("http", Reason.CERTIFICATE_NAME_MISMATCH, Reachability.INCONCLUSIVE),
        ("http", Reason.TLS_TIMED_OUT, Reachability.INCONCLUSIVE),
    ],
)
def test_each_failure_proves_only_what_it_must_mean(
    kind: str, reason: Reason, sign: Reachability
) -> None:
    assert reachability_of(kind, failed_finding(reason)) is sign


@pytest.mark.parametrize("kind", ["icmp", "dns", "http"])
@pytest.mark.parametrize("reason", [r for r in Reason if outcome_of(r) is Outcome.UNMEASURED])
def test_unmeasured_runs_prove_nothing(kind: str, reason: Reason) -> None:
    assert reachability_of(kind, failed_finding(reason)) is Reachability.UNMEASURED


def test_a_time_out_while_timers_were_late_proves_nothing() -> None:
    late = failed_finding(Reason.TIMED_OUT, doubts=(QualityFlag.TIMER_LATE,))
    assert reachability_of("icmp", late) is Reachability.UNMEASURED


def test_an_answer_that_came_while_timers_were_late_is_an_answer() -> None:
    assert (
        reachability_of("icmp", ok_finding({icmp.RTT: 0.01}, doubts=(QualityFlag.TIMER_LATE,)))
        is Reachability.ANSWERED
    )
    assert reachability_of("http", ok_finding({http.STATUS: 200.0})) is Reachability.ANSWERED
