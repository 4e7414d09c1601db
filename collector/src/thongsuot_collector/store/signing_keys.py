"""
Keys by which devices have signed batches: each recorded permanently at its first signature.

A site with a key that is not retired has to sign. Keys are retired with their certificates, or by
hand.
"""

import hashlib
import time

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.identity_tables import SIGNING_KEYS


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    A key of a site. ``public_key`` is DER (SubjectPublicKeyInfo), ``digest`` SHA-256 over it;
    ``first_ns`` is the time of its first signature, ``retired_ns`` the time since which its
    signatures are refused.
    """

    site: str
    digest: bytes
    public_key: bytes
    first_ns: int
    retired_ns: int | None = None


def note_first_use(engine: Engine, site: str, public_key: bytes) -> SigningKey | None:
    """Record a site's use of a key; return it, ``None`` if it was retired before."""
    key = SigningKey(
        site=site,
        digest=hashlib.sha256(public_key).digest(),
        public_key=public_key,
        first_ns=time.time_ns(),
    )
    try:
        with engine.begin() as connection:
            connection.execute(insert(SIGNING_KEYS).values(**msgspec.structs.asdict(key)))
            detail = f"key {key.digest.hex()}; its batches have to be signed from now on"
            audit.write(connection, AuditAction.SIGNING_KEY_NOTED, site, by="device", detail=detail)
    except IntegrityError:
        known = [key for key in listed(engine, site) if key.public_key == public_key]
        return known[0] if known and known[0].retired_ns is None else None
    return key


def retire(
    connection: Connection,
    site: str,
    now_ns: int,
    *,
    digest_hex: str = "",
    by: str = "",
    why: str,
) -> int:
    """Retire the keys of a site, or those with a digest prefix; return how many."""
    wanted = [
        row.digest
        for row in connection.execute(
            select(SIGNING_KEYS.c.digest).where(
                SIGNING_KEYS.c.site == site, SIGNING_KEYS.c.retired_ns.is_(None)
            )
        )
        if row.digest.hex().startswith(digest_hex)
    ]
    for digest in wanted:
        connection.execute(
            update(SIGNING_KEYS)
            .where(SIGNING_KEYS.c.site == site, SIGNING_KEYS.c.digest == digest)
            .values(retired_ns=now_ns)
        )
        detail = f"key {digest.hex()}; {why}"
        audit.write(connection, AuditAction.SIGNING_KEY_RETIRED, site, by=by, detail=detail)
    return len(wanted)


def listed(engine: Engine, site: str = "") -> list[SigningKey]:
    """Return the keys of a site (empty: of all), including retired ones, oldest first."""
    wanted = select(SIGNING_KEYS).order_by(SIGNING_KEYS.c.site, SIGNING_KEYS.c.first_ns)
    if site:
        wanted = wanted.where(SIGNING_KEYS.c.site == site)
    with engine.connect() as connection:
        return [SigningKey(**row) for row in connection.execute(wanted).mappings()]


def change_mark(engine: Engine) -> tuple[int, int]:
    """Return a value that changes whenever a key is recorded or retired."""
    with engine.connect() as connection:
        noted, retired = connection.execute(
            select(func.count(SIGNING_KEYS.c.digest), func.count(SIGNING_KEYS.c.retired_ns))
        ).one()
    return noted, retired
