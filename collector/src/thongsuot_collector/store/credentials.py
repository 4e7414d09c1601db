"""
Credentials, in the store, each valid until its expiry or revocation.

Each kind has its own table, and a module with its permissions and the right to create it. Listing,
recognition and revocation are the same for all, and implemented here.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Table, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_schema.words.language import Text


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """
    The common fields of all kinds: ``title`` names its holder, ``revoked_ns`` is its revocation.
    """

    id: str
    title: str
    created_ns: int
    expires_ns: int
    revoked_ns: int | None

    def is_good(self, now_ns: int) -> bool:
        """Return whether it is valid at a moment."""
        return self.revoked_ns is None and now_ns < self.expires_ns


Kind = TypeVar("Kind", bound=Credential)


class CredentialTable(Generic[Kind]):
    """
    The credentials of a kind.

    Args:
        table: their table; it has the columns of ``Credential``.
        read: makes a credential of a row.
        secret_columns: columns that never leave the store.
        missing: the error message for an unknown id.
    """

    def __init__(
        self,
        table: Table,
        read: Callable[[RowMapping], Kind],
        *,
        missing: Callable[[str], Text],
        secret_columns: frozenset[str] = frozenset(),
    ) -> None:
        self._table = table
        self._columns = [column for column in table.c if column.name not in secret_columns]
        self._read = read
        self._missing = missing

    def listed(self, engine: Engine, *conditions: ColumnElement[bool]) -> list[Kind]:
        """Return all of them, or those that meet conditions, the oldest first."""
        wanted = select(*self._columns).where(*conditions).order_by(self._table.c.created_ns)
        with engine.connect() as connection:
            return [self._read(row) for row in connection.execute(wanted).mappings()]

    def known(self, engine: Engine, condition: ColumnElement[bool]) -> Kind | None:
        """Return the one that meets a condition, valid or not."""
        with engine.connect() as connection:
            wanted = select(*self._columns).where(condition)
            row = connection.execute(wanted).mappings().first()
        return None if row is None else self._read(row)

    def revoke(self, connection: Connection, name: str) -> Kind:
        """
        Revoke a credential; return it.

        Raises:
            TokenError: there is no valid one with that id.
        """
        wanted = (
            update(self._table)
            .where(self._table.c.id == name, self._table.c.revoked_ns.is_(None))
            .values(revoked_ns=time.time_ns())
            .returning(*self._columns)
        )
        row = connection.execute(wanted).mappings().first()
        if row is None:
            raise TokenError(self._missing(name))
        return self._read(row)
