"""Signs: what a run proves about the way."""

import pytest

from thongsuot_agent.judge.signs import Sign, sign_of
from thongsuot_schema.catalogue import http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Doubt, not_ok, ok


@pytest.mark.parametrize(
    ("kind", "reason", "sign"),
    [
        ("icmp", Reason.TIMED_OUT, Sign.SILENT),
        ("icmp", Reason.HOST_UNREACHABLE, Sign.SILENT),
        ("dns", Reason.NAME_SERVER_TIMED_OUT, Sign.SILENT),
        ("dns", Reason.NAME_NOT_FOUND, Sign.ANSWERED),
        ("dns", Reason.NAME_ANSWER_FORGED, Sign.SAYS_NOTHING),
        ("http", Reason.TIMED_OUT, Sign.SILENT),
        ("http", Reason.NAME_SERVER_TIMED_OUT, Sign.SAYS_NOTHING),
        ("http", Reason.STATUS_UNEXPECTED, Sign.ANSWERED),
        # A CPE without its line answers for everyone.
        ("http", Reason.CONNECTION_REFUSED, Sign.SAYS_NOTHING),
        ("http", Reason.CERTIFICATE_NAME_MISMATCH, Sign.SAYS_NOTHING),
        ("http", Reason.TLS_TIMED_OUT, Sign.SAYS_NOTHING),
    ],
)
def test_a_failure_proves_what_only_it_can_mean(kind: str, reason: Reason, sign: Sign) -> None:
    assert sign_of(kind, not_ok(reason)) is sign


@pytest.mark.parametrize("kind", ["icmp", "dns", "http"])
@pytest.mark.parametrize("reason", [r for r in Reason if outcome_of(r) is Outcome.UNMEASURED])
def test_what_was_not_measured_proves_nothing(kind: str, reason: Reason) -> None:
    assert sign_of(kind, not_ok(reason)) is Sign.UNMEASURED


def test_a_time_out_while_timers_were_late_proves_nothing() -> None:
    late = not_ok(Reason.TIMED_OUT, doubts=(Doubt.TIMER_LATE,))
    assert sign_of("icmp", late) is Sign.UNMEASURED


def test_an_answer_that_came_while_timers_were_late_is_an_answer() -> None:
    assert sign_of("icmp", ok({icmp.RTT: 0.01}, doubts=(Doubt.TIMER_LATE,))) is Sign.ANSWERED
    assert sign_of("http", ok({http.STATUS: 200.0})) is Sign.ANSWERED
