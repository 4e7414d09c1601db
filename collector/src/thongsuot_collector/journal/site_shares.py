"""
Site shares: the space that each site uses in the journal, and whose entries are trimmed first when
it is full.

A flooding site must not displace the oldest records of all others. So above its size limit the
journal is first trimmed from sites that hold more than a multiple of the median.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median_low

import msgspec

FACTOR = 3
"""A site with more links and targets than others uses two or three times as much."""

SLICE = 2000
"""Entries of a site that are removed in one commit."""

PARTS = 16
"""The shares of a full journal are checked again after this part of its size was removed."""

_SIZES = "SELECT site, sum(length(body)) FROM entries WHERE sequence <= ? GROUP BY site"
_OLDEST = """
    SELECT sequence, length(body) FROM entries
    WHERE sequence IN (
        SELECT sequence FROM entries INDEXED BY entries_identity
        WHERE site = ?1 ORDER BY sequence LIMIT ?2
    )
    ORDER BY sequence
"""


class OverShare(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of a site with more than its share: its oldest ones, by their sequences."""

    site: str
    sequences: tuple[int, ...]


class SiteShares:
    """
    The bytes of bodies of each site.

    They are read once, when the journal is full for the first time, and updated from then on.
    """

    def __init__(self) -> None:
        self._held: Counter[str] | None = None
        self._appended = Counter[str]()

    @property
    def is_known(self) -> bool:
        """Whether they were read."""
        return self._held is not None

    @property
    def sites(self) -> int:
        """The number of sites with entries, as far as they were read."""
        return sum(size > 0 for size in (self._held or {}).values())

    def add(self, site: str, size_bytes: int) -> None:
        """Add an appended entry."""
        (self._appended if self._held is None else self._held)[site] += size_bytes

    def begin(self) -> None:
        """Mark that they are about to be read: entries appended from now on are added later."""
        self._appended.clear()

    def load(self, held: Mapping[str, int]) -> None:
        """Set the values that were read."""
        self._held = Counter(held) + self._appended
        self._appended.clear()

    def remove(self, removed: Iterable[tuple[str, int]]) -> None:
        """Subtract trimmed entries, as sites and bytes."""
        if self._held is not None:
            for site, size_bytes in removed:
                self._held[site] -= size_bytes

    def largest_over(self) -> tuple[str, int] | None:
        """Return the site that is furthest over its share, and the excess in bytes, if any."""
        held = {site: size for site, size in (self._held or {}).items() if size > 0}
        if len(held) < 2:
            return None
        share = FACTOR * median_low(held.values())
        site = max(held, key=lambda name: held[name])
        return (site, held[site] - share) if held[site] > share else None


def sizes(connection: sqlite3.Connection, through: int) -> dict[str, int]:
    """Return the bytes of bodies of each site, up to a sequence. Reads the whole journal."""
    return dict(connection.execute(_SIZES, (through,)).fetchall())


def oldest_of(connection: sqlite3.Connection, site: str, over_bytes: int) -> OverShare:
    """Return the oldest entries of a site, at most a slice, of a total size."""
    sequences: list[int] = []
    for sequence, size_bytes in connection.execute(_OLDEST, (site, SLICE)):
        if over_bytes <= 0:
            break
        sequences.append(sequence)
        over_bytes -= size_bytes
    return OverShare(site=site, sequences=tuple(sequences))
