"""Issuing: creates certificates from requests and stores them, in one transaction."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.pki.authority import CertificateAuthority
from thongsuot_collector.pki.csr import SigningRequest
from thongsuot_collector.pki.registry import short_serial
from thongsuot_collector.store import audit, certificates
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.certificates import Certificate

_NOT_BEFORE_SHARE = 1 / 3
"""
The share of its lifetime after which a certificate may be renewed: an agent does it at two thirds,
and a faulty one cannot fill the store.
"""


class CertificateIssuer:
    """Issues certificates of one authority; ``wall`` is the time, in Unix seconds."""

    def __init__(
        self,
        authority: CertificateAuthority,
        lifetime_s: float,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._authority = authority
        self._lifetime = timedelta(seconds=lifetime_s)
        self._wall = wall

    def enrol(
        self, connection: Connection, site: str, request: SigningRequest, *, by: str, repeated: bool
    ) -> str:
        """
        Return the certificate (PEM) of a newly enrolled device; its earlier ones become invalid.

        A repeated request, after a lost answer, gets the same certificate.
        """
        kept = certificates.of_key(connection, site, request.digest) if repeated else None
        if kept is not None:
            return kept.pem
        now_s = self._wall()
        certificates.revoke_all(connection, site, round(now_s * 1e9), by=by, why="enrolled again")
        return self._issue(connection, site, request, now_s=now_s, by=by, why="enrolled").pem

    def renew(self, store: Engine, serial: str, request: SigningRequest, *, by: str) -> str:
        """
        Return the certificate (PEM) that replaces another of the same device.

        Each is renewed once. A repeated request gets the same answer; one with another key comes
        from another device that has a copy of the certificate, and is refused.

        Raises:
            PushRefused: see above; or it is too early, or it has been revoked.
        """
        with store.begin() as connection:
            before = certificates.get(connection, serial)
            if before is None or before.revoked_ns is not None:
                raise PushRefused(
                    RefusalReason.CERTIFICATE_REVOKED,
                    f"certificate {short_serial(serial)} was revoked; enrol this device again",
                )
            issued = self._followed(connection, before, request, by=by)
        if issued is None:
            raise PushRefused(
                RefusalReason.CONFLICT,
                f"certificate {short_serial(serial)} was renewed already, "
                f"for another key: another device "
                "has it too; enrol the right one again",
            )
        return issued

    def _followed(
        self, connection: Connection, before: Certificate, request: SigningRequest, *, by: str
    ) -> str | None:
        if before.renewed_by is not None:
            after = certificates.get(connection, before.renewed_by)
            is_good = after is not None and after.revoked_ns is None
            if after is not None and is_good and after.key_digest == request.digest:
                return after.pem
            audit.write(
                connection,
                AuditAction.CERTIFICATE_REFUSED,
                before.site,
                by=by,
                detail=f"certificate {before.serial} was renewed already, for another key",
            )
            return None
        if request.digest == before.key_digest:
            raise PushRefused(
                RefusalReason.MALFORMED, "a certificate is renewed for a new key only"
            )
        now_s = self._wall()
        issued_s, expires_s = before.issued_ns / 1e9, before.expires_ns / 1e9
        wait_s = issued_s + (expires_s - issued_s) * _NOT_BEFORE_SHARE - now_s
        if wait_s > 0:
            raise PushRefused(
                RefusalReason.TOO_OFTEN,
                f"certificate {short_serial(before.serial)} is too young to be renewed",
                retry_after_s=wait_s,
            )
        after = self._issue(
            connection, before.site, request, now_s=now_s, by=by, why=f"renews {before.serial}"
        )
        certificates.record_renewal(connection, before.serial, after.serial)
        return after.pem

    def _issue(
        self,
        connection: Connection,
        site: str,
        request: SigningRequest,
        *,
        now_s: float,
        by: str,
        why: str,
    ) -> Certificate:
        now = datetime.fromtimestamp(now_s, UTC)
        issued = self._authority.issue(request, site, now=now, lifetime=self._lifetime)
        certificate = Certificate(
            serial=issued.serial,
            site=site,
            key_digest=request.digest,
            issued_ns=round(now_s * 1e9),
            expires_ns=round(issued.not_after.timestamp() * 1e9),
            pem=issued.pem,
        )
        certificates.add(connection, certificate, by=by, detail=why)
        return certificate
