"""
Batch signatures: a batch is stored only after its signature was verified by a key of its site.

A site signs from its first valid signature on: unsigned batches are refused after that, so the
token alone, or a position on the path, does not suffice to write in its name. A key belongs to a
site while there is a valid certificate for it: one of the collector's own authority, or that of the
connection.
"""

import asyncio
import logging

from cryptography import x509
from sqlalchemy import Engine

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.pki.batch_signatures import (
    SigningPublicKey,
    is_signed_by,
    load_signing_key,
)
from thongsuot_collector.pki.csr import public_der
from thongsuot_collector.pki.peer import PeerCertificate
from thongsuot_collector.store import certificates, signing_keys
from thongsuot_schema.batch.signature import KEY_BYTES, BatchSignature

_STRANGERS_KEPT = 10_000
"""Keys of no site, cached so that the store is not queried for each again."""

_log = logging.getLogger(__name__)


class BatchSigners:
    """The keys of all sites, refreshed from the store."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._public: dict[tuple[str, bytes], bytes] = {}
        self._keys: dict[tuple[str, bytes], SigningPublicKey] = {}
        self._sites: frozenset[str] = frozenset()
        self._strangers: set[tuple[str, bytes]] = set()
        self._mark: tuple[int, int] | None = None

    @property
    def sites(self) -> int:
        """The number of sites that have to sign."""
        return len(self._sites)

    async def refresh(self) -> None:
        """Read the store again if a key was recorded or retired since."""
        self._strangers.clear()  # a certificate may have been issued for one of them
        mark = await asyncio.to_thread(signing_keys.change_mark, self._store)
        if mark == self._mark:
            return
        listed = await asyncio.to_thread(signing_keys.listed, self._store)
        good = [key for key in listed if key.retired_ns is None]
        self._public = {(key.site, key.digest[:KEY_BYTES]): key.public_key for key in good}
        self._keys = {named: key for named, key in self._keys.items() if named in self._public}
        self._sites = frozenset(key.site for key in good)
        self._mark = mark

    async def verify(
        self,
        site: str,
        signature: BatchSignature | None,
        body: bytes,
        *,
        peer: PeerCertificate | None,
    ) -> bytes:
        """
        Return the signature in the form of the journal; empty if the site does not sign.

        Raises:
            PushRefused: a required signature is missing, or does not match these bytes.
        """
        key = None if signature is None else await self._key(site, signature.key, peer)
        if signature is None or key is None:
            if site in self._sites:
                raise PushRefused(RefusalReason.UNSIGNED, _unsigned_sentence(site, signature))
            return b""
        if not is_signed_by(key, signature.value, body):
            raise PushRefused(
                RefusalReason.BAD_SIGNATURE,
                f"the signature by key {signature.key.hex()} is not over these bytes: "
                "something on the way has changed the batch",
            )
        if (site, signature.key) not in self._public:
            await self._note(site, key)
        return signature.pack()

    async def _key(
        self, site: str, name: bytes, peer: PeerCertificate | None
    ) -> SigningPublicKey | None:
        """Return a key of the site by its name; ``None`` if it is not a key of this site."""
        named = (site, name)
        known = self._keys.get(named)
        if known is not None:
            return known
        public_key = self._public.get(named, b"")
        if not public_key and peer is not None and peer.key_digest[:KEY_BYTES] == name:
            public_key = peer.public_key
        if not public_key and named not in self._strangers:
            public_key = await asyncio.to_thread(_certified_key, self._store, site, name)
        key = load_signing_key(public_key) if public_key else None
        if key is None:
            if len(self._strangers) < _STRANGERS_KEPT:
                self._strangers.add(named)
            return None
        if named in self._public:
            self._keys[named] = key
        return key

    async def _note(self, site: str, key: SigningPublicKey) -> None:
        noted = await asyncio.to_thread(
            signing_keys.note_first_use, self._store, site, public_der(key)
        )
        if noted is None:
            raise PushRefused(
                RefusalReason.UNSIGNED,
                f"the key of site {site} was retired; enrol this device again",
            )
        _log.info("site=%s signs its batches from now on key=%s", site, noted.digest.hex())
        await self.refresh()


def _certified_key(store: Engine, site: str, name: bytes) -> bytes:
    """Return the public key (DER) of a site's unrevoked certificate; empty: none."""
    for certificate in certificates.listed(store, site):
        if certificate.key_digest[:KEY_BYTES] == name and certificate.revoked_ns is None:
            loaded = x509.load_pem_x509_certificate(certificate.pem.encode("ascii"))
            return public_der(loaded.public_key())
    return b""


def _unsigned_sentence(site: str, signature: BatchSignature | None) -> str:
    if signature is None:
        return f"site {site} signs its batches, and this one is not signed"
    return (
        f"site {site} signs its batches, and key {signature.key.hex()} is not one of its own; "
        "enrol this device again"
    )
