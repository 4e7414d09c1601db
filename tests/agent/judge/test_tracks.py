"""Tracks: runs overlap and arrive in any order; what counts is when they began."""

import pytest

from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.tracks import is_slow, record_duration, record_run
from thongsuot_schema.catalogue import dns, icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag, failed_finding, ok_finding

SETTINGS = Settings()
ANSWER = ok_finding({icmp.RTT: 0.01})
SILENCE = failed_finding(Reason.TIMED_OUT)


def track(kind: str = "icmp") -> Track:
    return Track(kind=kind, target="zone", family=Family.IP4)


def fed(followed: Track, *runs: tuple[int, Finding]) -> Track:
    for started_ns, finding in runs:
        record_run(
            followed, started_ns, finding, reachability_of(followed.kind, finding), started_ns
        )
    return followed


def test_silences_are_counted_since_the_last_answer() -> None:
    followed = fed(track(), (1, ANSWER), (2, SILENCE), (3, SILENCE))
    assert (followed.silences, followed.silent_since_ns, followed.answered_ns) == (2, 2, 1)
    fed(followed, (4, ANSWER))
    assert (followed.silences, followed.silent_since_ns, followed.answered_since_ns) == (0, None, 4)


def test_a_time_out_that_began_before_a_later_answer_is_old_news() -> None:
    followed = fed(track(), (5, ANSWER), (4, SILENCE))
    assert (followed.silences, followed.failures) == (0, 0)


def test_an_answer_that_began_before_a_silence_does_not_end_it() -> None:
    followed = fed(track(), (5, SILENCE), (4, ANSWER))
    assert followed.silences == 1
    assert followed.answered_ns == 4


def test_an_unmeasured_run_changes_nothing_but_its_own_record() -> None:
    followed = fed(track(), (1, ANSWER), (2, failed_finding(Reason.NO_ROUTE)))
    assert (followed.answered_ns, followed.silences, followed.failures) == (1, 0, 0)
    assert followed.unmeasured_reason is Reason.NO_ROUTE


def test_a_service_that_answers_wrongly_is_reached_and_fails() -> None:
    followed = fed(track("http"), (1, failed_finding(Reason.STATUS_UNEXPECTED)))
    assert (followed.failures, followed.silences, followed.answered_ns) == (1, 0, 1)


def test_addresses_of_a_service_are_remembered_apart_and_not_without_end() -> None:
    followed = track("http")
    for number in range(20):
        name = {"address": f"192.0.2.{number}"}
        finding = failed_finding(Reason.TIMED_OUT, evidence=name)
        record_run(followed, number, finding, Reachability.SILENT, number)
    assert len(followed.addresses) == 8
    fed(followed, (30, ok_finding({}, evidence={"address": "192.0.2.19"})))
    assert followed.addresses["192.0.2.19"].failures == 0
    assert followed.addresses["192.0.2.18"].failures == 1


def test_the_beginnings_of_the_last_failures_of_a_service_are_remembered() -> None:
    followed = track("http")
    for second in range(0, 12, 2):
        fed(followed, (second, SILENCE), (second + 1, ok_finding({})))
    assert followed.episodes_ns == [4, 6, 8, 10]
    fed(followed, (20, SILENCE), (21, SILENCE))
    assert followed.episodes_ns == [6, 8, 10, 20], "two failures in a row are one"


def test_a_series_of_which_nothing_was_measured_is_not_slow() -> None:
    assert not is_slow(track(), SETTINGS)
    assert not is_slow(track("http"), SETTINGS)


def learned(values: list[float], kind: str = "icmp") -> Track:
    return taught(track(kind), values)


def taught(followed: Track, values: list[float], *, is_disturbed: bool = False) -> Track:
    metric = icmp.RTT if followed.kind == "icmp" else dns.LOOKUP
    for number, value in enumerate(values):
        record_duration(
            followed, number, ok_finding({metric: value}), SETTINGS, is_disturbed=is_disturbed
        )
    return followed


def test_a_round_trip_far_above_the_usual_is_slow_and_teaches_nothing() -> None:
    followed = learned([0.010] * 10 + [0.310] * 50)
    assert is_slow(followed, SETTINGS)
    assert (followed.slow_runs, followed.slow_since_ns) == (50, 10)
    assert followed.usual_s == pytest.approx(0.010, abs=0.001)


def test_another_route_becomes_usual() -> None:
    followed = learned([0.010] * 10 + [0.050] * 300)
    assert not is_slow(followed, SETTINGS)
    assert followed.usual_s == pytest.approx(0.050, abs=0.002)


def test_nothing_is_slow_before_something_was_learned() -> None:
    assert not is_slow(learned([0.9]), SETTINGS)
    assert is_slow(learned([1.1], "dns"), SETTINGS), "a lookup that nobody would wait for"


def test_a_disturbed_line_teaches_nothing() -> None:
    followed = taught(track(), [0.150] * 20, is_disturbed=True)
    assert (followed.usual_s, followed.learned) == (None, 0)
    taught(followed, [0.010] * 10)
    assert followed.usual_s == pytest.approx(0.010)


def test_what_is_slow_beyond_doubt_is_slow_on_a_disturbed_line_too() -> None:
    assert is_slow(taught(track("dns"), [1.1], is_disturbed=True), SETTINGS)


def test_what_was_learned_of_a_slow_time_is_forgotten_after_it() -> None:
    followed = learned([0.400] * 100 + [0.010] * SETTINGS.learn_runs, "dns")
    assert followed.usual_s == pytest.approx(0.010)
    assert is_slow(taught(followed, [0.9]), SETTINGS)


def test_a_few_quick_runs_do_not_change_what_is_usual() -> None:
    followed = learned([0.400] * 20 + ([0.010] * (SETTINGS.learn_runs - 1) + [0.400]) * 2, "dns")
    assert followed.usual_s == pytest.approx(0.400, rel=0.2)


def test_late_timers_teach_nothing() -> None:
    followed = track()
    record_duration(
        followed, 1, ok_finding({icmp.RTT: 0.5}, doubts=(QualityFlag.TIMER_LATE,)), SETTINGS
    )
    assert followed.usual_s is None


def test_a_page_that_was_connected_to_and_did_not_come_is_slower_than_any_limit() -> None:
    page, lookup = track("http"), track("dns")
    for followed in (page, lookup):
        record_duration(followed, 1, failed_finding(Reason.RESPONSE_TIMED_OUT), SETTINGS)
    assert page.value_s is not None
    assert page.value_s > SETTINGS.service_slow_s
    assert (page.slow_runs, page.slow_since_ns) == (1, 1)
    assert (lookup.slow_runs, lookup.value_s) == (0, None), "a lookup has no page to wait for"
