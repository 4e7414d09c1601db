"""Accounts of people, in the store: a password, kept as a hash, and a role."""

import secrets
import time
from enum import StrEnum
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit, passwords
from thongsuot_collector.store.account_tables import IDENTITIES, RECOVERY_CODES, SECOND_FACTORS
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import PEOPLE
from thongsuot_schema.words.language import Text

PREFIX = "tsp_"
"""Lets people and secret scanners identify a leaked string."""


class PersonRole(StrEnum):
    """The role of an account. That of a carrier or a commune has it as its scope."""

    CITY_ENGINEER = "city-engineer"
    """Sees everything and acts."""
    CITY_READER = "city-reader"
    """Sees everything."""
    CARRIER = "carrier"
    """Uses the desk of one carrier."""
    COMMUNE = "commune"
    """Sees the sites of one commune."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """
    Someone with an account. ``title`` is the display name; ``revoked_ns`` is ``None`` while valid.

    ``scope`` is the carrier's name, or the commune's code; empty for the city. ``digest`` is the
    stored form of the password (``store.passwords``); empty for a person signed in by a provider.
    """

    name: str
    title: str
    digest: bytes
    created_ns: int
    revoked_ns: int | None
    role: PersonRole = PersonRole.CITY_ENGINEER
    scope: str = ""

    @property
    def stamp(self) -> bytes:
        """
        The stamp to which their sessions are bound: it changes with the password, role or scope.
        """
        parts = (self.name.encode(), self.digest, self.role.encode(), self.scope.encode())
        return sha256(b"\0".join(parts)).digest()


def put(
    engine: Engine,
    name: str,
    title: str,
    *,
    role: PersonRole = PersonRole.CITY_ENGINEER,
    scope: str = "",
) -> str:
    """
    Create an account, and return its password, which is not available in the clear again.

    An existing account of that name gets a new password; the previous one becomes invalid. A
    removed account is restored without its former second factor.
    """
    secret = PREFIX + secrets.token_urlsafe(24)
    digest = passwords.hash_of(secret)
    with engine.begin() as connection:
        if known_in(connection, name) is None:
            forget(connection, name)
            connection.execute(delete(IDENTITIES).where(IDENTITIES.c.person == name))
        keep(connection, name, title or name, digest=digest, role=role, scope=scope)
        detail = " ".join(filter(None, (role, scope, title)))
        audit.write(connection, AuditAction.PERSON_ADDED, name, detail=detail)
    return secret


def keep(
    connection: Connection, name: str, title: str, *, digest: bytes, role: PersonRole, scope: str
) -> None:
    """Store an account, replacing the one with the name."""
    values = {
        "title": title,
        "digest": digest,
        "created_ns": time.time_ns(),
        "revoked_ns": None,
        "role": role.value,
        "scope": scope,
    }
    changed = connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(**values))
    if not changed.rowcount:
        connection.execute(insert(PEOPLE).values(name=name, **values))


def forget(connection: Connection, name: str) -> None:
    """Delete the second factor and recovery codes of a name."""
    for table in (SECOND_FACTORS, RECOVERY_CODES):
        connection.execute(delete(table).where(table.c.person == name))


def set_password(engine: Engine, person: Person, password: str, *, by: str = "") -> bool:
    """
    Store a new password of a person; ``by`` is who chose it, empty: the same password in the
    present form. Return whether the account was still as in ``person``.
    """
    digest = passwords.hash_of(password)
    wanted = (
        update(PEOPLE)
        .where(
            PEOPLE.c.name == person.name,
            PEOPLE.c.digest == person.digest,
            PEOPLE.c.revoked_ns.is_(None),
        )
        .values(digest=digest)
    )
    with engine.begin() as connection:
        is_kept = bool(connection.execute(wanted).rowcount)
        if is_kept and by:
            audit.write(connection, AuditAction.PASSWORD_CHANGED, person.name, by=by)
    return is_kept


def change_role(engine: Engine, name: str, role: PersonRole, scope: str) -> None:
    """
    Change a person's role, and end their sessions.

    Raises:
        TokenError: there is no valid account of that name.
    """
    wanted = (
        update(PEOPLE)
        .where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
        .values(role=role.value, scope=scope)
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            raise _nobody(name)
        detail = " ".join(filter(None, (role, scope)))
        audit.write(connection, AuditAction.PERSON_CHANGED, name, detail=detail)


def listed(engine: Engine) -> list[Person]:
    """Return all accounts, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name)).mappings()
        return [_person(row) for row in rows]


def known(engine: Engine, name: str) -> Person | None:
    """Return the account of a name."""
    with engine.connect() as connection:
        return known_in(connection, name)


def known_in(connection: Connection, name: str) -> Person | None:
    """Return the account of a name, inside the caller's transaction."""
    wanted = select(PEOPLE).where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
    row = connection.execute(wanted).mappings().first()
    return None if row is None else _person(row)


def is_any(engine: Engine) -> bool:
    """Return whether there is an account that may act on everything."""
    wanted = (
        select(PEOPLE.c.name)
        .where(PEOPLE.c.revoked_ns.is_(None), PEOPLE.c.role == PersonRole.CITY_ENGINEER.value)
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(wanted).first() is not None


def revoke(engine: Engine, name: str) -> None:
    """
    Revoke an account.

    Raises:
        TokenError: there is no valid account of that name.
    """
    wanted = (
        update(PEOPLE)
        .where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
        .values(revoked_ns=time.time_ns())
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            raise _nobody(name)
        forget(connection, name)
        audit.write(connection, AuditAction.PERSON_REMOVED, name)


def _nobody(name: str) -> TokenError:
    return TokenError(Text("collector.cli.error.nobody", name=name))


def _person(row: RowMapping) -> Person:
    return Person(**{**row, "role": PersonRole(row["role"])})
