"""How one run changes the record of its series, field by field."""

import pytest

from tests.agent.judge.test_tracks import ANSWER, SETTINGS, SILENCE, fed, track
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.reachability import LATE_RTT
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.tracks import (
    is_slow,
    record_duration,
    silent_lately,
    silent_spells_lately,
    track_of,
)
from thongsuot_schema.catalogue import dns, http, icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    QualityFlag,
    Series,
    failed_finding,
    ok_finding,
)

UNMEASURED = failed_finding(Reason.NO_ROUTE)
REFUSED = failed_finding(Reason.CONNECTION_REFUSED)
WRONG = failed_finding(Reason.STATUS_UNEXPECTED)
NO_NAME = failed_finding(Reason.NAME_NOT_FOUND)


def test_a_series_has_one_track_which_is_made_when_it_is_new() -> None:
    link = LinkMemory(name="fixed")
    series = Series(kind="icmp", revision=1, link="fixed", target="zone", family=Family.IP6)
    made = track_of(link, series)
    assert (made.kind, made.target, made.family) == ("icmp", "zone", Family.IP6)
    assert track_of(link, series) is made
    assert link.tracks == {SeriesKey("icmp", "zone", Family.IP6): made}


def test_runs_of_a_round_are_counted_by_their_outcome() -> None:
    followed = fed(track(), (1, ANSWER), (2, SILENCE), (3, SILENCE), (4, UNMEASURED))
    assert (followed.tally.ok, followed.tally.failed, followed.tally.unmeasured) == (1, 2, 1)
    assert (followed.unmeasured_ns, followed.unmeasured_reason) == (4, Reason.NO_ROUTE)
    assert silent_lately(followed) == (2, 3), "what was not measured is no run"


def test_a_run_that_says_nothing_of_reachability_is_neither_answer_nor_silence() -> None:
    followed = fed(track(), (1, REFUSED))
    assert (followed.failures, followed.failed_ns) == (1, 1)
    assert (followed.answered_ns, followed.silences) == (None, 0)
    assert silent_lately(followed) == (0, 0)


def test_the_longest_time_to_live_is_remembered() -> None:
    followed = track("dns")
    for moment, ttl_s in enumerate((30.0, 300.0, 60.0)):
        fed(followed, (moment, ok_finding({dns.TTL: ttl_s})))
    fed(followed, (9, ok_finding({})))
    assert followed.ttl_s == 300.0


def test_the_reason_of_the_latest_failure_is_remembered_and_who_refused() -> None:
    refused = failed_finding(Reason.PACKET_FILTERED, evidence={"router": "192.0.2.1"})
    followed = fed(track(), (2, refused))
    assert (followed.reason, followed.refused_by) == (Reason.PACKET_FILTERED, "192.0.2.1")
    fed(followed, (5, ANSWER), (3, SILENCE))
    assert (followed.reason, followed.refused_by) == (Reason.TIMED_OUT, "")
    assert followed.failures == 0, "it is old news"


def test_a_success_ends_what_was_failing_missing_and_known() -> None:
    followed = fed(track("dns"), (1, NO_NAME), (2, NO_NAME))
    assert (followed.missing_since_ns, followed.failures, followed.successes) == (1, 2, 0)
    followed.known_failing = True
    fed(followed, (3, ok_finding({})))
    assert (followed.missing_since_ns, followed.failures, followed.successes) == (None, 0, 1)
    assert followed.failed_since_ns is None
    assert not followed.known_failing
    again = fed(followed, (4, WRONG))
    assert (again.failures, again.successes, again.failed_since_ns) == (1, 0, 4)


def test_an_answer_ends_what_was_silent_and_known_to_be() -> None:
    followed = fed(track(), (1, SILENCE), (2, SILENCE))
    assert (followed.silences, followed.silent_since_ns, followed.silent_heard_ns) == (2, 1, 2)
    followed.known_unresponsive = True
    fed(followed, (1, ANSWER))
    assert not followed.known_unresponsive, "it does answer"
    assert followed.silences == 2, "but that was before"
    fed(followed, (3, ANSWER), (4, ANSWER))
    assert (followed.silences, followed.silent_since_ns) == (0, None)
    assert (followed.answered_since_ns, followed.answered_ns) == (3, 4)


def test_an_answer_at_the_moment_of_a_silence_ends_it_and_a_silence_then_begins_one() -> None:
    followed = fed(track(), (5, SILENCE), (5, ANSWER))
    assert (followed.silences, followed.failures) == (0, 0)
    fed(followed, (5, SILENCE))
    assert (followed.silences, followed.failures) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "finding", "episodes", "unanswered"),
    [
        ("http", SILENCE, [6, 8, 10, 12], [6, 8, 10, 12]),
        ("http", WRONG, [6, 8, 10, 12], []),
        ("icmp", SILENCE, [], []),
    ],
)
def test_the_latest_four_failures_of_pages_after_a_success_are_remembered(
    kind: str, finding: Finding, episodes: list[int], unanswered: list[int]
) -> None:
    followed = track(kind)
    for moment in range(2, 14, 2):
        fed(followed, (moment, finding), (moment, finding), (moment + 1, ok_finding({})))
    assert followed.episodes_ns == episodes
    assert followed.unanswered_ns == unanswered


def test_certificate_and_translation_of_a_page_are_kept_until_a_later_run_replaces_them() -> None:
    followed = fed(
        track("http"),
        (
            1,
            ok_finding(
                {http.CERTIFICATE_EXPIRY: 900.0},
                evidence={"issuer": "CA", "address": "64:ff9b::1", http.NAT64: "yes"},
            ),
        ),
    )
    assert (followed.expires_s, followed.issuer, followed.is_translated) == (900.0, "CA", True)
    fed(followed, (2, SILENCE))
    assert (followed.expires_s, followed.issuer, followed.is_translated) == (900.0, "", True)
    fed(followed, (3, failed_finding(Reason.TIMED_OUT, evidence={"address": "192.0.2.1"})))
    assert not followed.is_translated
    assert list(followed.addresses) == ["64:ff9b::1", "192.0.2.1"]
    assert fed(track(), (1, ok_finding({}, evidence={"issuer": "CA"}))).issuer == ""


def test_the_address_that_was_not_tried_for_longest_is_forgotten_first() -> None:
    followed = track("http")

    def tried(number: int, at_ns: int) -> None:
        fed(followed, (at_ns, ok_finding({}, evidence={"address": f"192.0.2.{number}"})))

    for number in range(8):
        tried(number, number)
    tried(0, 8)
    tried(8, 9)
    assert list(followed.addresses) == [f"192.0.2.{number}" for number in (2, 3, 4, 5, 6, 7, 0, 8)]
    address = followed.addresses["192.0.2.0"]
    assert (address.worked_since_ns, address.worked_ns, address.tried_ns) == (8, 8, 8)


def test_an_address_works_since_the_first_success_after_its_failure() -> None:
    followed, one = track("http"), {"address": "192.0.2.1"}
    for moment in (3, 4):
        fed(followed, (moment, ok_finding({}, evidence=one)))
    address = followed.addresses["192.0.2.1"]
    assert (address.worked_since_ns, address.worked_ns) == (3, 4)
    for moment in (5, 6):
        fed(followed, (moment, failed_finding(Reason.TIMED_OUT, evidence=one)))
    assert (address.failures, address.failed_since_ns) == (2, 5)
    assert not address.is_outlived
    fed(followed, (7, ok_finding({}, evidence=one)))
    assert (address.worked_since_ns, address.worked_ns, address.failures) == (7, 7, 0)


def test_an_echo_that_came_after_its_time_is_as_slow_as_it_was_and_answered() -> None:
    late = failed_finding(Reason.TIMED_OUT, evidence={LATE_RTT: "1.500"})
    followed = track()
    record_duration(followed, 7, late, SETTINGS)
    assert (followed.value_s, followed.value_ns, followed.late_ns) == (1.5, 7, 7)
    assert (followed.slow_runs, followed.slow_since_ns) == (1, 7)
    assert followed.slow_episodes_ns == [7]
    followed = track()
    in_time = ok_finding({icmp.RTT: 0.02}, evidence={LATE_RTT: "1.500"})
    record_duration(followed, 7, in_time, SETTINGS)
    assert (followed.value_s, followed.late_ns, followed.slow_runs) == (0.02, 0, 0)


def test_failed_runs_and_runs_without_a_duration_teach_no_duration() -> None:
    followed = track("dns")
    record_duration(followed, 1, ok_finding({}), SETTINGS)
    record_duration(followed, 2, failed_finding(Reason.NAME_NOT_FOUND, {dns.LOOKUP: 3.0}), SETTINGS)
    other = track("host")
    record_duration(other, 3, ok_finding({icmp.RTT: 3.0}), SETTINGS)
    for seen in (followed, other):
        assert (seen.value_s, seen.value_ns, seen.learned) == (None, None, 0)


def test_a_stalled_page_of_a_busy_device_says_nothing() -> None:
    followed = track("http")
    doubtful = failed_finding(Reason.TLS_TIMED_OUT, doubts=(QualityFlag.TIMER_LATE,))
    record_duration(followed, 1, doubtful, SETTINGS)
    assert (followed.value_s, followed.slow_runs) == (None, 0)


@pytest.mark.parametrize(
    ("total_s", "own_s", "is_disturbed", "learned"),
    [
        (0.2, 0.1, False, True),
        (0.25, 0.1, False, True),
        (0.26, 0.1, False, False),
        (0.2, None, False, False),
        (0.2, 0.1, True, False),
    ],
)
def test_a_late_page_teaches_where_it_moves_no_limit(
    total_s: float, own_s: float | None, *, is_disturbed: bool, learned: bool
) -> None:
    settings = Settings(service_slow_s=1.0, slow_factor=4.0)
    evidence = {} if own_s is None else {http.OWN_SHARE: f"{own_s}"}
    late = ok_finding({http.TOTAL: total_s}, doubts=(QualityFlag.TIMER_LATE,), evidence=evidence)
    followed = track("http")
    record_duration(followed, 1, late, settings, is_disturbed=is_disturbed)
    assert bool(followed.learned) is learned
    assert followed.prompt_ns == ([] if own_s is None else [1])


def test_a_late_page_is_shorter_by_what_the_device_took_only_if_it_is_slow_without_it() -> None:
    followed = track("http")
    followed.learned, followed.usual_s = 2, 0.1
    evidence = {http.OWN_SHARE: "0.25"}
    slow = ok_finding({http.TOTAL: 9.0}, doubts=(QualityFlag.TIMER_LATE,), evidence=evidence)
    record_duration(followed, 1, slow, SETTINGS)
    assert followed.value_s == 8.75
    assert is_slow(followed, SETTINGS)
    quick = ok_finding({http.TOTAL: 0.5}, doubts=(QualityFlag.TIMER_LATE,), evidence=evidence)
    record_duration(followed, 2, quick, SETTINGS)
    assert followed.value_s == 0.5


def test_an_echo_of_a_busy_device_says_nothing_whatever_it_claims() -> None:
    followed = track()
    evidence = {http.OWN_SHARE: "0.001"}
    late = ok_finding({icmp.RTT: 0.5}, doubts=(QualityFlag.TIMER_LATE,), evidence=evidence)
    record_duration(followed, 1, late, SETTINGS)
    assert followed.value_s is None


@pytest.mark.parametrize("ratio", [0.02, 0.35, 0.58, 0.9])
def test_plain_loss_is_as_frequent_on_established_flows_as_on_any(ratio: float) -> None:
    followed = track()
    lost = total = 0.0
    for bits in range(1 << 8):
        followed.recent = 1 << 8 | bits
        silent = bits.bit_count()
        probability = ratio**silent * (1.0 - ratio) ** (8 - silent)
        spells, runs = silent_spells_lately(followed)
        lost, total = lost + probability * spells, total + probability * runs
    assert lost / total == pytest.approx(ratio)
