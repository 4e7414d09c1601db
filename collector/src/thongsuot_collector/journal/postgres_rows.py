"""The synchronous operations of the PostgreSQL journal inside one connection."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from thongsuot_collector.journal import postgres_tallies
from thongsuot_collector.journal.entry import (
    AppendOutcome,
    AppendResult,
    JournalEntry,
    StoredEntry,
    stored_entry,
)
from thongsuot_collector.journal.journal import (
    LOST_RANGE_COLUMNS,
    MOST_GENERATIONS,
    Cursor,
    Damage,
    Extent,
    Generation,
    LostRange,
    day_of,
)
from thongsuot_collector.journal.postgres_tables import PostgresConnection
from thongsuot_schema.batch.digest import digest_of

CHANNEL = "thongsuot_journal"
"""Its notifications contain the newest sequence."""

ENTRY_OVERHEAD_BYTES = 260
"""
Size of an entry beside its body, with both indexes (measured 2026-11: 862 bytes for 600).
"""

_COLUMNS = "site, stream, number, digest, layout, received_ns, epoch_ns, clock, body, signature"
_APPEND = f"""
    WITH pushed AS (
        SELECT pushed.*,
            (SELECT digest FROM entries
             WHERE entries.site = pushed.site AND entries.stream = pushed.stream
                AND entries.number = pushed.number) AS kept,
            EXISTS (SELECT FROM trimmed
             WHERE trimmed.site = pushed.site AND trimmed.stream = pushed.stream
                AND first <= pushed.number AND last >= pushed.number) AS is_trimmed
        FROM unnest(
            %b::text[], %b::text[], %b::bigint[], %b::bytea[], %b::bytea[],
            %b::bigint[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[]
        ) WITH ORDINALITY AS pushed ({_COLUMNS}, place)
    ), fresh AS (
        SELECT *, row_number() OVER (ORDER BY place) AS rank FROM pushed
        WHERE kept IS NULL AND NOT is_trimmed
    ), moved AS (
        UPDATE journal SET
            head = head + added.entries,
            entries = journal.entries + added.entries,
            body_bytes = body_bytes + added.bytes
        FROM (
            SELECT count(*) AS entries, coalesce(sum(octet_length(body)), 0) AS bytes FROM fresh
        ) AS added
        RETURNING head - added.entries AS base, pg_notify('{CHANNEL}', head::text)
    ), inserted AS (
        INSERT INTO entries (sequence, {_COLUMNS})
        SELECT base + rank, {_COLUMNS} FROM fresh, moved
    )
    SELECT place, pushed.kept, base + rank
    FROM pushed LEFT JOIN fresh USING (place) CROSS JOIN moved
"""  # noqa: S608 - our own columns
_READ = f"""
    SELECT sequence, {_COLUMNS} FROM (
        SELECT *, sum(octet_length(body)) OVER (ORDER BY sequence ROWS UNBOUNDED PRECEDING)
            - octet_length(body) AS before_bytes
        FROM (
            SELECT * FROM entries
            WHERE sequence > %(after)s AND sequence <= %(through)s {{where}}
            ORDER BY sequence LIMIT %(limit)s
        ) AS page
    ) AS sized
    WHERE before_bytes < %(size_bytes)s
    ORDER BY sequence
"""  # noqa: S608 - our own columns
_READ_ALL, _READ_SITE = _READ.format(where=""), _READ.format(where="AND site = %(site)s")
_COMMIT = """
    INSERT INTO cursors (consumer, sequence, note) VALUES (%s, %s, %s)
    ON CONFLICT (consumer) DO UPDATE SET sequence = excluded.sequence, note = excluded.note
"""


def append(connection: PostgresConnection, entries: Sequence[JournalEntry]) -> list[AppendResult]:
    """
    Insert entries whose identities have never been stored; call it in the order (``take_order``).

    It is one statement, regardless of their number. It writes even if nothing is new, so that its
    commit waits until a synchronous standby has everything that it reports as stored.
    """
    places: dict[tuple[str, str, int], int] = {}
    first: list[JournalEntry] = []
    for entry in entries:
        if places.setdefault((entry.site, entry.stream, entry.number), len(first)) == len(first):
            first.append(entry)
    with connection.cursor(binary=True) as cursor:
        cursor.execute(_APPEND, _as_columns(first), prepare=True)
        outcomes = {place: (kept, sequence) for place, kept, sequence in cursor}
    results: list[AppendResult] = []
    seen: set[int] = set()
    for entry in entries:
        place = places[(entry.site, entry.stream, entry.number)]
        kept, sequence = outcomes[place + 1]
        if sequence is not None and place not in seen:
            seen.add(place)
            results.append(AppendResult(outcome=AppendOutcome.APPENDED, sequence=sequence))
            continue
        # Trimmed ones cannot be compared any more; they were durable, which is what matters.
        digest = first[place].digest if sequence is not None else kept
        is_same = digest is None or digest == entry.digest
        reception = AppendOutcome.REPEATED if is_same else AppendOutcome.CONFLICT
        results.append(AppendResult(outcome=reception))
    return results


def _as_columns(entries: Sequence[JournalEntry]) -> tuple[list[Any], ...]:
    return (
        [entry.site for entry in entries],
        [entry.stream for entry in entries],
        [entry.number for entry in entries],
        [entry.digest for entry in entries],
        [entry.layout for entry in entries],
        [entry.received_ns for entry in entries],
        [entry.epoch_ns for entry in entries],
        [entry.clock.value for entry in entries],
        [entry.body for entry in entries],
        [entry.signature for entry in entries],
    )


def read(
    connection: PostgresConnection,
    bounds: tuple[int, int, int],
    size_bytes: int,
    *,
    site: str = "",
) -> tuple[list[StoredEntry], list[int]]:
    """
    Return the entries within ``bounds`` (after, through, at most), until their bodies exceed a
    size: of a site (empty: of all); and the sequences of those whose body has changed since.
    """
    entries: list[StoredEntry] = []
    damaged: list[int] = []
    for kept in stored(connection, bounds, size_bytes, site=site):
        if digest_of(kept.entry.body) == kept.entry.digest:
            entries.append(kept)
        else:
            damaged.append(kept.sequence)
    return entries, damaged


def stored(
    connection: PostgresConnection,
    bounds: tuple[int, int, int],
    size_bytes: int,
    *,
    site: str = "",
) -> list[StoredEntry]:
    """Return the same as ``read``, without comparing digests."""
    after, through, limit = bounds
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            _READ_SITE if site else _READ_ALL,
            {
                "after": after,
                "through": through,
                "limit": limit,
                "size_bytes": size_bytes,
                "site": site,
            },
            prepare=True,
        )
        return [stored_entry(row) for row in cursor]


def has_entry(connection: PostgresConnection, sequence: int, digest: bytes) -> bool:
    """Return whether a sequence has an entry with this digest, or none any more."""
    if not sequence:
        return True
    row = connection.execute(
        "SELECT digest FROM entries WHERE sequence = %s", (sequence,), binary=True
    ).fetchone()
    return row is None or bytes(row[0]) == digest


def note_damaged(connection: PostgresConnection, sequences: Sequence[int]) -> int:
    """
    Remove entries whose bodies differ from what was appended, and count them as lost; return their
    number; to be called in the order (``take_order``).

    They stay in a table of their own, for inspection. A device that still has such a batch may push
    it again.
    """
    taken_out = 0
    for sequence in sequences:
        row = connection.execute(
            f"SELECT sequence, {_COLUMNS} FROM entries WHERE sequence = %s",  # noqa: S608
            (sequence,),
            binary=True,
        ).fetchone()
        if row is None:
            continue  # another process has done it
        entry = stored_entry(row).entry
        if digest_of(entry.body) == entry.digest:
            continue  # only the copy read before was damaged
        _take_out(connection, sequence, entry)
        taken_out += 1
    return taken_out


def _take_out(connection: PostgresConnection, sequence: int, entry: JournalEntry) -> None:
    found_ns = time.time_ns()
    connection.execute(
        "INSERT INTO damaged_entries SELECT * FROM entries WHERE sequence = %s", (sequence,)
    )
    connection.execute("DELETE FROM entries WHERE sequence = %s", (sequence,))
    connection.execute(
        "UPDATE journal SET entries = entries - 1, body_bytes = body_bytes - %s",
        (len(entry.body),),
    )
    connection.execute(
        "INSERT INTO damage VALUES (%s, %s, %s, 1, %s, %s, %s, %s)",
        (found_ns, sequence, sequence, entry.site, entry.stream, entry.number, entry.number),
    )
    for consumer, cursor in cursors(connection).items():
        if cursor.sequence < sequence:
            count_lost(connection, consumer, 1)
            lost = {(day_of(found_ns), entry.site): 1}
            postgres_tallies.add_lost(connection, consumer, lost)


def count_lost(connection: PostgresConnection, consumer: str, lost: int) -> None:
    """Count entries that a consumer will never read."""
    connection.execute(
        "INSERT INTO cursors (consumer, sequence, note, lost) VALUES (%s, 0, '', %s) "
        "ON CONFLICT (consumer) DO UPDATE SET lost = cursors.lost + excluded.lost",
        (consumer, lost),
    )


def note_forgotten(connection: PostgresConnection, lost: str) -> None:
    """Add a loss outside of the journal."""
    connection.execute(
        "INSERT INTO damage VALUES (%s, 0, 0, 0, '', '', 0, 0, %s)", (time.time_ns(), lost)
    )


def begin_generation(connection: PostgresConnection) -> str:
    """Begin a generation, and return its id; only the newest ones are remembered."""
    generation = secrets.token_hex(8)
    connection.execute(
        "INSERT INTO generations (id, head) SELECT %s, head FROM journal", (generation,)
    )
    connection.execute(
        "DELETE FROM generations WHERE number <= (SELECT max(number) FROM generations) - %s",
        (MOST_GENERATIONS,),
    )
    return generation


def generations(connection: PostgresConnection) -> list[Generation]:
    """Return the generations, the oldest first."""
    rows = connection.execute("SELECT id, head FROM generations ORDER BY number")
    return [Generation(id=row[0], head=row[1]) for row in rows]


def put_layout(
    connection: PostgresConnection, layout_id: bytes, body: bytes, received_ns: int
) -> None:
    """Insert a layout, or record that it is still in use."""
    connection.execute(
        "INSERT INTO layouts (id, received_ns, body) VALUES (%s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET received_ns = excluded.received_ns",
        (layout_id, received_ns, body),
    )


def layout(connection: PostgresConnection, layout_id: bytes) -> bytes | None:
    """Return the body of a layout."""
    row = connection.execute(
        "SELECT body FROM layouts WHERE id = %s", (layout_id,), binary=True
    ).fetchone()
    return row[0] if row else None


def cursors(connection: PostgresConnection, consumer: str = "") -> dict[str, Cursor]:
    """Return the cursors of all consumers that have ever committed, or of one."""
    rows = connection.execute(
        "SELECT consumer, sequence, note, lost, begun, delivered, set_aside FROM cursors "
        "WHERE %(consumer)s = '' OR consumer = %(consumer)s ORDER BY consumer",
        {"consumer": consumer},
        binary=True,
    )
    return {
        row[0]: Cursor(
            sequence=row[1],
            note=row[2],
            lost=row[3],
            begun=row[4],
            delivered=row[5],
            dead_letters=row[6],
        )
        for row in rows
    }


def commit(connection: PostgresConnection, consumer: str, sequence: int, note: bytes) -> None:
    """Set a consumer's cursor and note."""
    connection.execute(_COMMIT, (consumer, sequence, note))


def check_append(connection: PostgresConnection) -> None:
    """
    Append nothing: that needs the rights and the locks of an append, and waits for no longer.

    The leader takes a saved cursor for the proof that devices could be heard: not if an
    administrator has locked the table of entries alone (``VACUUM FULL``, ``CREATE INDEX``), or has
    revoked a right to it.
    """
    connection.execute(_APPEND, _as_columns([]), prepare=True, binary=True)


def extent(connection: PostgresConnection) -> Extent:
    """Return the extent of the current content."""
    row = connection.execute(
        """
        SELECT head, body_bytes, entries,
            (SELECT received_ns FROM entries ORDER BY sequence DESC LIMIT 1),
            oldest.sequence, oldest.received_ns,
            current_setting('synchronous_standby_names') <> ''
        FROM journal LEFT JOIN LATERAL (
            SELECT sequence, received_ns FROM entries ORDER BY sequence LIMIT 1
        ) AS oldest ON true
        """
    ).fetchone()
    assert row is not None, "the journal has its row"
    return Extent(
        head=row[0],
        head_received_ns=row[3] or 0,
        tail=row[4] or 0,
        tail_received_ns=row[5] or 0,
        size_bytes=row[1] + ENTRY_OVERHEAD_BYTES * row[2],
        waits_for_standby=row[6],
    )


def size_bytes(connection: PostgresConnection) -> int:
    """Return the size of the entries; their tables shrink later, when they are vacuumed."""
    row = connection.execute("SELECT body_bytes, entries FROM journal").fetchone()
    assert row is not None, "the journal has its row"
    return int(row[0] + ENTRY_OVERHEAD_BYTES * row[1])


def damage(connection: PostgresConnection) -> Damage:
    """Return all losses to a broken disk."""
    rows = connection.execute(
        f"SELECT found_ns, {', '.join(LOST_RANGE_COLUMNS)} FROM damage "  # noqa: S608 - our own
        "ORDER BY found_ns, first, site, stream, first_number"
    ).fetchall()
    lost = tuple(
        LostRange(found_ns=row[0], **dict(zip(LOST_RANGE_COLUMNS, row[1:], strict=True)))
        for row in rows
    )
    return Damage(found_ns=max((row[0] for row in rows), default=0), lost=lost)
