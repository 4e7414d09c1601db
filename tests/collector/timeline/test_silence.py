"""Since when an agent is silent, and that the collector's own absence is none of its silence."""

from tests.collector.timeline.boot_script import CUT, UP, BootScript, wall_ns
from tests.collector.timeline.test_site import DEVICE, SETTINGS, at, course
from tests.collector.timeline.whole_record import whole_record
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline


def test_nobody_is_silent_before_the_collector_has_listened_long_enough() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    timeline = SiteTimeline(site="s1")
    just_started = CollectorClock(now_ns=wall_ns(9_000), listening_since_ns=wall_ns(8_990))
    timeline.apply(life.pieces[0], just_started, SETTINGS)
    assert timeline.tick(just_started, SETTINGS) == ()
    # It tried in vain just before the return, and may wait a minute before it tries again.
    waiting = CollectorClock(now_ns=wall_ns(9_094), listening_since_ns=wall_ns(8_990))
    assert timeline.tick(waiting, SETTINGS) == ()
    later = CollectorClock(now_ns=wall_ns(9_096), listening_since_ns=wall_ns(8_990))
    assert timeline.tick(later, SETTINGS)
    assert course(whole_record(timeline)[DEVICE])[-1] == (15, "unknown", "agent_silent")


def test_a_device_heard_since_the_collector_returned_is_reported_silent_without_a_longer_wait() -> (
    None
):
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    timeline = SiteTimeline(site="s1")
    timeline.apply(life.pieces[0], at(16), SETTINGS)
    later = CollectorClock(now_ns=wall_ns(61), listening_since_ns=wall_ns(10))
    assert timeline.tick(later, SETTINGS)


def test_a_late_batch_of_a_silent_agent_keeps_its_silence() -> None:
    life = BootScript()
    for number in range(60):
        verdict = CUT if number % 2 else UP
        life.batch(
            15 * number, 15 * number + 15, [life.change("fiber", verdict, *(15 * number,) * 2)]
        )
    late = life.pieces.pop(10)
    timeline = SiteTimeline(site="s1")
    for summary in life.pieces:
        timeline.apply(summary, at(901), SETTINGS)
    rewrites = timeline.apply(late, at(946), SETTINGS)
    assert {course(rewrite.intervals)[-1] for rewrite in rewrites} == {
        (900, "unknown", "agent_silent")
    }
