"""Findings: what can be said of a run, and what cannot."""

import math
from random import Random

import pytest

from thongsuot_schema.catalogue import http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import (
    DETAIL_LIMIT,
    Family,
    QualityFlag,
    Series,
    failed_finding,
    ok_finding,
)


def test_a_run_that_worked_has_values_and_no_reason() -> None:
    finding = ok_finding(
        {icmp.RTT: 0.001, icmp.LOSS: 0}, doubts=(QualityFlag.TIMER_LATE,), cost_bytes=168
    )
    assert (finding.outcome, finding.reason) == (Outcome.OK, None)
    assert finding.values == {"icmp_rtt_seconds": 0.001, "icmp_loss_ratio": 0.0}
    assert all(isinstance(value, float) for value in finding.values.values())


@pytest.mark.parametrize("reason", Reason)
def test_the_reason_decides_the_outcome(reason: Reason) -> None:
    finding = failed_finding(reason)
    assert finding.outcome is outcome_of(reason)
    assert finding.outcome is not Outcome.OK
    assert finding.values == {}


def test_a_failed_run_keeps_what_it_measured() -> None:
    finding = failed_finding(Reason.STATUS_UNEXPECTED, {http.STATUS: 503})
    assert (finding.outcome, finding.values) == (Outcome.FAILED, {"http_status_number": 503.0})


def test_a_run_that_measured_nothing_has_no_values() -> None:
    with pytest.raises(ValueError, match=r"unmeasured \(no_route\) has no values, got 1"):
        failed_finding(Reason.NO_ROUTE, {icmp.LOSS: 1.0})


@pytest.mark.parametrize("value", [-1e-9, 1.1, 100, math.nan, math.inf])
def test_a_value_outside_its_range_is_refused_where_it_is_made(value: float) -> None:
    with pytest.raises(ValueError, match=r"icmp_loss_ratio is .*, outside 0.0 to 1.0 ratio"):
        ok_finding({icmp.LOSS: value})


def test_free_text_is_cut() -> None:
    assert len(failed_finding(Reason.FAILED_OTHERWISE, detail="x" * 1000).detail) == DETAIL_LIMIT


def test_series_sort_by_kind_revision_link_target_family() -> None:
    def series(*place: object) -> Series:
        kind, revision, link, target, family = place
        return Series(
            kind=str(kind),
            revision=int(str(revision)),
            link=str(link),
            target=str(target),
            family=Family(str(family)),
        )

    ordered = [
        series("dns", 2, "a", "a", "ip4"),
        series("icmp", 1, "a", "b", "ip6"),
        series("icmp", 1, "b", "a", "ip4"),
        series("icmp", 1, "b", "a", "none"),
        series("icmp", 2, "a", "a", "ip4"),
    ]
    assert sorted(Random(1).sample(ordered, len(ordered))) == ordered
