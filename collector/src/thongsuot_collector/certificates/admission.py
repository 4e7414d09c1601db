"""
Admission: which site a request may speak for, by its token, by the certificate of its connection,
or by both, which then have to agree.

Every request is looked at, not every connection: what is revoked is refused on a connection that is
open as well.
"""

import asyncio
import logging
import time
from collections.abc import Callable, MutableMapping

from sqlalchemy import Engine

from thongsuot_collector.certificates.peer import SCOPE_KEY, Peer
from thongsuot_collector.certificates.policy import Policy
from thongsuot_collector.certificates.roll import Roll, short
from thongsuot_collector.ingest.refusal import PushRefused, Why
from thongsuot_collector.ingest.tokens import TokenBook
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import Action

_BEARER = b"bearer "
_TOLD_AGAIN_S = 3600.0
_TOLD_LIMIT = 10_000
"""A certificate with another's token is audited once an hour: the log is only added to."""

_REFRESH_EVERY_S = 2.0
"""A revoked certificate is good for at most this long."""

_log = logging.getLogger(__name__)


class Admission:
    """Who a request comes from. ``roll`` is ``None`` where nobody is asked for a certificate."""

    def __init__(self, store: Engine, tokens: TokenBook, policy: Policy, roll: Roll | None) -> None:
        self._store = store
        self._tokens = tokens
        self._policy = policy
        self._told_s: dict[str, float] = {}
        self.roll = roll

    async def site_of(
        self, scope: MutableMapping[str, object], authorization: bytes, address: str
    ) -> str:
        """
        Return the site that a request speaks for.

        Raises:
            PushRefused: it has nothing that is good, or what it has does not belong together.
        """
        peer = self.peer_of(scope)
        holder = None if peer is None else self._holder(peer)
        if authorization[: len(_BEARER)].lower() != _BEARER:
            if holder is not None:
                return holder
            raise PushRefused(Why.NO_TOKEN, "send the site's token: Authorization: Bearer …")
        site = await self._tokens.site_of(authorization[len(_BEARER) :].strip())
        if site is None:
            raise PushRefused(Why.BAD_TOKEN, "this token is not known here, or was revoked")
        if peer is None and self._policy is Policy.REQUIRED:
            raise PushRefused(
                Why.NO_CERTIFICATE,
                "a client certificate is required here; enrol this device again to get one",
            )
        if peer is not None and holder != site:
            await self._note_mismatch(peer, str(holder), site, address)
            raise PushRefused(
                Why.CERTIFICATE_OF_ANOTHER,
                f"certificate {short(peer.serial)} is not one of site {site}, whose token came",
            )
        return site

    def peer_of(self, scope: MutableMapping[str, object]) -> Peer | None:
        """Return what the connection's certificate says, ``None`` without one."""
        peer = scope.get(SCOPE_KEY)
        return peer if isinstance(peer, Peer) and self.roll is not None else None

    async def refresh(self) -> None:
        """Know at once what was issued or revoked a moment ago."""
        if self.roll is not None:
            await self.roll.refresh()

    async def keep_fresh(self, then: Callable[[], None]) -> None:
        """Read again and again, for ever; ``then`` is called each time."""
        while True:
            await asyncio.sleep(_REFRESH_EVERY_S)
            await self.refresh()
            then()

    def _holder(self, peer: Peer) -> str:
        assert self.roll is not None
        return self.roll.site_of(peer, time.time())

    async def _note_mismatch(self, peer: Peer, holder: str, site: str, address: str) -> None:
        now_s = time.monotonic()
        key = f"{peer.serial} {site}"
        if now_s - self._told_s.get(key, -_TOLD_AGAIN_S) < _TOLD_AGAIN_S:
            return
        if len(self._told_s) >= _TOLD_LIMIT:
            self._told_s.clear()
        self._told_s[key] = now_s
        _log.warning(
            "refused address=%s: certificate %s of site=%s came with the token of site=%s",
            address,
            peer.serial,
            holder,
            site,
        )
        detail = f"certificate {peer.serial} is of {holder}, and came with this site's token"
        await asyncio.to_thread(_audited, self._store, site, f"device:{address}", detail)


def _audited(store: Engine, site: str, by: str, detail: str) -> None:
    with store.begin() as connection:
        audit.write(connection, Action.CERTIFICATE_REFUSED, site, by=by, detail=detail)
