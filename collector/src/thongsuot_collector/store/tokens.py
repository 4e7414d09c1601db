"""Tokens in the store: made once, kept as a hash, revoked but never forgotten."""

import hashlib
import secrets
import time

import msgspec
from sqlalchemy import Engine, func, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store.tables import TOKENS

PREFIX = "tst_"
"""Lets people and secret scanners tell what a leaked string is."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. ``revoked_ns`` is ``None`` while it is good."""

    id: str
    site: str
    digest: bytes
    created_ns: int
    revoked_ns: int | None


def digest_of(secret: bytes) -> bytes:
    """Return what the store keeps of a token."""
    return hashlib.sha256(secret).digest()


def create(engine: Engine, site: str) -> str:
    """Make a token for a site and return it: the only time that it is known in the clear."""
    secret = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(
            insert(TOKENS).values(
                id=secrets.token_hex(4),
                site=site,
                digest=digest_of(secret.encode()),
                created_ns=time.time_ns(),
            )
        )
    return secret


def listed(engine: Engine, site: str | None = None) -> list[Token]:
    """Return all tokens, or those of a site, oldest first."""
    wanted = select(TOKENS).order_by(TOKENS.c.created_ns)
    if site is not None:
        wanted = wanted.where(TOKENS.c.site == site)
    with engine.connect() as connection:
        return [Token(**row) for row in connection.execute(wanted).mappings()]


def site_of(engine: Engine, digest: bytes) -> str | None:
    """Return the site of a good token, by its hash."""
    wanted = select(TOKENS.c.site).where(TOKENS.c.digest == digest, TOKENS.c.revoked_ns.is_(None))
    with engine.connect() as connection:
        return connection.execute(wanted).scalar()


def revoke(engine: Engine, site: str, token_id: str | None = None) -> int:
    """
    Revoke one token of a site, or all of them; return how many were good until now.

    Raises:
        TokenError: there is no such good token.
    """
    wanted = (
        update(TOKENS)
        .where(TOKENS.c.site == site, TOKENS.c.revoked_ns.is_(None))
        .values(revoked_ns=time.time_ns())
    )
    if token_id is not None:
        wanted = wanted.where(TOKENS.c.id == token_id)
    with engine.begin() as connection:
        revoked = connection.execute(wanted).rowcount
    if not revoked:
        which = f"token {token_id} of site {site}" if token_id else f"good token of site {site}"
        raise TokenError(f"there is no {which}; see `thongsuot-collector token list`")
    return revoked


def change_mark(engine: Engine) -> tuple[int, int, int]:
    """Return something that differs whenever a token was made or revoked."""
    with engine.connect() as connection:
        made, newest, revoked = connection.execute(
            select(
                func.count(), func.max(TOKENS.c.created_ns), func.max(TOKENS.c.revoked_ns)
            ).select_from(TOKENS)
        ).one()
    return made, newest or 0, revoked or 0
