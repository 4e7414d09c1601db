"""Trims the PostgreSQL journal; each function is called in the order (``take_order``)."""

from collections.abc import Sequence

from msgspec import structs

from thongsuot_collector.journal import postgres_rows as rows
from thongsuot_collector.journal import postgres_tallies, ranges
from thongsuot_collector.journal.journal import Cursor, Readers, Trimmed
from thongsuot_collector.journal.postgres_tables import PostgresConnection
from thongsuot_collector.journal.site_shares import SLICE, OverShare
from thongsuot_collector.journal.trimming import (
    LAYOUT_GRACE_NS,
    TRIM_SLICE,
    RemovedEntry,
    last_forgotten_day,
    numbers_by_stream,
    removable,
    sizes_by_site,
    unread,
)

_REMOVED = "SELECT sequence, site, stream, number, received_ns, octet_length(body) FROM entries"
_OLDEST_OF = """
    SELECT sequence, octet_length(body) FROM entries WHERE site = %s ORDER BY sequence LIMIT %s
"""
_SIZES = """
    SELECT site, sum(octet_length(body))::bigint FROM entries
    WHERE sequence > %s AND sequence <= %s GROUP BY site
"""


def trim(
    connection: PostgresConnection,
    readers: Readers,
    received_before_ns: int,
    max_bytes: int,
    *,
    most_bytes: int | None = None,
) -> Trimmed:
    """
    Remove at most one slice of the oldest entries; see ``Journal.trim``. For the size at most
    ``most_bytes`` are removed: then the sites' shares are checked again.
    """
    cursors = _cursors(connection, readers)
    read_to = [cursor.sequence for cursor in cursors.values()]
    excess_bytes = rows.size_bytes(connection) - max_bytes
    if most_bytes is not None:
        excess_bytes = min(excess_bytes, most_bytes)
    oldest = connection.execute(f"{_REMOVED} ORDER BY sequence LIMIT %s", (TRIM_SLICE,))
    removed = removable(
        oldest,
        floor=min(read_to, default=rows.extent(connection).head),
        received_before_ns=received_before_ns,
        excess_bytes=excess_bytes,
    )
    trimmed = _remove(connection, readers, removed)
    _drop_unused_layouts(connection, received_before_ns)
    return trimmed


def trim_site(connection: PostgresConnection, readers: Readers, over_share: OverShare) -> Trimmed:
    """Remove entries of a site that holds more than its share; see ``Journal.trim``."""
    removed: list[RemovedEntry] = list(
        connection.execute(
            f"{_REMOVED} WHERE sequence = ANY(%s) AND site = %s ORDER BY sequence",
            (list(over_share.sequences), over_share.site),
        )
    )
    trimmed = _remove(connection, readers, removed)
    return structs.replace(trimmed, site=over_share.site)


def trims(connection: PostgresConnection) -> int:
    """Return the number of trims, by any process."""
    row = connection.execute("SELECT trims FROM journal").fetchone()
    assert row is not None, "the journal has its row"
    return int(row[0])


def sizes(connection: PostgresConnection, after: int, through: int) -> dict[str, int]:
    """Return the bytes of bodies of each site, of sequences above ``after`` and up to another."""
    return dict(connection.execute(_SIZES, (after, through)).fetchall())


def oldest_of(connection: PostgresConnection, site: str, over_bytes: int) -> OverShare:
    """Return the oldest entries of a site, at most a slice, of a total size."""
    sequences: list[int] = []
    for sequence, size_bytes in connection.execute(_OLDEST_OF, (site, SLICE)):
        if over_bytes <= 0:
            break
        sequences.append(sequence)
        over_bytes -= size_bytes
    return OverShare(site=site, sequences=tuple(sequences))


def _cursors(connection: PostgresConnection, readers: Readers) -> dict[str, Cursor]:
    known = rows.cursors(connection)
    return {name: known.get(name, Cursor()) for name in readers.names}


def _remove(
    connection: PostgresConnection, readers: Readers, removed: Sequence[RemovedEntry]
) -> Trimmed:
    """Remove entries, and store and count their remaining data."""
    by_site = sizes_by_site(removed)
    lost: dict[str, int] = {}
    if removed:
        _remember_identities(connection, removed)
        sequences = [sequence for sequence, *_ in removed]
        connection.execute("DELETE FROM entries WHERE sequence = ANY(%s)", (sequences,))
        connection.execute(
            "UPDATE journal SET trims = trims + 1, entries = entries - %s, "
            "body_bytes = body_bytes - %s",
            (len(removed), sum(by_site.values())),
        )
        postgres_tallies.forget_old(connection, last_forgotten_day(removed))
    for consumer, cursor in _cursors(connection, readers).items():
        of_consumer = unread(removed, readers.read_by(consumer, cursor))
        if of_consumer:
            lost[consumer] = of_consumer.total()
            rows.count_lost(connection, consumer, lost[consumer])
            postgres_tallies.add_lost(connection, consumer, of_consumer)
    return Trimmed(
        removed=len(removed),
        first=removed[0][0] if removed else 0,
        last=removed[-1][0] if removed else 0,
        lost=lost,
        sizes=by_site,
    )


def _remember_identities(connection: PostgresConnection, removed: Sequence[RemovedEntry]) -> None:
    """
    Keep the identities of removed entries, as ranges, so that a repetition is still recognised.
    """
    for identity, fresh in numbers_by_stream(removed).items():
        known = connection.execute(
            "DELETE FROM trimmed WHERE site = %s AND stream = %s RETURNING first, last", identity
        ).fetchall()
        parts = ranges.merged([*((first, last) for first, last in known), *fresh])
        connection.execute(
            "INSERT INTO trimmed SELECT %s, %s, first, last "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS part (first, last)",
            (*identity, [first for first, _ in parts], [last for _, last in parts]),
        )


def _drop_unused_layouts(connection: PostgresConnection, received_before_ns: int) -> None:
    oldest_ns = rows.extent(connection).tail_received_ns
    before_ns = min(received_before_ns, oldest_ns) if oldest_ns else received_before_ns
    connection.execute("DELETE FROM layouts WHERE received_ns < %s", (before_ns - LAYOUT_GRACE_NS,))
