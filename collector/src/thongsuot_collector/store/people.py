"""People with an account, in the store: a password each, kept as a hash, and a role."""

import secrets
import time
from enum import StrEnum

import msgspec
from sqlalchemy import Engine, RowMapping, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import PEOPLE
from thongsuot_collector.store.tokens import digest_of

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

    ``scope`` is the carrier's name, or the commune's code; empty for the city.
    """

    name: str
    title: str
    digest: bytes
    created_ns: int
    revoked_ns: int | None
    role: PersonRole = PersonRole.CITY_ENGINEER
    scope: str = ""


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

    Somebody of that name gets a new password; the one before is no good any more.
    """
    secret = PREFIX + secrets.token_urlsafe(24)
    values = {
        "title": title or name,
        "digest": digest_of(secret.encode()),
        "created_ns": time.time_ns(),
        "revoked_ns": None,
        "role": role.value,
        "scope": scope,
    }
    with engine.begin() as connection:
        changed = connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(**values))
        if not changed.rowcount:
            connection.execute(insert(PEOPLE).values(name=name, **values))
        detail = " ".join(filter(None, (role, scope, title)))
        audit.write(connection, AuditAction.PERSON_ADDED, name, detail=detail)
    return secret


def listed(engine: Engine) -> list[Person]:
    """Return everybody, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name)).mappings()
        return [_person(row) for row in rows]


def known(engine: Engine, name: str) -> Person | None:
    """Return who has an account of a name."""
    wanted = select(PEOPLE).where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
    with engine.connect() as connection:
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
            message = f"nobody named {name} may act; see `thongsuot-collector person list`"
            raise TokenError(message)
        audit.write(connection, AuditAction.PERSON_REMOVED, name)


def _person(row: RowMapping) -> Person:
    return Person(**{**row, "role": PersonRole(row["role"])})
