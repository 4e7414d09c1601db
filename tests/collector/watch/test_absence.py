"""When the absence of a collector is notified: once, after a while, and its end."""

import pytest
from msgspec import structs

from thongsuot_collector.watch.absence import (
    Absence,
    AbsenceChange,
    AddressReport,
    next_absence,
    shared_problem,
)
from thongsuot_collector.watch.settings import WatchedCollector, WatchSettings

S = 10**9


def test_an_absence_is_reported_once_after_a_while_and_so_is_its_end() -> None:
    changes: list[tuple[int, AbsenceChange]] = []
    absence: Absence | None = None
    for second, problem in enumerate(["", "no", "", "no", "no", "worse", "worse", "", ""]):
        absence, change = next_absence(absence, problem, second * S, passed_s=1.0, after_s=2.0)
        if change is not None:
            changes.append((second, change))
    begun = Absence(since_ns=3 * S, problem="worse", lasted_s=2.0, is_told=True)
    ended = structs.replace(begun, lasted_s=3.0)
    assert changes == [
        (5, AbsenceChange(absence=begun, is_over=False)),
        (7, AbsenceChange(absence=ended, is_over=True)),
    ]
    assert absence is None


def test_with_the_defaults_the_city_is_notified_within_a_minute() -> None:
    settings = WatchSettings(
        collectors=(WatchedCollector(name="centre", url="http://x"),), channels=({},)
    )
    # Dead right after a look that was good, and each look from then on hangs as long as it may.
    looks, at_s = 0, settings.every_s
    passed_s = settings.timeout_s + settings.every_s
    absence: Absence | None = None
    change = None
    while change is None:
        at_s += settings.timeout_s
        absence, change = next_absence(
            absence, "no", round(at_s * S), passed_s=passed_s, after_s=settings.after_s
        )
        looks, at_s = looks + 1, at_s + settings.every_s
    assert at_s - settings.every_s <= 60 - 10, "ten seconds are left to tell it"
    assert looks > 1, "one lost packet is no absence"


@pytest.mark.parametrize("step_s", [-6 * 3600, 6 * 3600])
def test_a_clock_that_is_set_neither_delays_a_report_nor_causes_one(step_s: int) -> None:
    absence, changes = None, list[AbsenceChange | None]()
    for check in range(5):
        now_ns = (7 * 3600 + check + (step_s if check else 0)) * S
        absence, change = next_absence(absence, "no", now_ns, passed_s=1.0, after_s=3.0)
        changes.append(change)
    assert [change is not None for change in changes] == [False, False, False, True, False]


LEADS = AddressReport(address="http://a", problem="", leads=True)
STUCK = AddressReport(address="http://a", problem="503 nothing is judged", leads=True)
FOLLOWS = AddressReport(address="http://b", problem="", leads=False)
LEADERLESS = AddressReport(address="http://b", problem="503 nobody leads", leads=False)
GONE = AddressReport(address="http://a", problem="no answer within 10 s", leads=False)


@pytest.mark.parametrize("reports", [[LEADS, FOLLOWS], [GONE, LEADS], [LEADS, LEADERLESS]])
def test_one_address_that_leads_and_judges_is_enough(
    reports: list[AddressReport],
) -> None:
    assert not shared_problem(reports)


def test_a_leader_that_cannot_be_asked_is_believed_to_judge_where_a_follower_sees_it_live() -> None:
    assert not shared_problem([GONE, FOLLOWS])


@pytest.mark.parametrize(
    ("reports", "problem"),
    [
        ([STUCK, FOLLOWS], "http://a: 503 nothing is judged"),
        ([GONE, LEADERLESS], "http://a: no answer within 10 s; http://b: 503 nobody leads"),
    ],
)
def test_nobody_judges_where_the_leader_stands_still_or_there_is_none(
    reports: list[AddressReport], problem: str
) -> None:
    assert shared_problem(reports) == problem
