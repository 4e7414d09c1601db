"""Registry of the collector's own certificates: the valid ones, kept fresh from the store."""

import asyncio
import logging

from sqlalchemy import Engine

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.pki.peer import PeerCertificate
from thongsuot_collector.pki.registry import ExpiryTimes, check_validity, short_serial
from thongsuot_collector.store import certificates

_log = logging.getLogger(__name__)


class OwnCertificateRegistry:
    """
    Certificates that this collector issued; ``authorities`` are its own and its predecessors, as
    PEM, ``ends`` is the expiry of its own.

    Only certificates in the store are valid, by number and key: an authority's key alone is not
    enough to make an accepted one.
    """

    checks_time = False
    """An expired certificate is refused with a sentence, not by a failed handshake."""

    def __init__(self, store: Engine, authorities: str, ends: ExpiryTimes) -> None:
        self._store = store
        self._good: dict[str, tuple[str, bytes]] = {}
        self._revoked: frozenset[str] = frozenset()
        self._mark: tuple[int, int, int] | None = None
        self._reported: set[str] = set()
        self.authorities = authorities
        self.ends = ends

    def site_of(self, peer: PeerCertificate, now_s: float) -> str:
        """Return the site of a certificate; see ``CertificateRegistry``."""
        check_validity(peer, now_s)
        if peer.serial in self._revoked:
            raise PushRefused(
                RefusalReason.CERTIFICATE_REVOKED,
                f"certificate {short_serial(peer.serial)} was revoked; enrol this device again",
            )
        site, key_digest = self._good.get(peer.serial, ("", b""))
        if not site or key_digest != peer.key_digest:
            if site:
                self._report_forged(peer.serial, site)
            raise PushRefused(
                RefusalReason.CERTIFICATE_UNKNOWN,
                f"certificate {short_serial(peer.serial)} is not known here; "
                "enrol this device again",
            )
        return site

    async def refresh(self) -> None:
        """Read the store again if a certificate was issued or revoked since."""
        mark = await asyncio.to_thread(certificates.change_mark, self._store)
        if mark == self._mark:
            return
        listed = await asyncio.to_thread(certificates.listed, self._store)
        self._good = {
            certificate.serial: (certificate.site, certificate.key_digest)
            for certificate in listed
            if certificate.revoked_ns is None
        }
        self._revoked = frozenset(
            certificate.serial for certificate in listed if certificate.revoked_ns is not None
        )
        self._mark = mark
        _log.info("certificates read good=%d revoked=%d", len(self._good), len(self._revoked))

    def _report_forged(self, serial: str, site: str) -> None:
        if serial in self._reported:
            return
        self._reported.add(serial)
        _log.error(
            "certificate %s of site=%s was presented with another key: it was not issued here, "
            "and its maker has the key of the authority; `thongsuot-collector ca renew`",
            serial,
            site,
        )
