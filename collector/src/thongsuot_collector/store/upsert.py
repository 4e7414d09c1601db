"""
``INSERT … ON CONFLICT`` in the dialect of the database: SQLAlchemy has it for each engine apart,
and the two read the same.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Return an insert into a table that can say what happens where the row is there already."""
    if connection.dialect.name == "postgresql":
        # A fifth of the time that SQLAlchemy takes to import, for those who have no such database.
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(table)
    return sqlite.insert(table)
