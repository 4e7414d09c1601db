"""The newest entries, still in memory: consumers without a lag read nothing from the disk."""

from thongsuot_collector.journal.entry import StoredEntry

_KEPT_BYTES = 8 << 20
"""
Total size of the bodies, and four times that with their objects: ten seconds of ten thousand
agents.
"""

_OVERHEAD_BYTES = 1000
"""Size of an entry besides its body."""

_DROPPED_TOGETHER = 256
"""Removed together at the beginning of a list of thousands; that costs a microsecond or two."""


class RecentEntries:
    """
    Consecutive entries without gaps that end at the newest.

    A list, although it is a queue: consumers read near its end, and a deque is traversed from its
    beginning (40 µs for each read of 5,000 entries, 2026-12).
    """

    def __init__(self) -> None:
        self._kept: list[StoredEntry] = []
        self._first = 0
        """The index of the oldest valid entry; those before it are removed when they are many."""
        self._size_bytes = 0

    @property
    def newest(self) -> int:
        """The sequence of the newest; 0: none."""
        return self._kept[-1].sequence if self._kept else 0

    def add(self, kept: StoredEntry) -> None:
        """Add the newest entry; drop the excess oldest ones."""
        if self._kept and kept.sequence != self._kept[-1].sequence + 1:
            self.forget()
        self._kept.append(kept)
        self._size_bytes += _size(kept)
        while self._size_bytes > _KEPT_BYTES:
            self._size_bytes -= _size(self._kept[self._first])
            self._first += 1
        if self._first > _DROPPED_TOGETHER or self._first == len(self._kept):
            del self._kept[: self._first]
            self._first = 0

    def forget(self) -> None:
        """Drop everything: entries removed from the journal must not be read any more."""
        self._kept.clear()
        self._first = self._size_bytes = 0

    def read(
        self, after: int, *, through: int, limit: int, size_bytes: int, site: str = ""
    ) -> list[StoredEntry] | None:
        """Return the same as ``Journal.read``; ``None`` if not all of it is in memory."""
        if not self._kept:
            return None
        oldest, newest = self._kept[self._first].sequence, self._kept[-1].sequence
        if not oldest <= after + 1 <= newest:
            return None
        start = self._first + after + 1 - oldest
        end = min(start + max(0, through - after), len(self._kept))
        entries: list[StoredEntry] = []
        for place in range(start, end):
            kept = self._kept[place]
            if site and kept.entry.site != site:
                continue
            entries.append(kept)
            size_bytes -= len(kept.entry.body)
            if size_bytes <= 0 or len(entries) == limit:
                break
        return entries


def _size(kept: StoredEntry) -> int:
    return len(kept.entry.body) + _OVERHEAD_BYTES
