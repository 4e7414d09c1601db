"""Parts of the past that a change concerns: as little as may be, widened to whole faults."""

from thongsuot_collector.timeline.interval import (
    MOST_AROUND,
    Interval,
    Part,
    difference,
    joined,
    part_around,
)
from thongsuot_schema.state import State

U, D, G = State.UP, State.DOWN, State.DEGRADED


def tiled(*parts: tuple[State, int]) -> tuple[Interval, ...]:
    """Return intervals by their states and starts; the last is open."""
    ends = [start for _, start in parts[1:]]
    return tuple(
        Interval(start_ns=start, end_ns=end, state=state)
        for (state, start), end in zip(parts, [*ends, None], strict=True)
    )


def part(
    before: tuple[Interval, ...],
    after: tuple[Interval, ...],
    *,
    known_from_ns: int = 0,
    known_until_ns: int | None = None,
) -> Part | None:
    changed = difference(before, after)
    assert changed is not None
    return part_around(
        after,
        changed,
        calm_ns=30,
        known_from_ns=known_from_ns,
        known_until_ns=known_until_ns,
    )


def test_nothing_differs_between_two_courses_that_are_the_same() -> None:
    same = tiled((U, 0), (D, 100))
    assert difference(same, same) is None
    assert difference((), ()) is None


def test_a_part_begins_and_ends_at_unchanged_calm_intervals() -> None:
    before = tiled((U, 0), (D, 100), (U, 110), (D, 200), (U, 205), (D, 210), (U, 220), (D, 300))
    after = tiled((U, 0), (D, 100), (U, 110), (D, 200), (U, 205), (G, 210), (U, 220), (D, 300))
    assert part(before, after) == Part(after[2:7], is_cut_before=False, is_cut_after=False)


def test_a_part_that_ends_in_a_fault_is_widened_to_the_calm_after_it_and_no_further() -> None:
    before = tiled((U, 0), (State.UNKNOWN, 100), (D, 110), (U, 120), (D, 200), (U, 210))
    after = tiled((U, 0), (G, 100), (D, 110), (U, 120), (D, 200), (U, 210))
    assert part(before, after) == Part(after[:4], is_cut_before=False, is_cut_after=False)


def test_a_new_last_interval_is_returned_with_the_one_before_it() -> None:
    after = tiled((U, 0), (D, 100))
    assert part(tiled((U, 0)), after) == Part(after, is_cut_before=False, is_cut_after=False)


def test_a_past_that_begins_earlier_than_was_known_differs_from_there() -> None:
    changed = difference(tiled((U, 50)), tiled((D, 20), (U, 50)))
    assert changed is not None
    assert (changed.from_ns, changed.until_ns) == (20, 50)


def test_no_part_is_returned_if_it_reaches_beyond_the_known_period() -> None:
    before = tiled((U, 0), (D, 100), (U, 110), (D, 200))
    after = tiled((U, 0), (D, 100), (U, 110), (G, 200))
    whole = Part(after[2:], is_cut_before=False, is_cut_after=False)
    assert part(before, after, known_from_ns=110) == whole
    assert part(before, after, known_from_ns=111) is None
    assert part(before, after, known_until_ns=1_000) is None


def test_a_part_that_never_becomes_calm_is_cut_and_marked_as_cut() -> None:
    flapping = [(state, 20 * at) for at, state in enumerate([U, D] * 300)]
    changed = list(flapping)
    changed[301] = (G, flapping[301][1])
    part_found = part(tiled(*flapping), tiled(*changed))
    assert part_found is not None
    assert (part_found.is_cut_before, part_found.is_cut_after) == (True, True)
    assert len(part_found.intervals) <= 2 * MOST_AROUND + 3
    assert part_found.intervals[0].start_ns < flapping[301][1] < part_found.intervals[-1].start_ns


def test_adjacent_intervals_that_say_the_same_are_one_and_empty_ones_are_none() -> None:
    intervals = joined(tiled((U, 0), (U, 10), (D, 20), (G, 20), (U, 20), (D, 30)))
    assert [(interval.state, interval.start_ns, interval.end_ns) for interval in intervals] == [
        (U, 0, 30),
        (D, 30, None),
    ]
