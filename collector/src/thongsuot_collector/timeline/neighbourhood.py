"""Neighbourhoods: the part of the past that has to be read to apply one batch."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from thongsuot_collector.timeline.boot import BootMoment, BootRecord
from thongsuot_collector.timeline.coverage import TimeRange, range_in_boot

EVERYTHING = TimeRange(0, None)
"""The whole record."""


def range_around(
    boots: Mapping[str, BootRecord], key: str | None, region: TimeRange, reach: int
) -> TimeRange:
    """
    Return a region with ``reach`` stretches, starts and verdicts (of one subject) to either side.

    It is widened to the beginning, or to the present, if there are fewer.
    """
    if region is EVERYTHING:
        return EVERYTHING
    records = list(boots.values())
    until_ns = None if region.until_ns is None else _later(records, key, region, reach)
    if until_ns is not None and all(until_ns >= boot.last_sign_ns for boot in records):
        until_ns = None
    return TimeRange(_earlier(records, key, region, reach), until_ns)


def _earlier(boots: Sequence[BootRecord], key: str | None, region: TimeRange, reach: int) -> int:
    """Return a time before which all but ``reach`` of the items before a region are; 0: none."""
    left = reach
    for boot in sorted(boots, key=lambda boot: boot.first_sign_ns, reverse=True):
        if boot.first_sign_ns > region.from_ns:
            continue
        from_ns, _ = range_in_boot(boot, region)
        counted = [(column, column.before(from_ns)) for column in _columns(boot, key)]
        limits = [column.moment(count - left) for column, count in counted if count >= left]
        if limits:
            return boot.wall_ns(max(limits, key=_boot_ns_of))
        left -= sum(count for _, count in counted)
        if left <= 0:
            return boot.first_sign_ns
    return 0


def _later(
    boots: Sequence[BootRecord], key: str | None, region: TimeRange, reach: int
) -> int | None:
    """
    Return a time after which all but ``reach`` of the items after a region are; ``None``: none.
    """
    left = reach
    for boot in sorted(boots, key=lambda boot: boot.last_sign_ns):
        _, until_ns = range_in_boot(boot, region)
        if until_ns is None or (region.until_ns or 0) > boot.last_sign_ns:
            continue
        counted = [(column, column.size - column.until(until_ns)) for column in _columns(boot, key)]
        limits = [
            column.moment(column.size - count + left - 1)
            for column, count in counted
            if count >= left
        ]
        if limits:
            return boot.wall_ns(min(limits, key=_boot_ns_of))
        left -= sum(count for _, count in counted)
        if left <= 0:
            return boot.last_sign_ns
    return None


class _Column(NamedTuple):
    """One sorted list of a boot's record: its size, and the moment of each item."""

    size: int
    moment: Callable[[int], BootMoment]

    def before(self, boot_ns: int) -> int:
        """Return the number of items before a moment."""
        return bisect_left(range(self.size), boot_ns, key=self._boot_ns)

    def until(self, boot_ns: int) -> int:
        """Return the number of items before or at a moment."""
        return bisect_right(range(self.size), boot_ns, key=self._boot_ns)

    def _boot_ns(self, place: int) -> int:
        return self.moment(place).boot_ns


def _columns(boot: BootRecord, key: str | None) -> Iterable[_Column]:
    yield _Column(len(boot.spans), lambda place: boot.spans[place].begin)
    yield _Column(len(boot.starts), lambda place: boot.starts[place])
    if key is not None:
        verdicts = boot.verdicts.get(key, [])
        yield _Column(len(verdicts), lambda place: verdicts[place].decided)


def _boot_ns_of(moment: BootMoment) -> int:
    return moment.boot_ns
