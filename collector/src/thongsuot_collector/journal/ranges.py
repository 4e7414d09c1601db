"""
Sets of batch numbers as ranges: a stream received without gaps is one range, whatever its length.
"""

from collections.abc import Iterable

Range = tuple[int, int]
"""First and last number, both inclusive."""


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """
    Return the same numbers as the fewest ranges, in order, disjoint and not adjacent.

    Ranges may overlap and be in any order.
    """
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            if last > joined[-1][1]:
                joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def merged_by_stream(
    rows: Iterable[tuple[str, str, int, int]],
) -> dict[tuple[str, str], tuple[Range, ...]]:
    """Return the ranges of each site and stream, merged, from rows of site, stream, first, last."""
    ranges: dict[tuple[str, str], list[Range]] = {}
    for site, stream, first, last in rows:
        ranges.setdefault((site, stream), []).append((first, last))
    return {key: merged(each) for key, each in ranges.items()}


def with_number(ranges: tuple[Range, ...], number: int) -> tuple[Range, ...]:
    """Return merged ranges with one more number; the usual next number needs no sorting."""
    if ranges and ranges[-1][1] == number - 1:
        return (*ranges[:-1], (ranges[-1][0], number))
    return merged((*ranges, (number, number)))


def count(ranges: Iterable[Range]) -> int:
    """Return the number of elements of merged ranges."""
    return sum(last - first + 1 for first, last in ranges)


def holds(ranges: Iterable[Range], number: int) -> bool:
    """Whether a number is in one of the ranges."""
    return any(first <= number <= last for first, last in ranges)


def missing_between(ranges: tuple[Range, ...]) -> int:
    """Return the number of missing elements between the lowest and the highest of merged ranges."""
    return ranges[-1][1] - ranges[0][0] + 1 - count(ranges) if ranges else 0


def start_of(ranges: Iterable[Range], number: int) -> int:
    """
    Return the first number of the range that contains a number; the number itself if there is none.
    """
    for first, last in ranges:
        if first <= number <= last:
            return first
    return number


def minus(ranges: Iterable[Range], others: Iterable[Range]) -> tuple[Range, ...]:
    """Return the numbers of merged ranges that are not in other merged ranges."""
    left: list[Range] = []
    rest = list(others)
    at = 0
    for begin, last in ranges:
        first = begin
        while at < len(rest) and rest[at][1] < first:
            at += 1
        ahead = at
        while ahead < len(rest) and rest[ahead][0] <= last:
            if first < rest[ahead][0]:
                left.append((first, rest[ahead][0] - 1))
            first = rest[ahead][1] + 1
            ahead += 1
        if first <= last:
            left.append((first, last))
    return tuple(left)


def common(ranges: tuple[Range, ...], others: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the numbers in both of two sets of merged ranges."""
    return minus(ranges, minus(ranges, others))


def lowest(ranges: Iterable[Range], numbers: int) -> tuple[Range, ...]:
    """Return the given count of lowest numbers in merged ranges, or all if there are fewer."""
    taken: list[Range] = []
    for first, last in ranges:
        if numbers <= 0:
            break
        end = min(last, first + numbers - 1)
        taken.append((first, end))
        numbers -= end - first + 1
    return tuple(taken)
