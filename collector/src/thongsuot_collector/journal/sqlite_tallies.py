"""The fate of entries at each consumer, and the stored numbers: the data of the account."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby

from thongsuot_collector.journal.journal import StreamNeighbours, Tally
from thongsuot_collector.journal.ranges import Range, merged_by_stream

_ADD = """
    INSERT INTO tallies (day, consumer, site, delivered, set_aside, lost)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (day, consumer, site) DO UPDATE SET
        delivered = delivered + excluded.delivered,
        set_aside = set_aside + excluded.set_aside,
        lost = lost + excluded.lost
"""
_COUNT = """
    UPDATE cursors SET
        begun = coalesce(begun, ?2), delivered = delivered + ?3, set_aside = set_aside + ?4
    WHERE consumer = ?1
"""

_UP_TO = """
    SELECT number, epoch_ns FROM entries
    WHERE site = ? AND stream = ? AND number <= ? ORDER BY number DESC LIMIT 1
"""
_ABOVE = """
    SELECT number, epoch_ns FROM entries
    WHERE site = ? AND stream = ? AND number > ? ORDER BY number LIMIT 1
"""


def add(
    connection: sqlite3.Connection,
    consumer: str,
    tallies: Sequence[Tally],
    *,
    begun: int | None = None,
) -> None:
    """Add to the counts of a consumer with a cursor; see ``Journal.commit``."""
    connection.executemany(
        _ADD,
        [
            (tally.day, consumer, tally.site, tally.delivered, tally.dead_letters, tally.lost)
            for tally in tallies
        ],
    )
    delivered = sum(tally.delivered for tally in tallies)
    dead_letters = sum(tally.dead_letters for tally in tallies)
    connection.execute(_COUNT, (consumer, begun, delivered, dead_letters))


def add_retried(
    connection: sqlite3.Connection, consumer: str, sequence: int, day: int, site: str
) -> None:
    """Count an entry that was a dead letter as delivered; a second time nothing happens."""
    done = connection.execute("INSERT OR IGNORE INTO retried VALUES (?, ?)", (consumer, sequence))
    if done.rowcount:
        add(connection, consumer, [Tally(day=day, site=site, delivered=1, dead_letters=-1)])


def add_lost(
    connection: sqlite3.Connection, consumer: str, lost: Mapping[tuple[int, str], int]
) -> None:
    """Add entries that a consumer will never read, by day and site."""
    connection.executemany(
        _ADD, [(day, consumer, site, 0, 0, count) for (day, site), count in lost.items()]
    )


def forget_old(connection: sqlite3.Connection, last_day: int) -> None:
    """Remove the tallies of all days up to one."""
    connection.execute("DELETE FROM tallies WHERE day <= ?", (last_day,))


def listed(
    connection: sqlite3.Connection, from_day: int, site: str, *, lost_only: bool = False
) -> dict[str, list[Tally]]:
    """Return tallies from a day on, by consumer; see ``Journal.tallies``."""
    by_consumer: dict[str, list[Tally]] = {}
    for day, consumer, name, delivered, dead_letters, lost in connection.execute(
        "SELECT day, consumer, site, delivered, set_aside, lost FROM tallies "
        "WHERE day >= ?1 AND (?2 = '' OR site = ?2) AND (lost > 0 OR NOT ?3) ORDER BY day, site",
        (from_day, site, lost_only),
    ):
        by_consumer.setdefault(consumer, []).append(
            Tally(day=day, site=name, delivered=delivered, dead_letters=dead_letters, lost=lost)
        )
    return by_consumer


def neighbours(
    connection: sqlite3.Connection, site: str, stream: str, number: int
) -> StreamNeighbours:
    """Return the entries of a stream at a number and beside it."""
    up_to, above = (
        connection.execute(query, (site, stream, number)).fetchone() for query in (_UP_TO, _ABOVE)
    )
    return StreamNeighbours(up_to=up_to, above=above)


def kept(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[Range, ...]]:
    """Return the numbers that are held or were trimmed, by site and stream."""
    trimmed = connection.execute("SELECT site, stream, first, last FROM trimmed")
    return merged_by_stream(chain(trimmed, _held(connection)))


def _held(connection: sqlite3.Connection) -> Iterator[tuple[str, str, int, int]]:
    # From the index of identities alone, in its order.
    rows = connection.execute("SELECT site, stream, number FROM entries ORDER BY 1, 2, 3")
    for key, group in groupby(rows, key=lambda row: (row[0], row[1])):
        for first, last in _consecutive(row[2] for row in group):
            yield (*key, first, last)


def _consecutive(numbers: Iterable[int]) -> Iterator[Range]:
    first: int | None = None
    last = 0
    for number in numbers:
        if first is not None and number != last + 1:
            yield first, last
            first = None
        first, last = number if first is None else first, number
    if first is not None:
        yield first, last
