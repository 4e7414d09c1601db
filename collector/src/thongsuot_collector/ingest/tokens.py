"""Whose token it is: the good ones in memory, kept fresh from the store."""

import asyncio
import hmac
import logging

from sqlalchemy import Engine

from thongsuot_collector.store import tokens
from thongsuot_schema.enrolment import TOKEN_PREFIX

_REFRESH_EVERY_S = 5.0
"""A revoked token is good for at most this long."""

_log = logging.getLogger(__name__)


class TokenCache:
    """
    All good tokens, by the hash of each.

    A lookup goes by the hash of a secret of 256 random bits, so what its timing tells of the hash
    helps nobody; the comparison itself takes constant time all the same.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._sites: dict[bytes, tuple[bytes, str]] = {}
        self._mark: tuple[int, int] | None = None
        self._asking = asyncio.Lock()
        """
        Held from a question to the store until its answer is kept: an older answer must not
        replace a newer one, or a revoked token would be good again until the next change.
        """

    def known_site(self, secret: bytes) -> str | None:
        """Return the site of a token that is in memory: that of nearly every push."""
        return self._lookup(tokens.digest_of(secret))

    async def site_of(self, secret: bytes, *, ask_store: bool = True) -> str | None:
        """
        Return the site that a token belongs to, ``None`` for one that is not good.

        ``ask_store``: also find one that was made within the last seconds.
        """
        digest = tokens.digest_of(secret)
        site = self._lookup(digest)
        if site is None and ask_store and secret.startswith(TOKEN_PREFIX.encode()):
            # Made a moment ago, perhaps. One question at a time; ``RateLimiter`` bounds how many
            # there are.
            async with self._asking:
                site = await asyncio.to_thread(tokens.site_of, self._store, digest)
                if site is not None:
                    self._sites[digest] = (digest, site)
        return site

    async def refresh(self) -> None:
        """Read the store again, if a token was made or revoked since."""
        async with self._asking:
            mark = await asyncio.to_thread(tokens.change_mark, self._store)
            if mark == self._mark:
                return
            listed = await asyncio.to_thread(tokens.listed, self._store)
            self._sites = {
                token.digest: (token.digest, token.site)
                for token in listed
                if token.revoked_ns is None
            }
            self._mark = mark
            _log.info("tokens read good=%d", len(self._sites))

    async def keep_fresh(self) -> None:
        """Read the store periodically until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH_EVERY_S)
            await self.refresh()

    def _lookup(self, digest: bytes) -> str | None:
        known = self._sites.get(digest)
        if known is None or not hmac.compare_digest(known[0], digest):
            return None
        return known[1]
