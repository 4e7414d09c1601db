"""Two devices with one token are found, one device that starts again and again is not."""

from itertools import pairwise

from thongsuot_collector.ingest.duplicate_devices import (
    FRESH_NS,
    RETURNS,
    DuplicateDeviceDetector,
)

S = 10**9
START = 1_000_000 * S


def test_one_device_that_restarts_is_one() -> None:
    detector = DuplicateDeviceDetector()
    now_ns = START
    for boot in range(20):
        began_ns = now_ns
        now_ns += 20 * S  # until the agent runs
        for _ in range(5):
            detector.observe("a", f"boot-{boot}", boottime_ns=now_ns - began_ns, received_ns=now_ns)
            now_ns += 15 * S
        now_ns -= 10 * S  # power is cut soon after the last push
    assert detector.sites_with_duplicates(now_ns=now_ns) == frozenset()


def test_a_push_that_was_long_on_its_way_proves_nothing() -> None:
    detector = DuplicateDeviceDetector()
    detector.observe("a", "new", boottime_ns=10 * S, received_ns=START + 10 * S)
    detector.observe("a", "old", boottime_ns=900 * S, received_ns=START + 25 * S)
    assert detector.sites_with_duplicates(now_ns=START + 25 * S) == frozenset()


def test_two_devices_at_once_are_found_and_forgotten_when_one_is_gone() -> None:
    detector = DuplicateDeviceDetector()
    now_ns = START
    for turn in range(8):
        now_ns = START + turn * 15 * S
        detector.observe("a", "left", boottime_ns=(5000 + turn * 15) * S, received_ns=now_ns)
        detector.observe("a", "right", boottime_ns=turn * 15 * S, received_ns=now_ns)
        detector.observe("b", "only", boottime_ns=turn * 15 * S, received_ns=now_ns)
    assert detector.sites_with_duplicates(now_ns=now_ns) == {"a"}
    later_ns = now_ns + FRESH_NS + S
    detector.observe("a", "right", boottime_ns=FRESH_NS + 106 * S, received_ns=later_ns)
    assert detector.sites_with_duplicates(now_ns=later_ns) == frozenset()


def test_both_are_found_after_the_collector_was_restarted_with_the_first_push_of_each() -> None:
    detector = DuplicateDeviceDetector()
    detector.observe("a", "left", boottime_ns=5000 * S, received_ns=START)
    assert detector.sites_with_duplicates(now_ns=START) == frozenset()
    detector.observe("a", "right", boottime_ns=4000 * S, received_ns=START + S)
    assert detector.sites_with_duplicates(now_ns=START + S) == {"a"}


def feed(detector: DuplicateDeviceDetector, streams: str, *, from_ns: int = START) -> int:
    """Have one boot report one stream after the other, and return the time of the last report."""
    now_ns = from_ns
    for turn, stream in enumerate(streams):
        now_ns = from_ns + turn * 15 * S
        detector.observe("a", "boot", boottime_ns=now_ns - START, received_ns=now_ns)
        detector.observe_stream("a", "boot", stream, received_ns=now_ns)
    return now_ns


def test_two_agents_of_one_boot_are_found_by_the_turns_of_their_streams() -> None:
    detector = DuplicateDeviceDetector()
    now_ns = feed(detector, "lr" * RETURNS)
    assert not detector.has_duplicates("a", now_ns=now_ns), "each returned once less"
    now_ns = feed(detector, "l", from_ns=now_ns + 15 * S)
    assert detector.has_duplicates("a", now_ns=now_ns)
    assert not detector.has_duplicates("b", now_ns=now_ns)
    now_ns = feed(detector, "llll", from_ns=now_ns + FRESH_NS)
    assert detector.sites_with_duplicates(now_ns=now_ns) == frozenset()


def test_one_agent_that_begins_many_streams_is_one() -> None:
    """Each begins while a push of the one before is on its way, and one is continued later."""
    detector = DuplicateDeviceDetector()
    streams = "".join(f"{before}{new}{before}{new}" for before, new in pairwise("abcdefghijklmnop"))
    now_ns = feed(detector, streams + "b")
    assert detector.sites_with_duplicates(now_ns=now_ns) == frozenset()


def test_streams_of_long_ago_and_of_another_boot_do_not_count() -> None:
    detector = DuplicateDeviceDetector()
    now_ns = START
    for turn in range(3 * RETURNS):
        now_ns += 2 * FRESH_NS
        detector.observe_stream("a", "boot", "lr"[turn % 2], received_ns=now_ns)
    assert detector.sites_with_duplicates(now_ns=now_ns) == frozenset()
    for turn in range(3 * RETURNS):
        now_ns += S
        detector.observe_stream("a", f"boot-{turn}", "lr"[turn % 2], received_ns=now_ns)
    assert detector.sites_with_duplicates(now_ns=now_ns) == frozenset()
