"""A view of the journal in PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import psycopg

from thongsuot_collector.errors import JournalRefused
from thongsuot_collector.journal import postgres_rows as rows
from thongsuot_collector.journal import postgres_tallies as tally_rows
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.hash_chain import BatchRow
from thongsuot_collector.journal.journal import Cursor, Damage, Extent, Tally
from thongsuot_collector.journal.postgres_tables import (
    PostgresConnection,
    identity,
)
from thongsuot_collector.journal.ranges import Range, merged_by_stream
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_schema.localizable import Localizable

_TRIMMED = """
    SELECT site, stream, first, last FROM trimmed
    WHERE %(site)s::text = '' OR site = %(site)s::text
"""
_BODY = "SELECT body FROM entries WHERE site = %s AND stream = %s AND number = %s"
_IN_ORDER = """
    SELECT site, stream, number, digest, body, received_ns, signature FROM entries
    WHERE %(site)s::text = '' OR site = %(site)s::text ORDER BY site, stream, number
"""
_AT_ONCE = 500
"""Batches fetched together: some megabytes."""

T = TypeVar("T")


class PostgresView:
    """See ``JournalView``. It owns ``connection``, which commits by itself."""

    def __init__(self, database: PostgresDatabase, connection: PostgresConnection) -> None:
        self._database = database
        self._connection = connection

    def name(self) -> str:
        """See ``JournalView``."""
        return self._query(identity).name

    def extent(self) -> Extent:
        """See ``JournalView``."""
        return self._query(rows.extent)

    def damage(self) -> Damage:
        """See ``JournalView``."""
        return self._query(rows.damage)

    def cursors(self) -> dict[str, Cursor]:
        """See ``JournalView``."""
        return self._query(rows.cursors)

    def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """See ``JournalView``."""
        return self._query(
            lambda connection: tally_rows.listed(connection, from_day, site, lost_only=lost_only)
        )

    def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``JournalView``."""
        return self._query(tally_rows.kept)

    def trimmed(self, site: str = "") -> Mapping[tuple[str, str], tuple[Range, ...]]:
        """See ``JournalView``."""
        return self._query(
            lambda connection: merged_by_stream(connection.execute(_TRIMMED, {"site": site}))
        )

    def read(self, after: int, *, through: int, limit: int, size_bytes: int) -> list[StoredEntry]:
        """See ``JournalView``."""
        bounds = after, through, limit
        return self._query(lambda connection: rows.stored(connection, bounds, size_bytes))

    def layout(self, layout_id: bytes) -> bytes | None:
        """See ``JournalView``."""
        return self._query(lambda connection: rows.layout(connection, layout_id))

    def body(self, site: str, stream: str, number: int) -> bytes | None:
        """See ``JournalView``."""
        row = self._query(
            lambda connection: connection.execute(
                _BODY, (site, stream, number), binary=True
            ).fetchone()
        )
        return None if row is None else bytes(row[0])

    def batches(self, site: str = "") -> Iterator[BatchRow]:
        """See ``JournalView``."""
        try:
            yield from self._batches(site)
        except psycopg.Error as error:
            raise self._refused(error) from error

    def _batches(self, site: str) -> Iterator[BatchRow]:
        with (
            self._connection.transaction(),
            self._connection.cursor("batches", binary=True) as cursor,
        ):
            cursor.itersize = _AT_ONCE
            for row in cursor.execute(_IN_ORDER, {"site": site}):
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

    def _query(self, query: Callable[[PostgresConnection], T]) -> T:
        try:
            return query(self._connection)
        except psycopg.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: psycopg.Error) -> JournalRefused:
        return JournalRefused(
            f"cannot read the journal at {self._database.shown}: {self._database.message_of(error)}"
        )


def open_postgres_view(database: PostgresDatabase) -> PostgresView:
    """
    Return a view of the journal in a database.

    Raises:
        JournalRefused: the server cannot be reached, or refuses.
        JournalError: there is no journal, or one of another version.
    """
    try:
        connection = database.connect(autocommit=True)
        try:
            # A reader of a command's output may be slow.
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            connection.execute("SET default_transaction_read_only = on")
            identity(connection)
        except BaseException:
            connection.close()
            raise
    except (psycopg.Error, OSError, ValueError) as error:
        raise JournalRefused(
            Localizable(
                "cannot read the journal at {database}: {reason}",
                database=database.shown,
                reason=database.message_of(error),
            )
        ) from error
    return PostgresView(database, connection)
