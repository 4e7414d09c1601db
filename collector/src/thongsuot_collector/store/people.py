"""People who may act, in the store: each with a password of their own, kept as a hash."""

import secrets
import time

import msgspec
from sqlalchemy import Engine, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import PEOPLE
from thongsuot_collector.store.tokens import digest_of

PREFIX = "tsp_"
"""Lets people and secret scanners tell what a leaked string is."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who may act. ``title`` is what others read; ``revoked_ns`` is ``None`` while good."""

    name: str
    title: str
    digest: bytes
    created_ns: int
    revoked_ns: int | None


def put(engine: Engine, name: str, title: str) -> str:
    """
    Let a person act, and return the password: the only time that it is known in the clear.

    Somebody of that name gets a new password; the one before is no good any more.
    """
    secret = PREFIX + secrets.token_urlsafe(24)
    values = {
        "title": title or name,
        "digest": digest_of(secret.encode()),
        "created_ns": time.time_ns(),
        "revoked_ns": None,
    }
    with engine.begin() as connection:
        changed = connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(**values))
        if not changed.rowcount:
            connection.execute(insert(PEOPLE).values(name=name, **values))
        audit.write(connection, AuditAction.PERSON_ADDED, name, detail=title)
    return secret


def listed(engine: Engine) -> list[Person]:
    """Return everybody, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name)).mappings()
        return [Person(**row) for row in rows]


def known(engine: Engine, name: str) -> Person | None:
    """Return who has a name and may act."""
    wanted = select(PEOPLE).where(PEOPLE.c.name == name, PEOPLE.c.revoked_ns.is_(None))
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else Person(**row)


def is_any(engine: Engine) -> bool:
    """Return whether there is anybody who may act."""
    wanted = select(PEOPLE.c.name).where(PEOPLE.c.revoked_ns.is_(None)).limit(1)
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
