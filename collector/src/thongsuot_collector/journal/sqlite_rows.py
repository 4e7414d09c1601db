"""
The operations of the SQLite journal inside one connection: rows in, rows out, nothing awaited.
"""

import secrets
import sqlite3
import time
from collections.abc import Sequence

from msgspec import structs

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import ranges, sqlite_tallies
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
    Readers,
    Trimmed,
)
from thongsuot_collector.journal.site_shares import OverShare
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
from thongsuot_schema.localizable import Localizable

_APPEND = """
    INSERT INTO entries
        (site, stream, number, digest, layout, received_ns, epoch_ns, clock, body, signature)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
    WHERE NOT EXISTS
        (SELECT 1 FROM trimmed WHERE site = ?1 AND stream = ?2 AND first <= ?3 AND last >= ?3)
    ON CONFLICT DO NOTHING
"""
_READ = """
    SELECT sequence, site, stream, number, digest, layout, received_ns, epoch_ns, clock, body,
        signature
    FROM entries WHERE sequence > ?1 AND sequence <= ?2 AND (?4 = '' OR site = ?4)
    ORDER BY sequence LIMIT ?3
"""
_COMMIT = """
    INSERT INTO cursors (consumer, sequence, note) VALUES (?, ?, ?)
    ON CONFLICT (consumer) DO UPDATE SET sequence = excluded.sequence, note = excluded.note
"""


def name(connection: sqlite3.Connection) -> str:
    """Return the name the journal was given when it was made."""
    return str(connection.execute("SELECT name FROM journal").fetchone()[0])


def check_version(version: int, known: int) -> None:
    """
    Check that this collector knows the version of a file.

    Raises:
        JournalError: it is of a newer collector.
    """
    if version > known:
        raise JournalError(
            Localizable(
                "the journal is of version {version}, this collector knows up to "
                "{known}; install the newer collector again",
                version=version,
                known=known,
            )
        )


def last_sequence(connection: sqlite3.Connection) -> int:
    """Return the newest sequence ever given out, also when its entry was trimmed."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    return int(row[0]) if row else 0


def check_append(connection: sqlite3.Connection) -> None:
    """Write what changes nothing: a disk that takes no entries does not take this either."""
    connection.execute("UPDATE journal SET name = name")


def begin_generation(connection: sqlite3.Connection) -> str:
    """Begin a generation, and return its id; only the newest ones are remembered."""
    generation = secrets.token_hex(8)
    connection.execute(
        "INSERT INTO generations (id, head) VALUES (?, ?)", (generation, last_sequence(connection))
    )
    connection.execute(
        "DELETE FROM generations WHERE number <= (SELECT max(number) FROM generations) - ?",
        (MOST_GENERATIONS,),
    )
    return generation


def generations(connection: sqlite3.Connection) -> list[Generation]:
    """Return the generations, the oldest first."""
    rows = connection.execute("SELECT id, head FROM generations ORDER BY number")
    return [Generation(id=row[0], head=row[1]) for row in rows]


def append(connection: sqlite3.Connection, entry: JournalEntry) -> AppendResult:
    """Insert an entry, unless its identity was ever there."""
    done = connection.execute(
        _APPEND,
        (
            entry.site,
            entry.stream,
            entry.number,
            entry.digest,
            entry.layout,
            entry.received_ns,
            entry.epoch_ns,
            entry.clock.value,
            entry.body,
            entry.signature,
        ),
    )
    if done.rowcount == 1:
        assert done.lastrowid is not None
        return AppendResult(outcome=AppendOutcome.APPENDED, sequence=done.lastrowid)
    kept = connection.execute(
        "SELECT digest FROM entries WHERE site = ? AND stream = ? AND number = ?",
        (entry.site, entry.stream, entry.number),
    ).fetchone()
    if kept is not None and kept[0] != entry.digest:
        return AppendResult(outcome=AppendOutcome.CONFLICT)
    # Trimmed ones cannot be compared any more; they were durable, which is what matters.
    return AppendResult(outcome=AppendOutcome.REPEATED)


def read(
    connection: sqlite3.Connection,
    bounds: tuple[int, int, int],
    size_bytes: int,
    *,
    site: str = "",
) -> list[StoredEntry]:
    """
    Return entries after, through and at most (``bounds``), until their bodies pass a size: of a
    site (empty: of all).
    """
    entries: list[StoredEntry] = []
    # In the order of sequences, whatever the index of identities promises.
    for row in connection.execute(_READ, (*bounds, site)):
        entries.append(stored_entry(row))
        size_bytes -= len(row[9])
        if size_bytes <= 0:
            break
    return entries


def put_layout(
    connection: sqlite3.Connection, layout_id: bytes, body: bytes, received_ns: int
) -> None:
    """Insert a layout, or note that it is still in use."""
    connection.execute(
        "INSERT INTO layouts (id, received_ns, body) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET received_ns = excluded.received_ns",
        (layout_id, received_ns, body),
    )


def layout(connection: sqlite3.Connection, layout_id: bytes) -> bytes | None:
    """Return the body of a layout."""
    row = connection.execute("SELECT body FROM layouts WHERE id = ?", (layout_id,)).fetchone()
    return bytes(row[0]) if row else None


def cursor(connection: sqlite3.Connection, consumer: str) -> Cursor:
    """Return a consumer's cursor; the beginning for one never seen."""
    return cursors(connection, consumer).get(consumer, Cursor())


def cursors(connection: sqlite3.Connection, consumer: str = "") -> dict[str, Cursor]:
    """Return the cursors of all consumers that ever committed, or of one."""
    columns = ["sequence", "note", "lost", "begun", "delivered", "set_aside"]
    fields = ["sequence", "note", "lost", "begun", "delivered", "dead_letters"]
    if not has_table(connection, "tallies"):  # the file is of an earlier version
        del columns[3:], fields[3:]
    rows = connection.execute(
        f"SELECT consumer, {', '.join(columns)} FROM cursors "  # noqa: S608 - our own columns
        "WHERE ?1 = '' OR consumer = ?1 ORDER BY consumer",
        (consumer,),
    )
    return {row[0]: Cursor(**dict(zip(fields, row[1:], strict=True))) for row in rows}


def commit(connection: sqlite3.Connection, consumer: str, sequence: int, note: bytes) -> None:
    """Set a consumer's cursor and note; both are written even if they are unchanged."""
    # SQLite writes no page on which a row stays what it was, and the commit would then succeed on a
    # disk that refuses every write: it would prove nothing (``correlation.listening``).
    connection.execute(
        "UPDATE cursors SET sequence = -1 - sequence WHERE consumer = ? AND sequence = ?",
        (consumer, sequence),
    )
    connection.execute(_COMMIT, (consumer, sequence, note))


def extent(connection: sqlite3.Connection) -> Extent:
    """Return the current content."""
    oldest = connection.execute(
        "SELECT sequence, received_ns FROM entries ORDER BY sequence LIMIT 1"
    ).fetchone()
    newest = connection.execute(
        "SELECT received_ns FROM entries ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    used_bytes, unused_bytes = _sizes(connection)
    return Extent(
        head=last_sequence(connection),
        head_received_ns=newest[0] if newest else 0,
        tail=oldest[0] if oldest else 0,
        tail_received_ns=oldest[1] if oldest else 0,
        size_bytes=used_bytes,
        unused_bytes=unused_bytes,
    )


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether a journal has a table: earlier versions have fewer."""
    row = connection.execute(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)
    ).fetchone()
    return bool(row[0])


def has_column(connection: sqlite3.Connection, table: str, name: str) -> bool:
    """Return whether a table of a journal has a column: those of earlier versions have fewer."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return name in {row[0] for row in rows}


def damage(connection: sqlite3.Connection) -> Damage:
    """Return all losses to a broken disk."""
    if not has_table(connection, "damage"):
        return Damage()
    is_current = has_column(connection, "damage", "forgotten")
    # A file of an earlier version lacks the last one.
    columns = LOST_RANGE_COLUMNS if is_current else LOST_RANGE_COLUMNS[:-1]
    rows = connection.execute(
        f"SELECT found_ns, {', '.join(columns)} FROM damage "  # noqa: S608 - our own columns
        "ORDER BY found_ns, first, site, stream, first_number, rowid"
    ).fetchall()
    lost = tuple(
        LostRange(found_ns=row[0], **dict(zip(columns, row[1:], strict=True))) for row in rows
    )
    return Damage(found_ns=max((row[0] for row in rows), default=0), lost=lost)


def note_forgotten(connection: sqlite3.Connection, lost: str) -> None:
    """Add a loss outside of the journal."""
    connection.execute(
        "INSERT INTO damage VALUES (?, '', 0, 0, 0, '', '', 0, 0, ?)", (time.time_ns(), lost)
    )


def trim(
    connection: sqlite3.Connection,
    readers: Readers,
    received_before_ns: int,
    max_bytes: int,
    *,
    most_bytes: int | None = None,
) -> Trimmed:
    """
    Remove at most one slice of the oldest entries; see ``Journal.trim``. For the size no more than
    ``most_bytes`` go: then it is looked again who holds more than a share.
    """
    read_to = [cursor(connection, name).sequence for name in readers.names]
    floor = min(read_to, default=last_sequence(connection))
    excess_bytes = size_bytes(connection) - max_bytes
    if most_bytes is not None:
        excess_bytes = min(excess_bytes, most_bytes)
    oldest = connection.execute(
        "SELECT sequence, site, stream, number, received_ns, length(body) FROM entries "
        "ORDER BY sequence LIMIT ?",
        (TRIM_SLICE,),
    )
    removed = removable(
        oldest, floor=floor, received_before_ns=received_before_ns, excess_bytes=excess_bytes
    )
    trimmed = _remove(connection, readers, removed)
    _drop_unused_layouts(connection, received_before_ns)
    return trimmed


def trim_site(connection: sqlite3.Connection, readers: Readers, over_share: OverShare) -> Trimmed:
    """Remove entries of a site that holds more than its share; see ``Journal.trim``."""
    removed: list[RemovedEntry] = []
    for sequence in over_share.sequences:
        removed += connection.execute(
            "SELECT sequence, site, stream, number, received_ns, length(body) FROM entries "
            "WHERE sequence = ? AND site = ?",
            (sequence, over_share.site),
        )
    trimmed = _remove(connection, readers, removed)
    return structs.replace(trimmed, site=over_share.site)


def _remove(
    connection: sqlite3.Connection, readers: Readers, removed: Sequence[RemovedEntry]
) -> Trimmed:
    """Remove entries, and store and count what must be kept of them."""
    if removed:
        _remember_identities(connection, removed)
        connection.executemany(
            "DELETE FROM entries WHERE sequence = ?", [(sequence,) for sequence, *_ in removed]
        )
        sqlite_tallies.forget_old(connection, last_forgotten_day(removed))
    return Trimmed(
        removed=len(removed),
        first=removed[0][0] if removed else 0,
        last=removed[-1][0] if removed else 0,
        lost=_count_unread(connection, readers, removed),
        sizes=sizes_by_site(removed),
    )


def _count_unread(
    connection: sqlite3.Connection, readers: Readers, removed: Sequence[RemovedEntry]
) -> dict[str, int]:
    """
    Count for each consumer the entries removed before it had read them: in total, by day and site.
    """
    lost: dict[str, int] = {}
    for consumer in readers.names:
        of_consumer = unread(removed, readers.read_by(consumer, cursor(connection, consumer)))
        if not of_consumer:
            continue
        lost[consumer] = of_consumer.total()
        connection.execute(
            "INSERT INTO cursors (consumer, sequence, note, lost) VALUES (?, 0, x'', ?) "
            "ON CONFLICT (consumer) DO UPDATE SET lost = lost + excluded.lost",
            (consumer, lost[consumer]),
        )
        sqlite_tallies.add_lost(connection, consumer, of_consumer)
    return lost


def _remember_identities(connection: sqlite3.Connection, removed: Sequence[RemovedEntry]) -> None:
    """Keep the identities of removed entries, as ranges, so that a repeat is still recognised."""
    for identity, fresh in numbers_by_stream(removed).items():
        known = connection.execute(
            "SELECT first, last FROM trimmed WHERE site = ? AND stream = ?", identity
        ).fetchall()
        connection.execute("DELETE FROM trimmed WHERE site = ? AND stream = ?", identity)
        connection.executemany(
            "INSERT INTO trimmed (site, stream, first, last) VALUES (?, ?, ?, ?)",
            [(*identity, first, last) for first, last in ranges.merged([*known, *fresh])],
        )


def _drop_unused_layouts(connection: sqlite3.Connection, received_before_ns: int) -> None:
    oldest = connection.execute(
        "SELECT received_ns FROM entries ORDER BY sequence LIMIT 1"
    ).fetchone()
    before_ns = min(received_before_ns, oldest[0]) if oldest else received_before_ns
    connection.execute("DELETE FROM layouts WHERE received_ns < ?", (before_ns - LAYOUT_GRACE_NS,))


def size_bytes(connection: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    return _sizes(connection)[0]


def _sizes(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return how much of the file is in use, and how much is not."""
    pages, free, page_bytes = (
        int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
        for pragma in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page_bytes, free * page_bytes
