"""Tokens in the store: kept as a hash, revoked but never deleted."""

import hashlib
import secrets
import time

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit, certificates
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.identity_tables import ENROLMENTS, TOKENS
from thongsuot_schema.enrolment import TOKEN_PREFIX
from thongsuot_schema.words.language import Text


class AgentToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. ``revoked_ns`` is ``None`` while it is valid."""

    id: str
    site: str
    digest: bytes
    created_ns: int
    revoked_ns: int | None


def digest_of(secret: bytes) -> bytes:
    """Return the stored hash of a token."""
    return hashlib.sha256(secret).digest()


def create(engine: Engine, site: str) -> str:
    """Make a token for a site and return it; it is not available in the clear again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        token_id = add(connection, site, digest_of(secret.encode()), time.time_ns())
        audit.write(connection, AuditAction.TOKEN_CREATED, site, detail=f"token {token_id}")
    return secret


def add(connection: Connection, site: str, digest: bytes, now_ns: int) -> str:
    """Store a token by its hash, inside the caller's transaction; return its name."""
    token_id = secrets.token_hex(4)
    connection.execute(
        insert(TOKENS).values(id=token_id, site=site, digest=digest, created_ns=now_ns)
    )
    return token_id


def revoke_all(connection: Connection, site: str, now_ns: int) -> int:
    """Revoke all valid tokens of a site, inside the caller's transaction; return how many."""
    good = (TOKENS.c.site == site, TOKENS.c.revoked_ns.is_(None))
    return connection.execute(update(TOKENS).where(*good).values(revoked_ns=now_ns)).rowcount


def listed(engine: Engine, site: str | None = None) -> list[AgentToken]:
    """Return all tokens, or those of a site, oldest first."""
    wanted = select(TOKENS).order_by(TOKENS.c.created_ns)
    if site is not None:
        wanted = wanted.where(TOKENS.c.site == site)
    with engine.connect() as connection:
        return [AgentToken(**row) for row in connection.execute(wanted).mappings()]


def site_of(engine: Engine, digest: bytes) -> str | None:
    """Return the site of a valid token, by its hash."""
    wanted = select(TOKENS.c.site).where(TOKENS.c.digest == digest, TOKENS.c.revoked_ns.is_(None))
    with engine.connect() as connection:
        return connection.execute(wanted).scalar()


def revoke(engine: Engine, site: str, token_id: str | None = None) -> int:
    """
    Revoke one token of a site, or all of them; return how many were valid.

    Revoking all also revokes its certificates, and its unused codes.

    Raises:
        TokenError: there is no such valid token.
    """
    now_ns = time.time_ns()
    with engine.begin() as connection:
        if token_id is None:
            voided = void_codes(connection, site, now_ns)
            revoked = revoke_all(connection, site, now_ns)
            voided += certificates.revoke_all(connection, site, now_ns, why="with the tokens")
        else:
            voided = 0
            wanted = (TOKENS.c.site == site, TOKENS.c.revoked_ns.is_(None), TOKENS.c.id == token_id)
            revoked = connection.execute(
                update(TOKENS).where(*wanted).values(revoked_ns=now_ns)
            ).rowcount
        if revoked:
            detail = f"token {token_id}" if token_id else f"all, {revoked}"
            audit.write(connection, AuditAction.TOKEN_REVOKED, site, detail=detail)
    if not (revoked or voided):
        if token_id:
            raise TokenError(Text("collector.cli.error.no_token", id=token_id, site=site))
        raise TokenError(Text("collector.cli.error.no_good_token", site=site))
    return revoked


def lock_codes(connection: Connection) -> None:
    """
    Let other transactions change no code until the caller's ends.

    Without it two of them do not see what the other adds in PostgreSQL: codes made at once all stay
    valid, and so do the tokens that they bring. SQLite has one writer at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {ENROLMENTS.name} IN SHARE ROW EXCLUSIVE MODE"))


def void_codes(connection: Connection, site: str, now_ns: int) -> int:
    """Revoke the unused codes of a site, inside the caller's transaction; return how many."""
    open_codes = (
        ENROLMENTS.c.site == site,
        ENROLMENTS.c.used_ns.is_(None),
        ENROLMENTS.c.voided_ns.is_(None),
        ENROLMENTS.c.expires_ns > now_ns,
    )
    voided = connection.execute(
        update(ENROLMENTS).where(*open_codes).values(voided_ns=now_ns)
    ).rowcount
    if voided:
        audit.write(connection, AuditAction.CODE_VOIDED, site, detail=f"{voided} unused")
    return voided


def change_mark(engine: Engine) -> tuple[int, int]:
    """
    Return a value that changes whenever a token is made or revoked.

    No time is part of it: the clock of this or another collector may have been ahead before.
    """
    with engine.connect() as connection:
        created, revoked = connection.execute(
            select(func.count(), func.count(TOKENS.c.revoked_ns)).select_from(TOKENS)
        ).one()
    return created, revoked
