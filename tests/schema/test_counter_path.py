import pytest

from thongsuot_schema.counter_path import (
    STALE_S,
    CounterPath,
    CounterRun,
    SwitchOver,
    run_from,
    says_nothing,
    with_run,
)
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason


def opened(at_s: float, link: str = "fixed", target: str = "portal") -> CounterRun:
    return CounterRun(at_s=at_s, target=target, is_open=True, is_answered=True, link=link)


def failed(at_s: float, target: str = "portal") -> CounterRun:
    return CounterRun(at_s=at_s, target=target, is_open=False, is_answered=False)


def folded(*runs: CounterRun) -> CounterPath:
    path = None
    for run in runs:
        path = with_run(path, run)
    assert path is not None
    return path


def test_a_working_path_is_alive_since_its_first_run() -> None:
    path = folded(opened(10), opened(70))
    assert (path.is_alive, path.link, path.since_s, path.at_s) == (True, "fixed", 10, 70)
    assert path.open_targets == ("portal",)


def test_a_switch_over_lasts_from_the_first_run_that_failed_to_the_first_that_opened() -> None:
    path = folded(opened(10), failed(70), failed(75), opened(90, "mobile"))
    assert path.switch_over == SwitchOver(at_s=90, from_link="fixed", to_link="mobile", took_s=20)
    assert (path.is_alive, path.link, path.since_s) == (True, "mobile", 90)
    assert folded(opened(10), opened(70, "mobile")).switch_over == SwitchOver(
        at_s=70, from_link="fixed", to_link="mobile", took_s=0
    )


def test_a_way_that_comes_back_by_the_same_link_is_not_a_switch_over() -> None:
    path = folded(opened(10), failed(70), opened(90))
    assert path.switch_over is None
    assert (path.is_alive, path.since_s) == (True, 90)


def test_while_the_traffic_is_unseen_its_last_link_counts() -> None:
    path = folded(opened(10), opened(70, ""), opened(130, "mobile"))
    assert path.switch_over is not None
    assert path.switch_over.from_link == "fixed"
    unseen = folded(opened(10), opened(70, ""))
    assert (unseen.link, unseen.seen_link, unseen.switch_over) == ("", "fixed", None)


def test_a_path_is_alive_while_one_portal_works() -> None:
    path = folded(opened(10), opened(20, target="city"), failed(70), failed(75))
    assert path.is_alive
    assert path.open_targets == ("city",)
    dead = with_run(path, failed(80, "city"))
    assert (dead.is_alive, dead.link, dead.since_s) == (False, "", 70)


def test_a_portal_that_has_been_down_all_along_does_not_lengthen_a_switch_over() -> None:
    runs = (opened(10, target="city"), failed(12), opened(20, target="city"), failed(25))
    path = folded(*runs, opened(80, "mobile", "city"))
    assert path.switch_over is not None
    assert path.switch_over.took_s == 0


def test_a_page_has_failed_when_it_did_not_come_twice_in_a_row() -> None:
    once = folded(opened(10, target="city"), opened(12), failed(70))
    assert (once.open_targets, once.failed_targets) == (("city",), ())
    twice = with_run(once, failed(75))
    assert twice.failed_targets == ("portal",)
    assert with_run(twice, failed(60)) == twice, "older than what is known"
    assert with_run(twice, opened(80)).failed_targets == ()
    assert folded(failed(70), opened(75), failed(80)).failed_targets == ()


def test_an_answer_that_is_an_error_proves_the_way() -> None:
    run = run_from(
        "portal", 5, Outcome.FAILED, Reason.STATUS_UNEXPECTED, {"answered": "yes", "link": "fixed"}
    )
    assert run is not None
    path = with_run(None, run)
    assert (path.is_alive, path.link, path.open_targets) == (True, "fixed", ())


def test_an_unmeasured_result_is_not_a_run_and_a_skipped_run_says_nothing() -> None:
    assert run_from("portal", 5, Outcome.UNMEASURED, Reason.INTERFACE_DOWN, {}) is None
    assert says_nothing(Reason.BUDGET_SPENT)
    assert not says_nothing(Reason.INTERFACE_DOWN)
    assert not says_nothing(None)


def test_runs_that_come_late_change_nothing() -> None:
    path = folded(opened(10), opened(70))
    assert with_run(path, failed(30)) is path


def test_a_run_that_began_before_the_latest_and_ended_after_it_tells_of_its_portal() -> None:
    path = folded(failed(10), failed(11, "city"), opened(20), opened(18, "fixed", "city"))
    assert path.open_targets == ("city", "portal")
    assert (path.is_alive, path.link, path.at_s) == (True, "fixed", 20)
    slow = folded(opened(10), opened(30, "mobile"), opened(29, "fixed", "city"))
    assert (slow.link, slow.switch_over) == ("mobile", None)


def test_an_answer_to_what_was_asked_before_it_failed_does_not_end_the_failure() -> None:
    path = folded(opened(10), failed(30), opened(29, target="city"))
    assert path.failing_s == 30
    assert with_run(path, opened(50, "mobile")).switch_over == SwitchOver(
        at_s=50, from_link="fixed", to_link="mobile", took_s=20
    )


@pytest.mark.parametrize("later_s", [STALE_S + 1])
def test_a_portal_that_is_measured_no_more_is_forgotten(later_s: float) -> None:
    path = folded(opened(10), failed(10 + later_s, "city"))
    assert not path.is_alive
    assert path.open_targets == ()
