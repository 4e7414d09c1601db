"""Tokens of programs that read, in the store: kept as a hash, each for one role until a day."""

import secrets
import time

import msgspec
from sqlalchemy import Engine, RowMapping, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.store.tables import API_TOKENS
from thongsuot_collector.store.tokens import digest_of

PREFIX = "tsr_"
"""Lets people and secret scanners tell what a leaked string is."""

ROLES = (PersonRole.CITY_READER, PersonRole.CARRIER, PersonRole.COMMUNE)
"""Those that look. What an engineer may do is for people: no token does it."""


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """
    A token without its secret. ``title`` says which program has it; ``scope`` is the carrier's name
    or the commune's code. ``revoked_ns`` is ``None`` while it is good.
    """

    id: str
    title: str
    role: PersonRole
    scope: str
    created_ns: int
    expires_ns: int
    revoked_ns: int | None

    def is_good(self, now_ns: int) -> bool:
        """Return whether it opens anything at a moment."""
        return self.revoked_ns is None and now_ns < self.expires_ns


def create(
    engine: Engine, title: str, *, role: PersonRole, scope: str, lasts_s: float
) -> tuple[ApiToken, str]:
    """Make a token; return it with its secret: the only time that this is in the clear."""
    secret, now_ns = PREFIX + secrets.token_urlsafe(32), time.time_ns()
    token = ApiToken(
        id=secrets.token_hex(4),
        title=title,
        role=role,
        scope=scope,
        created_ns=now_ns,
        expires_ns=now_ns + round(lasts_s * 1e9),
        revoked_ns=None,
    )
    with engine.begin() as connection:
        values = msgspec.structs.asdict(token) | {"role": role.value}
        digest = digest_of(secret.encode())
        connection.execute(insert(API_TOKENS).values(**values, digest=digest))
        detail = " ".join(filter(None, (role, scope, title)))
        audit.write(connection, AuditAction.API_TOKEN_CREATED, token.id, detail=detail)
    return token, secret


def listed(engine: Engine) -> list[ApiToken]:
    """Return all tokens, the oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(API_TOKENS.c.created_ns)).mappings()
        return [_token(row) for row in rows]


def known(engine: Engine, digest: bytes) -> ApiToken | None:
    """Return a token by its hash, whether it is good or not."""
    wanted = select(*_COLUMNS).where(API_TOKENS.c.digest == digest)
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else _token(row)


def revoke(engine: Engine, name: str) -> None:
    """
    Let a token open nothing more.

    Raises:
        TokenError: there is none of that id that was not revoked.
    """
    wanted = (
        update(API_TOKENS)
        .where(API_TOKENS.c.id == name, API_TOKENS.c.revoked_ns.is_(None))
        .values(revoked_ns=time.time_ns())
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            message = (
                f"there is no token {name} to revoke; see `thongsuot-collector api-token list`"
            )
            raise TokenError(message)
        audit.write(connection, AuditAction.API_TOKEN_REVOKED, name)


_COLUMNS = [column for column in API_TOKENS.c if column.name != "digest"]


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "role": PersonRole(row["role"])})
