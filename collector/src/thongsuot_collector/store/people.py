"""People with an account, in the store: a password each, kept as a hash, and a role."""

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
"""Lets people and secret scanners tell what a leaked string is."""


class PersonRole(StrEnum):
    """What an account is for. One of a carrier or a commune has it as its scope."""

    CITY_ENGINEER = "city-engineer"
    """Sees everything and acts."""
    CITY_READER = "city-reader"
    """Sees everything."""
    CARRIER = "carrier"
    """Has the desk of one carrier."""
    COMMUNE = "commune"
    """Sees the sites of one commune."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """
    Someone with an account. ``title`` is what others read; ``revoked_ns`` is ``None`` while good.

    ``scope`` is the carrier's name, or the commune's code; empty for the city. ``digest`` is what
    ``store.passwords`` keeps of the password; empty for somebody whom a provider signs in.
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
        """What sessions of theirs are bound to: another password, role or scope is another one."""
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
    Give a person an account, and return the password: the only time that it is in the clear.

    Somebody of that name gets a new password; the one before is no good any more. If they were
    removed before, they come without the second factor that they had then.
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
    """Keep an account, in place of the one that had the name."""
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
    """Remove what a name has beside its account: second factor and recovery codes."""
    for table in (SECOND_FACTORS, RECOVERY_CODES):
        connection.execute(delete(table).where(table.c.person == name))


def set_password(engine: Engine, person: Person, password: str, *, by: str = "") -> bool:
    """
    Keep another password of somebody; ``by`` is who chose it, empty: it is the same password, kept
    as it is today. Return whether the account still was as ``person``.
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
    Give somebody another role; what they have open ends with that.

    Raises:
        TokenError: there is nobody of that name who may act.
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
    """Return everybody, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name)).mappings()
        return [_person(row) for row in rows]


def known(engine: Engine, name: str) -> Person | None:
    """Return who has an account of a name."""
    with engine.connect() as connection:
        return known_in(connection, name)


def known_in(connection: Connection, name: str) -> Person | None:
    """Return who has an account of a name, as a transaction sees it."""
    wanted = select(PEOPLE).where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
    row = connection.execute(wanted).mappings().first()
    return None if row is None else _person(row)


def is_any(engine: Engine) -> bool:
    """Return whether there is anybody who may act on everything."""
    wanted = (
        select(PEOPLE.c.name)
        .where(PEOPLE.c.revoked_ns.is_(None), PEOPLE.c.role == PersonRole.CITY_ENGINEER.value)
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(wanted).first() is not None


def revoke(engine: Engine, name: str) -> None:
    """
    Let a person act no more.

    Raises:
        TokenError: there is nobody of that name who may.
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
