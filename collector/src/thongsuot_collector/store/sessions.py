"""Sessions, in the store: the person, the browser, the expiry and the stage of the sign-in."""

import secrets
import time
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit
from thongsuot_collector.store.account_tables import SESSIONS
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tokens import digest_of
from thongsuot_schema.words.language import Text

PREFIX = "tss_"
"""Lets people and secret scanners identify a leaked string."""

MOST = 30
"""Sessions of one person; another one ends the oldest."""

_BROWSER_CHARACTERS = 200


class SessionStage(StrEnum):
    """The stage of a sign-in; only an open session gives access."""

    CODE = "code"
    """The password was right; a code of the second factor is missing."""
    ENROL = "enrol"
    """The password was right; the second factor has to be set up first."""
    OPEN = "open"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """
    One session, without its browser's secret. ``person`` is empty if it was opened with the pages'
    own password.
    """

    id: str
    person: str
    stamp: bytes
    stage: SessionStage
    created_ns: int
    seen_ns: int
    expires_ns: int
    address: str
    browser: str


_COLUMNS = [column for column in SESSIONS.c if column.name != "digest"]


def start(
    engine: Engine,
    person: str,
    *,
    stamp: bytes,
    stage: SessionStage,
    lasts_s: float,
    address: str,
    browser: str,
) -> str:
    """
    Start a session; return the browser's secret, which is not available in the clear again.

    ``stamp`` is that of the person at the check of their password (if the account has changed
    since, the session is invalid); without a person, that of the shared password.
    """
    secret, now_ns = PREFIX + secrets.token_urlsafe(32), time.time_ns()
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_ns < now_ns))
        connection.execute(
            insert(SESSIONS).values(
                id=secrets.token_hex(4),
                digest=digest_of(secret.encode()),
                person=person,
                stamp=stamp,
                stage=stage.value,
                created_ns=now_ns,
                seen_ns=now_ns,
                expires_ns=now_ns + round(lasts_s * 1e9),
                address=address,
                browser=browser[:_BROWSER_CHARACTERS],
            )
        )
        if person:
            _drop_oldest(connection, person)
        if person and stage is SessionStage.OPEN:
            _write_signed_in(connection, person, address)
    return secret


def known(engine: Engine, secret: str) -> Session | None:
    """Return the session of a browser, valid or not."""
    wanted = select(*_COLUMNS).where(SESSIONS.c.digest == digest_of(secret.encode()))
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else _session(row)


def open_up(
    engine: Engine, session: Session, stage: SessionStage, *, lasts_s: float, stamp: bytes = b""
) -> str:
    """
    Advance a session to a stage, with a new secret for its browser; return that secret.

    Raises:
        TokenError: it has ended in the meantime.
    """
    secret, now_ns = PREFIX + secrets.token_urlsafe(32), time.time_ns()
    wanted = (
        update(SESSIONS)
        .where(SESSIONS.c.id == session.id)
        .values(
            digest=digest_of(secret.encode()),
            stage=stage.value,
            seen_ns=now_ns,
            expires_ns=now_ns + round(lasts_s * 1e9),
            stamp=stamp or session.stamp,
        )
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            raise TokenError("the session has ended meanwhile")
        is_opened = stage is SessionStage.OPEN and session.stage is not SessionStage.OPEN
        if is_opened and session.person:
            _write_signed_in(connection, session.person, session.address)
    return secret


def touch(engine: Engine, name: str, now_ns: int) -> None:
    """Record the use of a session."""
    with engine.begin() as connection:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == name).values(seen_ns=now_ns))


def listed(engine: Engine, person: str | None = None) -> list[Session]:
    """Return the sessions of a person, or all, the newest first."""
    wanted = select(*_COLUMNS).order_by(SESSIONS.c.created_ns.desc())
    if person is not None:
        wanted = wanted.where(SESSIONS.c.person == person)
    with engine.connect() as connection:
        return [_session(row) for row in connection.execute(wanted).mappings()]


def end(engine: Engine, name: str, *, person: str, by: str = "") -> None:
    """
    End one session of a person.

    Raises:
        TokenError: they have none with that id.
    """
    with engine.begin() as connection:
        wanted = delete(SESSIONS).where(SESSIONS.c.id == name, SESSIONS.c.person == person)
        if not connection.execute(wanted).rowcount:
            raise TokenError(Text("collector.cli.error.no_session", name=name))
        if person:
            audit.write(connection, AuditAction.SESSIONS_ENDED, person, by=by, detail=name)


def end_all(engine: Engine, person: str, *, but: str = "", by: str = "") -> int:
    """End the sessions of a person except one; return how many were ended."""
    with engine.begin() as connection:
        return end_all_in(connection, person, but=but, by=by)


def end_all_in(connection: Connection, person: str, *, but: str = "", by: str = "") -> int:
    """End the sessions of a person except one, inside the caller's transaction."""
    wanted = delete(SESSIONS).where(SESSIONS.c.person == person, SESSIONS.c.id != but)
    count = connection.execute(wanted).rowcount
    if count:
        audit.write(connection, AuditAction.SESSIONS_ENDED, person, by=by, detail=str(count))
    return count


def _drop_oldest(connection: Connection, person: str) -> None:
    kept = (
        select(SESSIONS.c.id)
        .where(SESSIONS.c.person == person)
        .order_by(SESSIONS.c.created_ns.desc())
        .limit(MOST)
    )
    ids = connection.execute(kept).scalars().all()
    if len(ids) == MOST:
        wanted = delete(SESSIONS).where(SESSIONS.c.person == person, SESSIONS.c.id.not_in(ids))
        connection.execute(wanted)


def _write_signed_in(connection: Connection, name: str, address: str) -> None:
    audit.write(connection, AuditAction.PERSON_SIGNED_IN, name, by=f"person:{name}", detail=address)


def _session(row: RowMapping) -> Session:
    return Session(**{**row, "stage": SessionStage(row["stage"])})
