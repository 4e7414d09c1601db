"""The account of a stream: each number has exactly one fate."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.accounts.stream_account import (
    LOSSES_KEPT,
    BatchFate,
    Loss,
    StreamAccount,
)
from thongsuot_collector.journal import ranges

NUMBERS = st.sets(st.integers(1, 60), max_size=60)


def account(highest: int, kept: set[int] | range, **known: object) -> StreamAccount:
    made = StreamAccount(site="s", stream="t", is_reported=True)
    made.raise_highest(highest, 100)
    made.kept = ranges.merged((number, number) for number in kept)
    for name, value in known.items():
        setattr(made, name, value)
    return made


def test_received_batches_are_stored_and_those_on_the_device_wait() -> None:
    assert account(10, range(1, 8), waiting=3).counts() == {
        BatchFate.KEPT: 7,
        BatchFate.WAITING: 3,
    }


def test_batches_that_count_as_delivered_but_never_came_are_unexplained() -> None:
    assert account(10, range(1, 8), waiting=1).fates() == [
        ((1, 7), BatchFate.KEPT),
        ((8, 8), BatchFate.WAITING),
        ((9, 10), BatchFate.UNEXPLAINED),
    ]


def test_streams_that_the_device_no_longer_knows_are_forgotten() -> None:
    assert account(3, {1}, is_known=False).counts()[BatchFate.FORGOTTEN] == 2


def test_missing_batches_of_a_device_without_a_report_count_as_not_reported() -> None:
    assert account(3, {1, 3}, is_reported=False).counts()[BatchFate.NOT_REPORTED] == 1


def test_an_announced_loss_has_its_reason_and_batches_received_all_the_same_count_as_kept() -> None:
    losses = (Loss(2, 4, BatchFate.DROPPED), Loss(4, 4, BatchFate.REJECTED))
    assert account(5, {1, 3, 5}, losses=losses).fates() == [
        ((1, 1), BatchFate.KEPT),
        ((2, 2), BatchFate.DROPPED),
        ((3, 3), BatchFate.KEPT),
        ((4, 4), BatchFate.DROPPED),
        ((5, 5), BatchFate.KEPT),
    ]


def test_a_refused_batch_whose_file_has_gone_is_gone() -> None:
    losses = (Loss(1, 1, BatchFate.REJECTED), Loss(1, 1, BatchFate.REJECTED_DELETED))
    assert account(1, set(), losses=losses).counts() == {BatchFate.REJECTED_DELETED: 1}


def test_a_power_cut_explains_only_batches_that_are_neither_kept_nor_waiting() -> None:
    losses = (Loss(1, None, BatchFate.POWER_CUT),)
    assert account(6, {1, 2}, losses=losses, waiting=1, is_known=False).counts() == {
        BatchFate.KEPT: 2,
        BatchFate.WAITING: 1,
        BatchFate.POWER_CUT: 3,
    }


def test_a_number_belongs_to_the_day_on_which_it_was_heard_of_first() -> None:
    made = account(4, {1, 2, 3, 4, 7})
    made.raise_highest(9, 102)
    made.raise_highest(8, 103)  # nothing new
    made.raise_highest(10, 101)  # a clock that was ahead and went back
    made.raise_highest(11, 101)
    assert made.counts_by_day() == {
        100: {BatchFate.KEPT: 4},
        102: {BatchFate.KEPT: 1, BatchFate.UNEXPLAINED: 4},
        101: {BatchFate.UNEXPLAINED: 2},
    }
    assert len(made.marks) == 3


@given(
    highest=st.integers(0, 60),
    kept=NUMBERS,
    lost=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=5),
    waiting=st.integers(0, 70),
    edges=st.lists(st.integers(1, 60), max_size=4),
)
def test_every_number_is_somewhere_and_none_is_twice(
    highest: int, kept: set[int], lost: list[tuple[int, int]], waiting: int, edges: list[int]
) -> None:
    made = StreamAccount(site="s", stream="t", is_reported=True, waiting=waiting)
    for day, edge in enumerate([*sorted(edges), highest]):
        made.raise_highest(min(edge, highest), day)
    made.kept = ranges.merged((number, number) for number in kept)
    for first, more in lost:
        made.add_losses([Loss(first, first + more, BatchFate.DROPPED)])
    numbers = [number for (first, last), _ in made.fates() for number in range(first, last + 1)]
    assert numbers == list(range(1, highest + 1))
    assert sum(made.counts().values()) == highest
    by_day = made.counts_by_day()
    assert sum(sum(counts.values()) for counts in by_day.values()) == highest
    if highest:
        assert {made.marks[-1].highest} == {highest}


def test_the_account_of_a_device_that_gives_up_every_second_batch_has_a_size() -> None:
    made = account(10_000, {2, 9_998})
    for first in range(1, 2_400, 2):
        assert made.add_losses([Loss(first, first, BatchFate.DROPPED)])
    assert len(made.losses) == LOSSES_KEPT
    assert not made.add_losses([Loss(2_399, 2_399, BatchFate.DROPPED)])
    fates = made.fates()
    assert ((2, 2), BatchFate.KEPT) in fates, "what came is kept, whatever its device says"
    assert ((2_399, 2_399), BatchFate.DROPPED) in fates


@given(first=NUMBERS, second=NUMBERS, most=st.integers(0, 70))
def test_subtracting_and_intersecting_ranges_agrees_with_sets(
    first: set[int], second: set[int], most: int
) -> None:
    left, right = (
        ranges.merged((number, number) for number in numbers) for numbers in (first, second)
    )

    def members(parts: tuple[ranges.Range, ...]) -> set[int]:
        return {number for low, high in parts for number in range(low, high + 1)}

    assert members(ranges.minus(left, right)) == first - second
    assert members(ranges.common(left, right)) == first & second
    assert ranges.merged(ranges.minus(left, right)) == ranges.minus(left, right)
    assert members(ranges.lowest(left, most)) == set(sorted(first)[:most])
