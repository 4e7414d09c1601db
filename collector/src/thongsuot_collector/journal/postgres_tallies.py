"""Tallies of each consumer's entries, and the stored batch numbers, in PostgreSQL."""

from collections.abc import Mapping, Sequence

import psycopg

from thongsuot_collector.journal.journal import StreamNeighbours, Tally
from thongsuot_collector.journal.postgres_tables import PostgresConnection
from thongsuot_collector.journal.ranges import Range, merged_by_stream

_ADD = """
    INSERT INTO tallies (day, consumer, site, delivered, set_aside, lost)
    SELECT day, %s, site, delivered, set_aside, lost
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS added (day, site, delivered, set_aside, lost)
    ON CONFLICT (day, consumer, site) DO UPDATE SET
        delivered = tallies.delivered + excluded.delivered,
        set_aside = tallies.set_aside + excluded.set_aside,
        lost = tallies.lost + excluded.lost
"""
_COUNT = """
    UPDATE cursors SET
        begun = coalesce(begun, %s), delivered = delivered + %s, set_aside = set_aside + %s
    WHERE consumer = %s
"""
_UP_TO = """
    SELECT number, epoch_ns FROM entries
    WHERE site = %s AND stream = %s AND number <= %s ORDER BY number DESC LIMIT 1
"""
_ABOVE = """
    SELECT number, epoch_ns FROM entries
    WHERE site = %s AND stream = %s AND number > %s ORDER BY number LIMIT 1
"""
# Consecutive numbers have the same distance from their positions. The bodies' lengths are in the
# table: an index still lists the entries of a page that a disk has lost.
_KEPT = """
    SELECT site, stream, min(number), max(number) FROM (
        SELECT site, stream, number,
            number - row_number() OVER (PARTITION BY site, stream ORDER BY number) AS distance
        FROM entries WHERE octet_length(body) >= 0
    ) AS numbered
    GROUP BY site, stream, distance
    UNION ALL
    SELECT site, stream, first, last FROM trimmed
"""

_COUNTED = """
    SELECT journal.entries - found.entries, journal.body_bytes - found.bytes FROM journal, (
        SELECT count(*) AS entries, coalesce(sum(octet_length(body)), 0) AS bytes FROM entries
    ) AS found
"""
_SPOILED = (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted, psycopg.errors.IoError)


def add(
    connection: PostgresConnection,
    consumer: str,
    tallies: Sequence[Tally],
    *,
    begun: int | None = None,
) -> None:
    """Add to the counts of a consumer with a cursor; see ``Journal.commit``."""
    for tally in tallies:
        # One at a time: the same day and site may occur twice, which one statement would reject.
        _add(connection, consumer, [tally])
    delivered = sum(tally.delivered for tally in tallies)
    dead_letters = sum(tally.dead_letters for tally in tallies)
    connection.execute(_COUNT, (begun, delivered, dead_letters, consumer))


def _add(connection: PostgresConnection, consumer: str, tallies: Sequence[Tally]) -> None:
    connection.execute(
        _ADD,
        (
            consumer,
            [tally.day for tally in tallies],
            [tally.site for tally in tallies],
            [tally.delivered for tally in tallies],
            [tally.dead_letters for tally in tallies],
            [tally.lost for tally in tallies],
        ),
    )


def add_retried(
    connection: PostgresConnection, consumer: str, sequence: int, day: int, site: str
) -> None:
    """Count an entry that was a dead letter as delivered; only once."""
    done = connection.execute(
        "INSERT INTO retried VALUES (%s, %s) ON CONFLICT DO NOTHING", (consumer, sequence)
    )
    if done.rowcount:
        add(connection, consumer, [Tally(day=day, site=site, delivered=1, dead_letters=-1)])


def add_lost(
    connection: PostgresConnection, consumer: str, lost: Mapping[tuple[int, str], int]
) -> None:
    """Add entries that a consumer will never read, by day and site."""
    _add(
        connection,
        consumer,
        [Tally(day=day, site=site, lost=count) for (day, site), count in lost.items()],
    )


def forget_old(connection: PostgresConnection, last_day: int) -> None:
    """Remove the tallies of all days up to one."""
    connection.execute("DELETE FROM tallies WHERE day <= %s", (last_day,))


def listed(
    connection: PostgresConnection, from_day: int, site: str, *, lost_only: bool = False
) -> dict[str, list[Tally]]:
    """Return tallies from a day on, by consumer; see ``Journal.tallies``."""
    by_consumer: dict[str, list[Tally]] = {}
    for day, consumer, name, delivered, dead_letters, lost in connection.execute(
        "SELECT day, consumer, site, delivered, set_aside, lost FROM tallies "
        "WHERE day >= %(from_day)s AND (%(site)s = '' OR site = %(site)s) "
        "AND (lost > 0 OR NOT %(lost_only)s) ORDER BY day, site",
        {"from_day": from_day, "site": site, "lost_only": lost_only},
    ):
        by_consumer.setdefault(consumer, []).append(
            Tally(day=day, site=name, delivered=delivered, dead_letters=dead_letters, lost=lost)
        )
    return by_consumer


def flaw(connection: PostgresConnection) -> str:
    """
    Return what is missing or unreadable of the entries; see ``Journal``.

    A page that a disk returns empty is valid to the server, even with checksums: its rows are gone
    without an error. The numbers of what was appended and not removed are kept beside it.
    """
    try:
        row = connection.execute(_COUNTED).fetchone()
    except _SPOILED as error:
        return f"stored entries on a page that cannot be read ({error.diag.message_primary})"
    assert row is not None, "the journal has its row"
    if not any(row):
        return ""
    return f"{row[0]} stored entries ({row[1]} bytes), which are on no page of their table any more"


def neighbours(
    connection: PostgresConnection, site: str, stream: str, number: int
) -> StreamNeighbours:
    """Return the entries of a stream at a number and beside it."""
    up_to, above = (
        connection.execute(query, (site, stream, number), binary=True, prepare=True).fetchone()
        for query in (_UP_TO, _ABOVE)
    )
    return StreamNeighbours(up_to=up_to, above=above)


def kept(connection: PostgresConnection) -> dict[tuple[str, str], tuple[Range, ...]]:
    """Return the numbers that are held or were trimmed, by site and stream."""
    return merged_by_stream(connection.execute(_KEPT))
