"""The newest entries, still in memory: consumers that keep up read nothing from the disk."""

from collections import deque
from itertools import islice

from thongsuot_collector.journal.entry import StoredEntry

_KEPT_BYTES = 8 << 20
"""
Size of bodies kept, and four times that with their objects: ten seconds of ten thousand agents.
"""

_OVERHEAD_BYTES = 1000
"""Size of an entry beside its body."""


class RecentEntries:
    """A run of entries without gaps that ends at the newest."""

    def __init__(self) -> None:
        self._kept: deque[StoredEntry] = deque()
        self._size_bytes = 0

    @property
    def newest(self) -> int:
        """The sequence of the newest; 0: there is none."""
        return self._kept[-1].sequence if self._kept else 0

    def add(self, kept: StoredEntry) -> None:
        """Add the newest entry; drop the oldest ones that are too many."""
        if self._kept and kept.sequence != self._kept[-1].sequence + 1:
            self.forget()
        self._kept.append(kept)
        self._size_bytes += _size(kept)
        while self._size_bytes > _KEPT_BYTES:
            self._size_bytes -= _size(self._kept.popleft())

    def forget(self) -> None:
        """Drop everything: entries removed from the journal must not be read any more."""
        self._kept.clear()
        self._size_bytes = 0

    def read(
        self, after: int, *, through: int, limit: int, size_bytes: int, site: str = ""
    ) -> list[StoredEntry] | None:
        """Return what ``Journal.read`` would; ``None`` where not all of it is here."""
        if not self._kept or not self._kept[0].sequence <= after + 1 <= self._kept[-1].sequence:
            return None
        start = after + 1 - self._kept[0].sequence
        count = max(0, min(through - after, len(self._kept) - start))
        entries: list[StoredEntry] = []
        for kept in islice(self._kept, start, start + count):
            if site and kept.entry.site != site:
                continue
            entries.append(kept)
            size_bytes -= len(kept.entry.body)
            if size_bytes <= 0 or len(entries) == limit:
                break
        return entries


def _size(kept: StoredEntry) -> int:
    return len(kept.entry.body) + _OVERHEAD_BYTES
