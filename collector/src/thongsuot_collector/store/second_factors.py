"""
Second factors, in the store: the secret of an authenticator app, encrypted, and recovery codes.

A code is accepted once: the time step of the newest accepted one is stored, and only newer ones are
accepted after it, also for two concurrent requests (RFC 6238, section 5.2).
"""

import time
from collections.abc import Collection

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit, sessions
from thongsuot_collector.store.account_tables import RECOVERY_CODES, SECOND_FACTORS
from thongsuot_collector.store.audit import AuditAction
from thongsuot_schema.words.language import Text


def add(
    engine: Engine, person: str, secret: bytes, *, step: int, recovery: Collection[bytes], by: str
) -> None:
    """
    Store the second factor of a person: its encrypted secret, the step of the code that confirmed
    it, and the digests of recovery codes.
    """
    with engine.begin() as connection:
        connection.execute(delete(SECOND_FACTORS).where(SECOND_FACTORS.c.person == person))
        connection.execute(
            insert(SECOND_FACTORS).values(
                person=person, secret=secret, created_ns=time.time_ns(), last_step=step
            )
        )
        _replace_codes(connection, person, recovery)
        audit.write(connection, AuditAction.SECOND_FACTOR_ADDED, person, by=by)


def secret_of(engine: Engine, person: str) -> bytes | None:
    """Return the encrypted secret of a person; ``None`` without a second factor."""
    wanted = select(SECOND_FACTORS.c.secret).where(SECOND_FACTORS.c.person == person)
    with engine.connect() as connection:
        return connection.execute(wanted).scalar()


def people_with_one(engine: Engine) -> set[str]:
    """Return the people with a second factor."""
    with engine.connect() as connection:
        return set(connection.execute(select(SECOND_FACTORS.c.person)).scalars())


def use_step(engine: Engine, person: str, step: int) -> bool:
    """Use the code of a time step; return whether neither it nor a newer one was used before."""
    wanted = (
        update(SECOND_FACTORS)
        .where(SECOND_FACTORS.c.person == person, SECOND_FACTORS.c.last_step < step)
        .values(last_step=step)
    )
    with engine.begin() as connection:
        return bool(connection.execute(wanted).rowcount)


def use_recovery_code(engine: Engine, person: str, digest: bytes) -> bool:
    """Use a recovery code; return whether it existed and was unused."""
    wanted = (
        update(RECOVERY_CODES)
        .where(
            RECOVERY_CODES.c.person == person,
            RECOVERY_CODES.c.digest == digest,
            RECOVERY_CODES.c.used_ns.is_(None),
        )
        .values(used_ns=time.time_ns())
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            return False
        audit.write(connection, AuditAction.RECOVERY_CODE_USED, person, by=f"person:{person}")
        return True


def count_recovery_codes(engine: Engine, person: str) -> int:
    """Return the number of a person's unused recovery codes."""
    wanted = (
        select(func.count())
        .select_from(RECOVERY_CODES)
        .where(RECOVERY_CODES.c.person == person, RECOVERY_CODES.c.used_ns.is_(None))
    )
    with engine.connect() as connection:
        return connection.execute(wanted).scalar_one()


def replace_recovery_codes(
    engine: Engine, person: str, recovery: Collection[bytes], *, by: str
) -> None:
    """Replace the recovery codes of a person; the earlier ones become invalid."""
    with engine.begin() as connection:
        _replace_codes(connection, person, recovery)
        audit.write(connection, AuditAction.RECOVERY_CODES_CREATED, person, by=by)


def remove(engine: Engine, person: str, *, by: str = "", but_session: str = "") -> None:
    """
    Remove the second factor of a person, and end their sessions except one.

    Raises:
        TokenError: they have none.
    """
    with engine.begin() as connection:
        wanted = delete(SECOND_FACTORS).where(SECOND_FACTORS.c.person == person)
        if not connection.execute(wanted).rowcount:
            raise TokenError(Text("collector.cli.error.no_second_factor", name=person))
        connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.person == person))
        audit.write(connection, AuditAction.SECOND_FACTOR_REMOVED, person, by=by)
        sessions.end_all_in(connection, person, but=but_session, by=by)


def _replace_codes(connection: Connection, person: str, recovery: Collection[bytes]) -> None:
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.person == person))
    for digest in recovery:
        connection.execute(insert(RECOVERY_CODES).values(person=person, digest=digest))
