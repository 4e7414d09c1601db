"""What lookups and pages say of loss: questions sent again, segments that the kernel sent again."""

import pytest

from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.symptoms.carried_loss import (
    LOST_AT_ONCE,
    QUESTIONS,
    RETRANSMITTED,
    Sample,
    sample_of,
)
from thongsuot_agent.judge.symptoms.pages import SEGMENTS
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

OK = ok_finding({})
ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT


def page(again: str) -> Finding:
    return ok_finding({}, evidence={RETRANSMITTED: again})


@pytest.mark.parametrize(
    ("kind", "silences", "finding", "sign", "sample"),
    [
        ("dns", 0, OK, ANSWERED, Sample(QUESTIONS, 0)),
        ("dns", 1, OK, ANSWERED, Sample(2 * QUESTIONS, 1)),
        ("dns", 9, OK, ANSWERED, Sample((LOST_AT_ONCE + 1) * QUESTIONS, LOST_AT_ONCE)),
        ("dns", 0, failed_finding(Reason.NAME_SERVER_REFUSED), ANSWERED, Sample(QUESTIONS, 1)),
        ("dns", 0, failed_finding(Reason.NAME_SERVER_TIMED_OUT), SILENT, None),
        ("http", 0, OK, ANSWERED, Sample(SEGMENTS, 0)),
        ("http", 0, page("2"), ANSWERED, Sample(SEGMENTS, 2)),
        ("http", 0, page(str(SEGMENTS)), ANSWERED, Sample(SEGMENTS, SEGMENTS // 2)),
        ("http", 0, page("not a number"), ANSWERED, Sample(SEGMENTS, 0)),
        ("http", 0, failed_finding(Reason.STATUS_UNEXPECTED), ANSWERED, None),
        ("http", 0, failed_finding(Reason.TIMED_OUT), SILENT, None),
        ("icmp", 0, OK, ANSWERED, None),
    ],
)
def test_a_run_says_of_loss_what_was_sent_again_in_it(
    kind: str, silences: int, finding: Finding, sign: Reachability, sample: Sample | None
) -> None:
    track = Track(kind=kind, target="zone", family=Family.IP4, silences=silences)
    assert sample_of(track, finding, sign) == sample
