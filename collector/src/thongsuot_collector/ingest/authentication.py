"""
Authentication: which site a request may speak for, by its token, by the certificate of its
connection, or by both, which then have to agree.

Every request is authenticated, not only every connection: a revoked token or certificate is refused
on an open connection as well.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial

from sqlalchemy import Engine

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.batch_signatures import BatchSigners
from thongsuot_collector.ingest.tokens import TokenCache
from thongsuot_collector.pki.peer import SCOPE_KEY, PeerCertificate
from thongsuot_collector.pki.registry import CertificateRegistry, short_serial
from thongsuot_collector.pki.settings import ClientCertificatePolicy
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_schema.batch.signature import parse_header

_BEARER = b"bearer "
_AUDIT_AGAIN_S = 3600.0
_AUDITED_LIMIT = 10_000
"""A certificate with another's token is audited once an hour: the log is only added to."""

_REFRESH_EVERY_S = 2.0
"""A revoked certificate is good for at most this long."""

_log = logging.getLogger(__name__)


class Authenticator:
    """
    Who a request comes from, and who vouches for a batch. ``registry`` is ``None`` where nobody is
    asked for a certificate; ``signers`` are the keys by which sites sign.
    """

    def __init__(
        self,
        store: Engine,
        tokens: TokenCache,
        policy: ClientCertificatePolicy,
        registry: CertificateRegistry | None,
        signers: BatchSigners,
    ) -> None:
        self.signers = signers
        self._store = store
        self._tokens = tokens
        self._policy = policy
        self._audited_s: dict[str, float] = {}
        self.registry = registry

    async def site_of(
        self,
        scope: MutableMapping[str, object],
        authorization: bytes,
        address: str,
        *,
        is_suspect: bool = False,
    ) -> str:
        """
        Return the site that a request speaks for.

        ``is_suspect``: so many bad tokens came from its address that the store is not queried for
        this one.

        Raises:
            PushRefused: it has nothing that is good, or what it has does not belong together.
        """
        peer = self.peer_of(scope)
        holder = None if peer is None else self._holder(peer)
        if authorization[: len(_BEARER)].lower() != _BEARER:
            if holder is not None:
                return holder
            raise PushRefused(
                RefusalReason.NO_TOKEN, "send the site's token: Authorization: Bearer …"
            )
        secret = authorization[len(_BEARER) :].strip()
        site = self._tokens.known_site(secret)
        if site is None:
            site = await self._tokens.site_of(secret, ask_store=not is_suspect)
        if site is None:
            raise PushRefused(
                RefusalReason.BAD_TOKEN, "this token is not known here, or was revoked"
            )
        if peer is None and self._policy is ClientCertificatePolicy.REQUIRED:
            raise PushRefused(
                RefusalReason.NO_CERTIFICATE,
                "a client certificate is required here; enrol this device again to get one",
            )
        if peer is not None and holder != site:
            await self._audit_mismatch(peer, str(holder), site, address)
            raise PushRefused(
                RefusalReason.CERTIFICATE_OF_ANOTHER,
                f"certificate {short_serial(peer.serial)} "
                f"is not one of site {site}, whose token came",
            )
        return site

    def peer_of(self, scope: MutableMapping[str, object]) -> PeerCertificate | None:
        """Return what the connection's certificate says, ``None`` without one."""
        peer = scope.get(SCOPE_KEY)
        return peer if isinstance(peer, PeerCertificate) and self.registry is not None else None

    def signature_verifier(
        self, scope: MutableMapping[str, object], site: str, header: bytes
    ) -> Callable[[bytes], Awaitable[bytes]]:
        """Return what verifies the signature in a request's header, see ``BatchSigners``."""
        signature = parse_header(header.decode("latin-1")) if header else None
        return partial(self.signers.verify, site, signature, peer=self.peer_of(scope))

    async def refresh(self) -> None:
        """Know at once what was issued, revoked or retired a moment ago."""
        if self.registry is not None:
            await self.registry.refresh()
        await self.signers.refresh()

    async def keep_fresh(self, then: Callable[[], None]) -> None:
        """Read periodically until cancelled; ``then`` is called each time."""
        while True:
            await asyncio.sleep(_REFRESH_EVERY_S)
            await self.refresh()
            then()

    def _holder(self, peer: PeerCertificate) -> str:
        assert self.registry is not None
        return self.registry.site_of(peer, time.time())

    async def _audit_mismatch(
        self, peer: PeerCertificate, holder: str, site: str, address: str
    ) -> None:
        now_s = time.monotonic()
        key = f"{peer.serial} {site}"
        if now_s - self._audited_s.get(key, -_AUDIT_AGAIN_S) < _AUDIT_AGAIN_S:
            return
        if len(self._audited_s) >= _AUDITED_LIMIT:
            self._audited_s.clear()
        self._audited_s[key] = now_s
        _log.warning(
            "refused address=%s: certificate %s of site=%s came with the token of site=%s",
            address,
            peer.serial,
            holder,
            site,
        )
        detail = f"certificate {peer.serial} is of {holder}, and came with this site's token"
        await asyncio.to_thread(_write_audit, self._store, site, f"device:{address}", detail)


def _write_audit(store: Engine, site: str, by: str, detail: str) -> None:
    with store.begin() as connection:
        audit.write(connection, AuditAction.CERTIFICATE_REFUSED, site, by=by, detail=detail)
