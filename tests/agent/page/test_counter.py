"""How the device's own page shows the computers at the counter."""

from tests.collector.state.test_counter import opened_by, result
from thongsuot_agent.page.counter import CounterTracker
from thongsuot_schema.counter_path import STALE_S
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import failed_finding
from thongsuot_schema.view import CounterView

S = 1_000_000_000
WALL_S = 1_795_000_000.0


def seen(tracker: CounterTracker, at_s: float) -> CounterView | None:
    return tracker.view(round(at_s * S), lambda boot_ns: WALL_S + boot_ns / S)


def test_nothing_is_known_before_the_first_run_and_long_after_the_last() -> None:
    tracker = CounterTracker()
    assert seen(tracker, 5) is None
    tracker.add_result(result(10, opened_by("fixed")))
    assert seen(tracker, 11) is not None
    assert seen(tracker, 11 + STALE_S) is None


def test_a_switch_over_is_on_the_page_in_wall_time() -> None:
    tracker = CounterTracker()
    tracker.add_result(result(10, opened_by("fixed")))
    tracker.add_result(result(20, failed_finding(Reason.TIMED_OUT)))
    dead = seen(tracker, 21)
    assert dead is not None
    assert (dead.is_alive, dead.since_s, dead.open_services) == (False, WALL_S + 20, ())
    tracker.add_result(result(45, opened_by("mobile", "fixed", 25.0)))
    now = seen(tracker, 46)
    assert now is not None
    assert (now.is_alive, now.link, now.since_s) == (True, "mobile", WALL_S + 45)
    (moved,) = now.switch_overs
    assert (moved.at_s, moved.from_link, moved.took_s) == (WALL_S + 45, "fixed", 25.0)


def test_a_port_without_a_cable_leaves_nothing_known() -> None:
    tracker = CounterTracker()
    tracker.add_result(result(10, opened_by("fixed")))
    tracker.add_result(result(20, failed_finding(Reason.BUDGET_SPENT)))
    assert seen(tracker, 21) is not None
    tracker.add_result(result(30, failed_finding(Reason.INTERFACE_DOWN)))
    assert seen(tracker, 31) is None
