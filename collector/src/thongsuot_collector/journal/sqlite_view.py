"""A view of the journal in a SQLite file; also of an earlier version's file."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import sqlite_rows as rows
from thongsuot_collector.journal import sqlite_tallies as tally_rows
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.hash_chain import BatchRow
from thongsuot_collector.journal.journal import Cursor, Damage, Extent, Tally
from thongsuot_collector.journal.ranges import Range, merged_by_stream
from thongsuot_collector.journal.sqlite_tables import check_known, connect

_TRIMMED = "SELECT site, stream, first, last FROM trimmed WHERE ?1 = '' OR site = ?1"
_BODY = "SELECT body FROM entries WHERE site = ? AND stream = ? AND number = ?"
_IN_ORDER = """
    SELECT site, stream, number, digest, body, received_ns, {signature} FROM entries
    WHERE ?1 = '' OR site = ?1 ORDER BY site, stream, number
"""


class SqliteView:
    """See ``JournalView``. It owns ``connection``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def name(self) -> str:
        """See ``JournalView``."""
        return rows.name(self._connection)

    def extent(self) -> Extent:
        """See ``JournalView``."""
        return rows.extent(self._connection)

    def damage(self) -> Damage:
        """See ``JournalView``."""
        return rows.damage(self._connection)

    def cursors(self) -> dict[str, Cursor]:
        """See ``JournalView``."""
        return rows.cursors(self._connection)

    def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """See ``JournalView``."""
        if not rows.has_table(self._connection, "tallies"):  # the file is of an earlier version
            return {}
        return tally_rows.listed(self._connection, from_day, site, lost_only=lost_only)

    def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``JournalView``."""
        return tally_rows.kept(self._connection)

    def trimmed(self, site: str = "") -> Mapping[tuple[str, str], tuple[Range, ...]]:
        """See ``JournalView``."""
        return merged_by_stream(self._connection.execute(_TRIMMED, (site,)))

    def read(self, after: int, *, through: int, limit: int, size_bytes: int) -> list[StoredEntry]:
        """See ``JournalView``."""
        return rows.read(self._connection, (after, through, limit), size_bytes)

    def layout(self, layout_id: bytes) -> bytes | None:
        """See ``JournalView``."""
        return rows.layout(self._connection, layout_id)

    def body(self, site: str, stream: str, number: int) -> bytes | None:
        """See ``JournalView``."""
        row = self._connection.execute(_BODY, (site, stream, number)).fetchone()
        return None if row is None else bytes(row[0])

    def batches(self, site: str = "") -> Iterator[BatchRow]:
        """See ``JournalView``."""
        has_signatures = rows.has_column(self._connection, "entries", "signature")
        in_order = _IN_ORDER.format(signature="signature" if has_signatures else "x''")
        for row in self._connection.execute(in_order, (site,)):
            yield BatchRow(
                site=row[0],
                stream=row[1],
                number=row[2],
                digest=row[3],
                body=row[4],
                received_ns=row[5],
                signature=row[6],
            )

    def close(self) -> None:
        """See ``JournalView``."""
        self._connection.close()


def open_sqlite_view(path: Path) -> SqliteView:
    """
    Return a view of the journal in an existing file.

    Raises:
        JournalError: it is of a newer collector.
        sqlite3.DatabaseError: the file is no journal, or its first page is damaged.
    """
    connection = connect(path, writable=False)
    try:
        check_known(connection)
    except (JournalError, sqlite3.DatabaseError):
        connection.close()
        raise
    return SqliteView(connection)
