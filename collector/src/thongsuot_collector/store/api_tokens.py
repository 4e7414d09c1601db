"""Read-only tokens of programs, in the store: kept as a hash, each with one role and an expiry."""

import secrets
import time

import msgspec
from sqlalchemy import Engine, RowMapping, insert

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.credentials import Credential, CredentialTable
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.store.tables import API_TOKENS
from thongsuot_collector.store.tokens import digest_of
from thongsuot_schema.words.language import Text

PREFIX = "tsr_"
"""Lets people and secret scanners identify a leaked string."""

ROLES = (PersonRole.CITY_READER, PersonRole.CARRIER, PersonRole.COMMUNE)
"""The read-only roles. Actions of an engineer are for people: no token has that role."""


class ApiToken(Credential, frozen=True, kw_only=True):
    """
    A token without its secret. ``title`` names its program; ``scope`` is the carrier's name or the
    commune's code.
    """

    role: PersonRole
    scope: str


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "role": PersonRole(row["role"])})


def _missing(name: str) -> Text:
    return Text("collector.cli.error.no_api_token", id=name)


_TOKENS = CredentialTable(
    API_TOKENS, _token, missing=_missing, secret_columns=frozenset({"digest"})
)


def create(
    engine: Engine, title: str, *, role: PersonRole, scope: str, lasts_s: float
) -> tuple[ApiToken, str]:
    """Make a token; return it with its secret, which is not available in the clear again."""
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
    return _TOKENS.listed(engine)


def known(engine: Engine, digest: bytes) -> ApiToken | None:
    """Return a token by its hash, valid or not."""
    return _TOKENS.known(engine, API_TOKENS.c.digest == digest)


def revoke(engine: Engine, name: str) -> None:
    """
    Revoke a token.

    Raises:
        TokenError: there is no valid one with that id.
    """
    with engine.begin() as connection:
        _TOKENS.revoke(connection, name)
        audit.write(connection, AuditAction.API_TOKEN_REVOKED, name)
