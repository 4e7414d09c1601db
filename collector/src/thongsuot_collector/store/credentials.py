"""
Credentials, in the store: what opens something until a day, or until somebody revokes it.

Each kind has a table and a module of its own, which says what it opens and who may make it. How it
is listed, recognized and revoked is the same for all, and stands here.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Table, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_schema.words.language import Text


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What all kinds have: ``title`` says who has it, ``revoked_ns`` when it was revoked."""

    id: str
    title: str
    created_ns: int
    expires_ns: int
    revoked_ns: int | None

    def is_good(self, now_ns: int) -> bool:
        """Return whether it opens anything at a moment."""
        return self.revoked_ns is None and now_ns < self.expires_ns


Kind = TypeVar("Kind", bound=Credential)


class CredentialTable(Generic[Kind]):
    """
    The credentials of a kind.

    Args:
        table: where they are kept; it has the columns of ``Credential``.
        read: makes a credential of a row.
        secret_columns: which columns leave the store never.
        missing: what a person is told of an id that none has.
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
        """Return the one that meets a condition, whether it is good or not."""
        with engine.connect() as connection:
            wanted = select(*self._columns).where(condition)
            row = connection.execute(wanted).mappings().first()
        return None if row is None else self._read(row)

    def revoke(self, connection: Connection, name: str) -> Kind:
        """
        Let a credential open nothing more; return it.

        Raises:
            TokenError: there is none of that id that was not revoked.
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
