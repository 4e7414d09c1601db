"""The entries that a trim removes, and consumers' losses: the same for every engine. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from thongsuot_collector.journal.journal import HasRead, day_of
from thongsuot_collector.journal.ranges import Range

RemovedEntry = tuple[int, str, str, int, int, int]
"""Sequence, site, stream, number, time of arrival, and size of the body."""

TRIM_SLICE = 2000
"""Entries removed in one commit; appends wait at most for its duration (about 30 ms)."""

LAYOUT_GRACE_NS = 2 * 86_400 * 10**9
"""
A layout in use is stored again every day (``ingest``), so one that is two days older than every
entry is unused.
"""

KEPT_DAYS = 400
"""Tallies of days more than this before those of removed entries are dropped."""


def removable(
    oldest: Iterable[RemovedEntry], *, floor: int, received_before_ns: int, excess_bytes: int
) -> list[RemovedEntry]:
    """
    Return the oldest entries to remove: for the size as many as ``excess_bytes`` requires, for
    their age those up to ``floor``, which all consumers have read.
    """
    removed: list[RemovedEntry] = []
    for entry in oldest:
        sequence, _, _, _, received_ns, length = entry
        if excess_bytes <= 0 and (received_ns >= received_before_ns or sequence > floor):
            break
        excess_bytes -= length
        removed.append(entry)
    return removed


def sizes_by_site(removed: Iterable[RemovedEntry]) -> dict[str, int]:
    """Return the bytes of bodies of each site."""
    sizes = Counter[str]()
    for _, site, *_, length in removed:
        sizes[site] += length
    return dict(sizes)


def last_forgotten_day(removed: Iterable[RemovedEntry]) -> int:
    """
    Return the last day whose tallies are no longer needed once these entries are removed.

    It does not follow the newest tally: one entry dated by a clock that was years ahead would end
    those of all other days.
    """
    return day_of(min(received_ns for _, _, _, _, received_ns, _ in removed)) - KEPT_DAYS - 1


def unread(removed: Iterable[RemovedEntry], has_read: HasRead) -> Counter[tuple[int, str]]:
    """Count the entries that a consumer will never read, by day and site."""
    return Counter(
        (day_of(received_ns), site)
        for sequence, site, _, _, received_ns, _ in removed
        if not has_read(sequence, site)
    )


def numbers_by_stream(removed: Sequence[RemovedEntry]) -> dict[tuple[str, str], list[Range]]:
    """Return the numbers of each site and stream."""
    numbers: dict[tuple[str, str], list[Range]] = {}
    for _, site, stream, number, *_ in removed:
        numbers.setdefault((site, stream), []).append((number, number))
    return numbers
