"""Rewrites: the least that turns one past into another, widened to whole troubles."""

from thongsuot_collector.timeline.interval import Interval, Rewrite, joined, rewrite_of
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State

SUBJECT = Subject("s", "fiber")


def tiled(*parts: tuple[State, int]) -> tuple[Interval, ...]:
    """Return intervals by their states and starts; the last is open."""
    ends = [start for _, start in parts[1:]]
    return tuple(
        Interval(start_ns=start, end_ns=end, state=state)
        for (state, start), end in zip(parts, [*ends, None], strict=True)
    )


def rewrite(before: tuple[Interval, ...], after: tuple[Interval, ...]) -> Rewrite | None:
    return rewrite_of(SUBJECT, before, after, calm_ns=30)


U, D, G = State.UP, State.DOWN, State.DEGRADED


def test_nothing_is_rewritten_where_nothing_differs() -> None:
    same = tiled((U, 0), (D, 100))
    assert rewrite(same, same) is None
    assert rewrite((), ()) is None


def test_a_rewrite_begins_and_ends_with_what_was_calm_and_stays() -> None:
    before = tiled((U, 0), (D, 100), (U, 110), (D, 200), (U, 205), (D, 210), (U, 220), (D, 300))
    after = tiled((U, 0), (D, 100), (U, 110), (D, 200), (U, 205), (G, 210), (U, 220), (D, 300))
    found = rewrite(before, after)
    assert found is not None
    assert (found.from_ns, found.until_ns) == (110, 300)
    assert found.intervals == after[2:7]


def test_what_is_new_at_the_end_is_rewritten_for_good() -> None:
    found = rewrite(tiled((U, 0)), tiled((U, 0), (D, 100)))
    assert found is not None
    assert (found.from_ns, found.until_ns) == (0, None)
    assert [one.state for one in found.intervals] == [U, D]


def test_a_past_that_begins_earlier_than_was_known_is_rewritten_from_there() -> None:
    found = rewrite(tiled((U, 50)), tiled((D, 20), (U, 50)))
    assert found is not None
    assert found.from_ns == 20


def test_adjacent_intervals_that_say_the_same_are_one_and_empty_ones_are_none() -> None:
    found = joined(tiled((U, 0), (U, 10), (D, 20), (G, 20), (U, 20), (D, 30)))
    assert [(one.state, one.start_ns, one.end_ns) for one in found] == [
        (U, 0, 30),
        (D, 30, None),
    ]
