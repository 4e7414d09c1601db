"""
Desk keys, in the store: the links to carriers' desks, with expiry and permissions.

The link itself is signed (``notify.dispatch.desk_links``): read access to the store is not enough
to make one.
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
    One link to a carrier's desk. ``title`` is its recipient; with ``may_act`` its bearer may act
    for the carrier, else only read.
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
    """Store a new key; ``by`` is its author, in the audit log."""
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
    """Return a key by its id, valid or not."""
    return _KEYS.known(engine, DESK_KEYS.c.id == name)


def revoke(engine: Engine, name: str, *, by: str = "") -> None:
    """
    Revoke a key.

    Raises:
        TokenError: there is no valid one with that id.
    """
    with engine.begin() as connection:
        key = _KEYS.revoke(connection, name)
        audit.write(connection, AuditAction.DESK_KEY_REVOKED, key.carrier, by=by, detail=name)
