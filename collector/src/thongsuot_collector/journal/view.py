"""
A view of a journal for commands: beside the running collector, blocking, and without writing.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.hash_chain import BatchRow
from thongsuot_collector.journal.journal import Cursor, Damage, Extent, Tally
from thongsuot_collector.journal.ranges import Range


class JournalView(Protocol):
    """
    The current content of a journal; each engine has one.

    Every method may raise ``JournalRefused``.
    """

    def extent(self) -> Extent:
        """See ``Journal``."""

    def damage(self) -> Damage:
        """See ``Journal``."""

    def cursors(self) -> dict[str, Cursor]:
        """Return how far each consumer is that ever committed."""

    def tallies(self, *, from_day: int, site: str = "") -> dict[str, list[Tally]]:
        """See ``Journal``."""

    def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``Journal``."""

    def trimmed(self, site: str = "") -> Mapping[tuple[str, str], tuple[Range, ...]]:
        """Return the numbers that were trimmed, by site and stream: of a site (empty: of all)."""

    def read(self, after: int, *, through: int, limit: int, size_bytes: int) -> list[StoredEntry]:
        """See ``Journal``; also what is not what was appended: that is for the caller to see."""

    def layout(self, layout_id: bytes) -> bytes | None:
        """See ``Journal``."""

    def body(self, site: str, stream: str, number: int) -> bytes | None:
        """Return the bytes of a batch, ``None`` where it is not there."""

    def batches(self, site: str = "") -> Iterator[BatchRow]:
        """Yield the batches of a site (empty: of all), by site, stream and number."""

    def close(self) -> None:
        """Let go."""
