"""Ranges against plain sets, which are obviously right."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.journal import ranges

NUMBERS = st.integers(min_value=1, max_value=40)
RANGES = st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair))))


def numbers(document: object) -> set[int]:
    assert isinstance(document, list | tuple)
    return {number for first, last in document for number in range(first, last + 1)}


@given(RANGES)
def test_merging_keeps_the_numbers_and_leaves_no_ranges_that_touch(given_ranges: object) -> None:
    assert isinstance(given_ranges, list)
    merged = ranges.merged(given_ranges)
    assert numbers(merged) == numbers(given_ranges)
    assert all(after[0] > before[1] + 1 for before, after in itertools.pairwise(merged))
    assert ranges.count(merged) == len(numbers(given_ranges))


@given(st.lists(NUMBERS))
def test_adding_numbers_one_by_one_in_any_order_gives_the_same_set(order: list[int]) -> None:
    kept: tuple[ranges.Range, ...] = ()
    for number in order:
        kept = ranges.with_number(kept, number)
    assert kept == ranges.merged((number, number) for number in order)
    spanned = max(order) - min(order) + 1 if order else 0
    assert ranges.missing_between(kept) == spanned - len(set(order))
    for number in range(1, 42):
        assert ranges.holds(kept, number) is (number in order)
        start = ranges.start_of(kept, number)
        assert all(between in order for between in range(start, number))
        assert start - 1 not in order or start == number


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), NUMBERS, NUMBERS)))
def test_rows_are_merged_for_each_site_and_stream_alone(
    rows: list[tuple[str, str, int, int]],
) -> None:
    rows = [(site, stream, min(pair), max(pair)) for site, stream, *pair in rows]
    merged = ranges.merged_by_stream(rows)
    assert set(merged) == {(site, stream) for site, stream, *_ in rows}
    for key, of_stream in merged.items():
        assert of_stream == ranges.merged(row[2:] for row in rows if row[:2] == key)


@given(RANGES, RANGES, st.integers(min_value=0, max_value=45))
def test_difference_intersection_and_lowest_numbers_of_ranges_agree_with_sets(
    some: list[ranges.Range], others: list[ranges.Range], most: int
) -> None:
    left, right = ranges.merged(some), ranges.merged(others)
    for result, expected in (
        (ranges.minus(left, right), numbers(left) - numbers(right)),
        (ranges.common(left, right), numbers(left) & numbers(right)),
        (ranges.lowest(left, most), set(sorted(numbers(left))[:most])),
    ):
        assert numbers(result) == expected
        assert ranges.count(result) == len(expected), "no number is there twice"
