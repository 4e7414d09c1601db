"""
Desk keys, in the store: the links that open a carrier's desk, until when, and for what.

The link itself is signed (``notify.dispatch.desk_links``): who reads the store cannot make one.
"""

import secrets
import time

import msgspec
from sqlalchemy import Engine, insert, select, update

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import DESK_KEYS

_ID_BYTES = 6


class DeskKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    One link to a carrier's desk. ``title`` is whom it was made for; with ``may_act`` its bearer
    answers for the carrier, else only looks. ``revoked_ns`` is ``None`` while it is good.
    """

    id: str
    carrier: str
    title: str
    may_act: bool
    created_ns: int
    expires_ns: int
    revoked_ns: int | None

    def is_good(self, now_ns: int) -> bool:
        """Return whether it opens anything at a moment."""
        return self.revoked_ns is None and now_ns < self.expires_ns


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
    wanted = select(DESK_KEYS).order_by(DESK_KEYS.c.created_ns)
    if carrier:
        wanted = wanted.where(DESK_KEYS.c.carrier == carrier)
    with engine.connect() as connection:
        return [DeskKey(**row) for row in connection.execute(wanted).mappings()]


def known(engine: Engine, name: str) -> DeskKey | None:
    """Return a key by its id, whether it is good or not."""
    wanted = select(DESK_KEYS).where(DESK_KEYS.c.id == name)
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else DeskKey(**row)


def revoke(engine: Engine, name: str, *, by: str = "") -> None:
    """
    Let a key open nothing more.

    Raises:
        TokenError: there is none of that id that was not revoked.
    """
    wanted = (
        update(DESK_KEYS)
        .where(DESK_KEYS.c.id == name, DESK_KEYS.c.revoked_ns.is_(None))
        .values(revoked_ns=time.time_ns())
    )
    with engine.begin() as connection:
        if not connection.execute(wanted).rowcount:
            message = f"there is no key {name} to revoke; see `thongsuot-collector desk-key list`"
            raise TokenError(message)
        carrier = connection.execute(
            select(DESK_KEYS.c.carrier).where(DESK_KEYS.c.id == name)
        ).scalar_one()
        audit.write(connection, AuditAction.DESK_KEY_REVOKED, carrier, by=by, detail=name)
