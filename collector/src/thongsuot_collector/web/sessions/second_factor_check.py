"""Second factor check: verifies a person's one-time code, and limits attempts."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from thongsuot_collector.store import second_factors
from thongsuot_collector.web.sessions.attempts import SignInAttempts
from thongsuot_collector.web.sessions.sealing import Sealer
from thongsuot_collector.web.sessions.second_factor import (
    new_recovery_codes,
    recovery_digest,
    step_of,
)

_PURPOSE: Final = "second factor"
_OFFER: Final = "second factor offered"
_OFFERED_S: Final = 900


class SecondFactorCheck:
    """
    Stores second factors, and verifies their codes.

    ``now`` is the wall time in seconds, from which codes are computed.
    """

    def __init__(
        self,
        store: Engine,
        sealer: Sealer,
        attempts: SignInAttempts,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._attempts = attempts
        self._now = now

    def begin(self, name: str) -> float:
        """Count an attempt with a person's code, and return 0; or return the wait."""
        return self._attempts.begin_code(name, now_s=time.monotonic())

    async def is_good(self, name: str, code: str) -> bool:
        """Use a code, of the app or for recovery, after ``begin``; return whether it was valid."""
        is_good = await self._uses_step(name, code) or await asyncio.to_thread(
            second_factors.use_recovery_code, self._store, name, recovery_digest(code)
        )
        if is_good:
            self._attempts.code_succeeded(name)
        return is_good

    async def _uses_step(self, name: str, code: str) -> bool:
        sealed = await asyncio.to_thread(second_factors.secret_of, self._store, name)
        secret = None if sealed is None else self._sealer.unseal(_PURPOSE, sealed.decode())
        step = None if secret is None else step_of(secret, code, now_s=self._now())
        if step is None:
            return False
        return await asyncio.to_thread(second_factors.use_step, self._store, name, step)

    def offered(self, name: str, secret: bytes) -> str:
        """Return a new secret for a person, sealed until they confirm it with a code."""
        return self._sealer.seal(_OFFER, name.encode() + b"\0" + secret)

    def offer(self, name: str, sealed: str) -> bytes | None:
        """Return the secret offered to a person; ``None`` if it was not, or has expired."""
        content = self._sealer.unseal(_OFFER, sealed, lasts_s=_OFFERED_S)
        beginning = name.encode() + b"\0"
        if content is None or not content.startswith(beginning):
            return None
        return content.removeprefix(beginning)

    async def add(self, name: str, secret: bytes, code: str) -> list[str] | None:
        """
        Store a second factor confirmed by a code; return recovery codes, or ``None`` for a wrong
        code.
        """
        step = step_of(secret, code, now_s=self._now())
        if step is None:
            return None
        codes = new_recovery_codes()
        await asyncio.to_thread(
            second_factors.add,
            self._store,
            name,
            self._sealer.seal(_PURPOSE, secret).encode(),
            step=step,
            recovery=[recovery_digest(recovery) for recovery in codes],
            by=f"person:{name}",
        )
        return codes

    async def replace_recovery_codes(self, name: str) -> list[str]:
        """Return new recovery codes; the earlier ones become invalid."""
        codes = new_recovery_codes()
        await asyncio.to_thread(
            second_factors.replace_recovery_codes,
            self._store,
            name,
            [recovery_digest(recovery) for recovery in codes],
            by=f"person:{name}",
        )
        return codes
