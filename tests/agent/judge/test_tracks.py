"""Runs overlap and arrive in any order; they count by the time they began."""

import pytest

from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.reachability import Reachability, reachability_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.tracks import (
    has_spoken,
    is_new_page,
    is_slow,
    record_duration,
    record_run,
    share_silent_lately,
    silent_lately,
    silent_spells_lately,
)
from thongsuot_schema.catalogue import dns, http, icmp
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


def test_failures_in_a_row_are_counted_by_the_status_that_they_had() -> None:
    by_status = [
        failed_finding(Reason.STATUS_UNEXPECTED, {http.STATUS: status})
        for status in (503.0, 500.0, 503.0)
    ]
    followed = fed(track("http"), *enumerate([*by_status, failed_finding(Reason.TIMED_OUT)], 1))
    assert followed.statuses == {503: 2, 500: 1}
    assert (followed.failures, followed.other_reason) == (4, Reason.TIMED_OUT)
    fed(followed, (5, ok_finding({})))
    assert (followed.failures, followed.statuses, followed.other_reason) == (0, {}, None)
    fed(followed, (6, by_status[1]))
    assert (followed.statuses, followed.other_reason) == ({500: 1}, None)


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
    metric = {"icmp": icmp.RTT, "dns": dns.LOOKUP, "http": http.TOTAL}[followed.kind]
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


def test_a_target_slow_beyond_doubt_is_slow_on_a_disturbed_line_too() -> None:
    assert is_slow(taught(track("dns"), [1.1], is_disturbed=True), SETTINGS)


def test_values_learned_in_a_slow_time_are_forgotten_after_it() -> None:
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


def late_page(total_s: float, own_share_s: float | None) -> Finding:
    evidence = {} if own_share_s is None else {http.OWN_SHARE: f"{own_share_s:.3f}"}
    return ok_finding({http.TOTAL: total_s}, doubts=(QualityFlag.TIMER_LATE,), evidence=evidence)


@pytest.mark.parametrize(
    ("total_s", "own_share_s", "slow_runs"),
    [(3.0, 1.9, 3), (3.0, 2.1, 2), (0.9, 0.9, 0), (3.0, None, 2)],
    ids=["slow all the same", "by the device", "in time all the same", "not known"],
)
def test_a_late_page_says_what_the_device_cannot_have_made_of_it(
    total_s: float, own_share_s: float | None, slow_runs: int
) -> None:
    followed = learned([0.1, 0.1], "http")
    for _ in range(2):
        record_duration(followed, 1, ok_finding({http.TOTAL: 2.0}), SETTINGS)
    record_duration(followed, 2, late_page(total_s, own_share_s), SETTINGS)
    assert followed.slow_runs == slow_runs
    assert followed.usual_s == pytest.approx(0.1), "and it teaches nothing"
    if slow_runs == 3:
        assert followed.value_s == pytest.approx(total_s - (own_share_s or 0.0))


def test_a_late_page_that_is_quick_all_the_same_teaches_what_is_usual() -> None:
    followed = track("http")
    for _ in range(3):
        record_duration(followed, 1, late_page(0.3, 0.2), SETTINGS)
    assert followed.learned == 3
    assert followed.usual_s == pytest.approx(0.3)
    record_duration(followed, 2, late_page(2.0, 0.5), SETTINGS)
    assert is_slow(followed, SETTINGS)


def test_a_page_that_was_connected_to_and_did_not_come_is_slower_than_any_limit() -> None:
    page, lookup = track("http"), track("dns")
    for followed in (page, lookup):
        record_duration(followed, 1, failed_finding(Reason.RESPONSE_TIMED_OUT), SETTINGS)
    assert page.value_s is not None
    assert page.value_s > SETTINGS.service_slow_s
    assert (page.slow_runs, page.slow_since_ns) == (1, 1)
    assert (lookup.slow_runs, lookup.value_s) == (0, None), "a lookup has no page to wait for"


@pytest.mark.parametrize(
    ("kind", "learned_runs", "usual_s", "limit_s"),
    [
        ("icmp", 5, 0.02, 0.02 + SETTINGS.slow_excess_s),
        ("icmp", 4, 0.02, None),
        ("dns", 4, None, 1.0),
        ("dns", 5, 0.02, SETTINGS.lookup_slow_s),
        ("dns", 5, 0.25, SETTINGS.slow_factor * 0.25),
        ("http", 1, 0.5, 10.0),
        ("http", 2, 0.25, SETTINGS.service_slow_s),
        ("http", 2, 0.5, SETTINGS.slow_factor * 0.5),
    ],
)
def test_a_run_is_slow_above_its_limit_and_not_at_it(
    kind: str, learned_runs: int, usual_s: float | None, limit_s: float | None
) -> None:
    followed = track(kind)
    followed.learned, followed.usual_s = learned_runs, usual_s
    followed.value_s = 99.0 if limit_s is None else limit_s
    assert not is_slow(followed, SETTINGS)
    followed.value_s = 99.0 if limit_s is None else limit_s + 1e-6
    assert is_slow(followed, SETTINGS) is (limit_s is not None)


def test_the_usual_is_the_mean_of_the_first_runs_and_then_moves_by_a_hundredth() -> None:
    followed = learned([0.010, 0.020, 0.030, 0.020, 0.020])
    assert followed.usual_s == pytest.approx(0.020)
    assert followed.learned == 5
    step_s = 0.020 * 0.01 + 0.00005
    taught(followed, [0.030])
    assert followed.usual_s == pytest.approx(0.020 + step_s)
    followed.usual_s = 0.020
    taught(followed, [0.011])
    assert followed.usual_s == pytest.approx(0.020 - step_s)
    followed.usual_s = 0.020
    taught(followed, [0.0201])
    assert followed.usual_s == pytest.approx(0.0201), "by no more than it differs"
    assert followed.learned == 5


def test_five_runs_below_half_of_the_usual_in_a_row_become_the_usual() -> None:
    followed = learned([1.0] * 5, "dns")
    taught(followed, [0.3, 0.4, 0.3, 0.3])
    assert followed.quick_runs == 4
    taught(followed, [0.6])
    assert followed.quick_runs == 0, "one that is not ends the row"
    followed = learned([1.0] * 5, "dns")
    taught(followed, [0.2, 0.4, 0.3, 0.3, 0.3])
    assert followed.usual_s == pytest.approx(0.3)
    assert followed.quick_runs == 0


def test_half_of_the_usual_is_not_quick() -> None:
    followed = learned([0.5] * 5, "dns")
    taught(followed, [0.25])
    assert followed.quick_runs == 0
    followed = learned([0.5] * 5, "dns")
    taught(followed, [0.249])
    assert (followed.quick_runs, followed.quick_s) == (1, 0.249)


@pytest.mark.parametrize(
    ("bits", "silent", "spells", "share"),
    [
        (0b1, (0, 0), (0, 0), 0.0),
        (0b1_0000, (0, 4), (0, 4), 0.0),
        (0b1_0001, (1, 4), (1, 4), 1.5 / 5.0),
        (0b1_1000, (1, 4), (1, 3), 1.5 / 5.0),
        (0b1_0110, (2, 4), (1, 2), 2.5 / 5.0),
        (0b1_1011, (3, 4), (2, 2), 3.5 / 5.0),
        (0b1_1111_1111, (8, 8), (1, 1), 8.5 / 9.0),
    ],
)
def test_the_latest_runs_are_counted_one_by_one_and_as_rows_of_silence(
    bits: int, silent: tuple[int, int], spells: tuple[int, int], share: float
) -> None:
    followed = track()
    followed.recent = bits
    assert silent_lately(followed) == silent
    assert silent_spells_lately(followed) == spells
    assert share_silent_lately([followed]) == pytest.approx(share)


def test_the_latest_eight_runs_are_remembered() -> None:
    followed = track()
    for number in range(7):
        fed(followed, (number, SILENCE))
    assert silent_lately(followed) == (7, 7)
    fed(followed, (7, ANSWER), (8, ANSWER))
    assert silent_lately(followed) == (6, 8)
    fed(followed, *((number, ANSWER) for number in range(9, 15)))
    assert silent_lately(followed) == (0, 8)
    assert share_silent_lately([followed, followed]) == 0.0


def test_rows_of_slow_runs_are_counted_and_the_beginnings_of_the_last_four_remembered() -> None:
    followed = learned([0.02] * 5)
    for number in range(100, 112, 2):
        for place, value_s in enumerate((0.9, 0.02)):
            finding = ok_finding({icmp.RTT: value_s})
            record_duration(followed, number + place, finding, SETTINGS)
    assert followed.slow_episodes_ns == [104, 106, 108, 110]
    assert (followed.slow_runs, followed.slow_since_ns) == (0, None)
    for number in (200, 201):
        record_duration(followed, number, ok_finding({icmp.RTT: 0.9}), SETTINGS)
    assert (followed.slow_runs, followed.slow_since_ns) == (2, 200)
    assert followed.slow_episodes_ns == [106, 108, 110, 200]


def test_the_latest_sixteen_prompt_pages_are_remembered_and_no_echoes() -> None:
    pages, echoes = track("http"), track()
    for number in range(20):
        record_duration(pages, number, ok_finding({http.TOTAL: 0.2}), SETTINGS)
        record_duration(echoes, number, ok_finding({icmp.RTT: 0.02}), SETTINGS)
    assert pages.prompt_ns == list(range(4, 20))
    assert echoes.prompt_ns == []


def test_a_stalled_page_is_twice_as_slow_as_any_limit() -> None:
    stalled = failed_finding(Reason.TLS_TIMED_OUT)
    followed = track("http")
    record_duration(followed, 7, stalled, SETTINGS)
    assert (followed.value_s, followed.value_ns) == (2 * SETTINGS.service_slow_s, 7)
    assert (followed.slow_runs, followed.slow_since_ns) == (1, 7)
    followed.usual_s = 1.0
    record_duration(followed, 8, stalled, SETTINGS)
    assert followed.value_s == 2 * SETTINGS.slow_factor
    assert followed.slow_runs == 2


def test_a_series_has_spoken_once_any_run_of_it_was_measured() -> None:
    assert not has_spoken(track())
    for field in ("answered_ns", "silent_ns", "failed_ns"):
        followed = track()
        setattr(followed, field, 0)
        assert has_spoken(followed), field


@pytest.mark.parametrize(
    ("learned_runs", "successes", "is_new"), [(1, 1, True), (0, 1, False), (1, 2, False)]
)
def test_a_page_is_new_after_the_first_that_was_opened_and_taught_something(
    learned_runs: int, successes: int, *, is_new: bool
) -> None:
    followed = track("http")
    followed.learned, followed.successes = learned_runs, successes
    assert is_new_page(followed) is is_new


def test_a_success_that_began_before_a_failure_ends_no_row_of_failures() -> None:
    followed = fed(track(), (5, SILENCE), (4, ANSWER))
    assert (followed.failures, followed.worked_ns, followed.worked_since_ns) == (1, 4, None)
    fed(followed, (5, ANSWER))
    assert (followed.failures, followed.successes, followed.worked_since_ns) == (0, 1, 5)
    fed(followed, (6, ANSWER))
    assert (followed.successes, followed.worked_ns, followed.worked_since_ns) == (2, 6, 5)


def test_runs_that_arrive_late_move_a_beginning_back_and_no_latest_one() -> None:
    followed = fed(track(), (5, SILENCE), (3, SILENCE))
    assert (followed.failed_since_ns, followed.failed_ns) == (3, 5)
    assert (followed.silent_since_ns, followed.silent_ns) == (3, 5)
    fed(followed, (9, ANSWER), (8, ANSWER))
    assert (followed.answered_since_ns, followed.answered_ns, followed.worked_ns) == (8, 9, 9)
    fed(followed, (9, SILENCE))
    assert followed.silences == 1, "at the same moment it is no older"


@pytest.mark.parametrize(
    ("worked_ns", "is_outlived"), [(10, False), (11, True), (19, True), (20, False)]
)
def test_an_address_is_outlived_where_another_worked_between_two_failures_of_it(
    worked_ns: int, *, is_outlived: bool
) -> None:
    followed = track("http")
    one, other = {"address": "192.0.2.1"}, {"address": "192.0.2.2"}
    fed(
        followed,
        (10, failed_finding(Reason.TIMED_OUT, evidence=one)),
        (worked_ns, ok_finding({}, evidence=other)),
        (20, failed_finding(Reason.TIMED_OUT, evidence=one)),
    )
    address = followed.addresses["192.0.2.1"]
    assert (address.failures, address.failed_since_ns, address.tried_ns) == (2, 10, 20)
    assert address.is_outlived is is_outlived
    fed(followed, (30, ok_finding({}, evidence=one)), (40, ok_finding({}, evidence=one)))
    address = followed.addresses["192.0.2.1"]
    assert (address.failures, address.is_outlived) == (0, False)
    assert (address.worked_since_ns, address.worked_ns) == (30, 40)
