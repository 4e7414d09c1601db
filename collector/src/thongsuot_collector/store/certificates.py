"""Certificates in the store: each issued one, its site and its status."""

import time

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, update

from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.store import audit, signing_keys
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.identity_tables import CERTIFICATES
from thongsuot_schema.words.language import Text


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """
    One certificate. ``key_digest`` is SHA-256 over its public key as DER; ``renewed_by`` the serial
    of its successor on the device. ``revoked_ns`` is ``None`` while it is not revoked.
    """

    serial: str
    site: str
    key_digest: bytes
    issued_ns: int
    expires_ns: int
    revoked_ns: int | None = None
    renewed_by: str | None = None
    pem: str


def add(connection: Connection, certificate: Certificate, *, by: str, detail: str) -> None:
    """Store an issued certificate, inside the caller's transaction."""
    connection.execute(insert(CERTIFICATES).values(**msgspec.structs.asdict(certificate)))
    audit.write(
        connection,
        AuditAction.CERTIFICATE_ISSUED,
        certificate.site,
        by=by,
        detail=f"certificate {certificate.serial}; {detail}",
    )


def of_key(connection: Connection, site: str, key_digest: bytes) -> Certificate | None:
    """Return the unrevoked certificate of a site for a key, if there is one."""
    wanted = select(CERTIFICATES).where(
        CERTIFICATES.c.site == site,
        CERTIFICATES.c.key_digest == key_digest,
        CERTIFICATES.c.revoked_ns.is_(None),
    )
    row = connection.execute(wanted.order_by(CERTIFICATES.c.issued_ns.desc())).mappings().first()
    return None if row is None else Certificate(**row)


def get(connection: Connection, serial: str) -> Certificate | None:
    """Return a certificate by its serial number."""
    wanted = select(CERTIFICATES).where(CERTIFICATES.c.serial == serial)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else Certificate(**row)


def record_renewal(connection: Connection, serial: str, by_serial: str) -> bool:
    """Record the successor of a certificate; return whether it had none."""
    first = update(CERTIFICATES).where(
        CERTIFICATES.c.serial == serial,
        CERTIFICATES.c.renewed_by.is_(None),
        CERTIFICATES.c.revoked_ns.is_(None),
    )
    return connection.execute(first.values(renewed_by=by_serial)).rowcount == 1


def revoke_all(connection: Connection, site: str, now_ns: int, *, by: str = "", why: str) -> int:
    """Revoke the certificates of a site, inside the caller's transaction; return how many."""
    good = (
        CERTIFICATES.c.site == site,
        CERTIFICATES.c.revoked_ns.is_(None),
        CERTIFICATES.c.expires_ns > now_ns,
    )
    revoked = connection.execute(update(CERTIFICATES).where(*good).values(revoked_ns=now_ns))
    signing_keys.retire(connection, site, now_ns, by=by, why=why)
    if revoked.rowcount:
        detail = f"all, {revoked.rowcount}; {why}"
        audit.write(connection, AuditAction.CERTIFICATE_REVOKED, site, by=by, detail=detail)
    return revoked.rowcount


def revoke(engine: Engine, site: str, serial: str = "") -> int:
    """
    Revoke one certificate of a site, by the beginning of its serial number, or all of them.

    Returns how many were valid.

    Raises:
        AuthorityError: there is no such certificate, or more than one matches.
    """
    now_ns = time.time_ns()
    with engine.begin() as connection:
        if not serial:
            revoked = revoke_all(connection, site, now_ns, why="by hand")
        else:
            wanted = (
                CERTIFICATES.c.site == site,
                CERTIFICATES.c.revoked_ns.is_(None),
                CERTIFICATES.c.serial.startswith(serial.lower(), autoescape=True),
            )
            digests = [
                row.key_digest
                for row in connection.execute(select(CERTIFICATES.c.key_digest).where(*wanted))
            ]
            revoked = connection.execute(
                update(CERTIFICATES).where(*wanted).values(revoked_ns=now_ns)
            ).rowcount
            if revoked > 1:
                raise AuthorityError(
                    Text(
                        "collector.cli.error.many_certificates",
                        count=revoked,
                        site=site,
                        serial=serial,
                    )
                )
            detail = f"certificate {serial}; by hand"
            if revoked:
                audit.write(connection, AuditAction.CERTIFICATE_REVOKED, site, detail=detail)
            for digest in digests:
                signing_keys.retire(
                    connection, site, now_ns, digest_hex=digest.hex(), why="with its certificate"
                )
    if not revoked:
        raise AuthorityError(Text("collector.cli.error.no_good_certificate", site=site))
    return revoked


def listed(engine: Engine, site: str | None = None) -> list[Certificate]:
    """Return all certificates, or those of a site, oldest first."""
    wanted = select(CERTIFICATES).order_by(CERTIFICATES.c.issued_ns)
    if site is not None:
        wanted = wanted.where(CERTIFICATES.c.site == site)
    with engine.connect() as connection:
        return [Certificate(**row) for row in connection.execute(wanted).mappings()]


def change_mark(engine: Engine) -> tuple[int, int, int]:
    """Return a value that changes whenever a certificate is issued or revoked."""
    with engine.connect() as connection:
        created, newest, revoked = connection.execute(
            select(
                func.count(CERTIFICATES.c.serial),
                func.max(CERTIFICATES.c.issued_ns),
                func.count(CERTIFICATES.c.revoked_ns),
            )
        ).one()
    return created, newest or 0, revoked
