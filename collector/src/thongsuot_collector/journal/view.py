"""
A read-only view of a journal for commands: blocking, beside the running collector.
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

    def name(self) -> str:
        """See ``Journal``."""

    def extent(self) -> Extent:
        """See ``Journal``."""

    def damage(self) -> Damage:
        """See ``Journal``."""

    def cursors(self) -> dict[str, Cursor]:
        """Return the cursor of each consumer that has ever committed."""

    def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """See ``Journal``."""

    def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``Journal``."""

    def trimmed(self, site: str = "") -> Mapping[tuple[str, str], tuple[Range, ...]]:
        """Return the numbers that were trimmed, by site and stream: of a site (empty: of all)."""

    def read(self, after: int, *, through: int, limit: int, size_bytes: int) -> list[StoredEntry]:
        """See ``Journal``; including corrupted entries, which the caller has to detect."""

    def layout(self, layout_id: bytes) -> bytes | None:
        """See ``Journal``."""

    def body(self, site: str, stream: str, number: int) -> bytes | None:
        """Return the bytes of a batch, ``None`` if it does not exist."""

    def batches(self, site: str = "") -> Iterator[BatchRow]:
        """Yield the batches of a site (empty: of all), by site, stream and number."""

    def close(self) -> None:
        """Close the view."""
