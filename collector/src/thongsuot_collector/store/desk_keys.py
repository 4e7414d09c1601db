"""
Desk keys, in the store: the links that open a carrier's desk, until when, and for what.

The link itself is signed (``notify.dispatch.desk_links``): who reads the store cannot make one.
"""

import secrets
import time

import msgspec
from sqlalchemy import Engine, RowMapping, insert

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.credentials import Credential, CredentialTable
from thongsuot_collector.store.tables import DESK_KEYS
from thongsuot_schema.words.language import Text

_ID_BYTES = 6


class DeskKey(Credential, frozen=True, kw_only=True):
    """
    One link to a carrier's desk. ``title`` is whom it was made for; with ``may_act`` its bearer
    answers for the carrier, else only looks.
    """

    carrier: str
    may_act: bool


def _key(row: RowMapping) -> DeskKey:
    return DeskKey(**row)


def _missing(name: str) -> Text:
    return Text("collector.cli.error.no_desk_key", id=name)


_KEYS = CredentialTable(DESK_KEYS, _key, missing=_missing)


def create(
    engine: Engine, carrier: str, title: str, *, may_act: bool, lasts_s: float, by: str = ""
) -> DeskKey:
    """Keep a new key; ``by`` is who made it, in the audit log."""
    now_ns = time.time_ns()
    key = DeskKey(
        id=secrets.token_hex(_ID_BYTES),
        carrier=carrier,
        title=title,
        may_act=may_act,
        created_ns=now_ns,
        expires_ns=now_ns + round(lasts_s * 1e9),
        revoked_ns=None,
    )
    with engine.begin() as connection:
        connection.execute(insert(DESK_KEYS).values(**msgspec.structs.asdict(key)))
        detail = f"{key.id} {title}".rstrip()
        audit.write(connection, AuditAction.DESK_KEY_CREATED, carrier, by=by, detail=detail)
    return key


def listed(engine: Engine, carrier: str = "") -> list[DeskKey]:
    """Return all keys, or those of a carrier, the oldest first."""
    return _KEYS.listed(engine, *([DESK_KEYS.c.carrier == carrier] if carrier else []))


def known(engine: Engine, name: str) -> DeskKey | None:
    """Return a key by its id, whether it is good or not."""
    return _KEYS.known(engine, DESK_KEYS.c.id == name)


def revoke(engine: Engine, name: str, *, by: str = "") -> None:
    """
    Let a key open nothing more.

    Raises:
        TokenError: there is none of that id that was not revoked.
    """
    with engine.begin() as connection:
        key = _KEYS.revoke(connection, name)
        audit.write(connection, AuditAction.DESK_KEY_REVOKED, key.carrier, by=by, detail=name)
