"""Portal: how a service is, by what one series has shown."""

import pytest

from thongsuot_agent.judge.memory import ServiceAddress, Track
from thongsuot_agent.judge.reachability import reachability_of
from thongsuot_agent.judge.symptoms.failure_modes import (
    FAILURE_MODES,
    Attribution,
    Health,
    failure_mode_of,
    health_of,
)
from thongsuot_agent.judge.tracks import record_run
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, failed_finding, ok_finding
from thongsuot_schema.verdict import Symptom

A, B = "192.0.2.1", "192.0.2.2"


def health(*runs: tuple[str, Reason | None]) -> Health:
    track = Track(kind="http", target="portal", family=Family.IP4)
    for number, (address, reason) in enumerate(runs, start=1):
        evidence = {"address": address}
        finding = (
            ok_finding({}, evidence=evidence)
            if reason is None
            else failed_finding(reason, evidence=evidence)
        )
        record_run(track, number, finding, reachability_of("http", finding), number)
    return health_of(track, 2, len(runs))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(A, None)], Health.GOOD),
        ([(A, Reason.TIMED_OUT)], Health.DOUBTFUL),
        ([(A, Reason.TIMED_OUT), (A, Reason.TIMED_OUT)], Health.BAD),
        ([(A, Reason.TIMED_OUT), (A, None)], Health.GOOD),
        # One address fails, the other has worked since.
        ([(A, Reason.TIMED_OUT), (B, None)], Health.DOUBTFUL),
        ([(A, Reason.TIMED_OUT), (B, None), (A, Reason.TIMED_OUT)], Health.PARTLY),
        # The other was last tried before: it may have died with the first.
        ([(B, None), (A, Reason.TIMED_OUT), (A, Reason.TIMED_OUT)], Health.DOUBTFUL),
        ([(B, None), *[(A, Reason.TIMED_OUT)] * 6], Health.BAD),
        ([(B, None), (A, Reason.TIMED_OUT), (B, Reason.TIMED_OUT)], Health.BAD),
        # What the portal itself answers is the same at every address.
        ([(B, None), (A, Reason.STATUS_UNEXPECTED), (A, Reason.STATUS_UNEXPECTED)], Health.BAD),
    ],
)
def test_health_follows_from_runs_and_addresses(
    runs: list[tuple[str, Reason | None]], expected: Health
) -> None:
    assert health(*runs) is expected


def test_every_reason_of_failure_has_a_failure_mode() -> None:
    failed = {reason for reason in Reason if outcome_of(reason) is Outcome.FAILED}
    assert failed - set(FAILURE_MODES) == {Reason.FAILED_OTHERWISE}
    assert failure_mode_of(Reason.FAILED_OTHERWISE).symptom is Symptom.SERVICE_ERROR


def test_only_answers_of_a_verified_portal_are_surely_its_own_fault() -> None:
    own = {
        reason
        for reason, failing in FAILURE_MODES.items()
        if failing.attribution is Attribution.SERVICE
    }
    assert own == {
        Reason.RESPONSE_INVALID,
        Reason.RESPONSE_TRUNCATED,
        Reason.STATUS_UNEXPECTED,
        Reason.BODY_UNEXPECTED,
    }


@pytest.mark.parametrize(
    ("age_ns", "expected"), [(1_800_000_000_000, Health.GOOD), (1_799_999_999_999, Health.DOUBTFUL)]
)
def test_an_address_that_failed_is_remembered_for_half_an_hour(
    age_ns: int, expected: Health
) -> None:
    track = Track(kind="http", target="portal", family=Family.IP4, successes=1)
    track.addresses = {A: ServiceAddress(failures=1, tried_ns=7), B: ServiceAddress(tried_ns=9)}
    assert health_of(track, 2, 7 + age_ns) is expected
