"""Second factor check: whether a code is a person's, once, and how often it may be tried."""

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
    Keeps second factors, and takes their codes.

    ``now`` is the time of day in seconds: codes are made of it.
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
        """Count a try of somebody's code, and return 0; or return after how long to try again."""
        return self._attempts.begin_code(name, now_s=time.monotonic())

    async def is_good(self, name: str, code: str) -> bool:
        """
        Use up a code, of the app or for recovery, after ``begin``; return whether it was good.
        """
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
        """Return a secret for somebody, sealed until they prove that their app has it."""
        return self._sealer.seal(_OFFER, name.encode() + b"\0" + secret)

    def offer(self, name: str, sealed: str) -> bytes | None:
        """Return the secret that was offered to somebody; ``None``: it was not, or long ago."""
        content = self._sealer.unseal(_OFFER, sealed, lasts_s=_OFFERED_S)
        beginning = name.encode() + b"\0"
        if content is None or not content.startswith(beginning):
            return None
        return content.removeprefix(beginning)

    async def add(self, name: str, secret: bytes, code: str) -> list[str] | None:
        """Keep a second factor that a code proves; return recovery codes, or that it does not."""
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
        """Return other recovery codes; those before are good no more."""
        codes = new_recovery_codes()
        await asyncio.to_thread(
            second_factors.replace_recovery_codes,
            self._store,
            name,
            [recovery_digest(recovery) for recovery in codes],
            by=f"person:{name}",
        )
        return codes
