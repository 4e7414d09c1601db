"""
Tokens of an Official Account: the access token of each message is valid for a day, and is obtained
with a refresh token that is valid once: if the new one is lost, access to the account must be
granted again.
"""

import asyncio
import math
import os
import time
from pathlib import Path

import msgspec

from thongsuot_collector.errors import CollectorError

REFRESH_BEFORE_S = 600.0
"""A token that expires within this time is renewed before it is used."""

DEFAULT_LIFE_S = 3_600.0
"""Used if an answer does not have the lifetime of a token: the shortest known one."""


class TokenFileInvalid(CollectorError):
    """The file of the tokens cannot be used; the text says why."""


class ZaloTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the file; ``expires_at`` is Unix time, 0 if it is not known."""

    refresh_token: str
    access_token: str = ""
    expires_at: float = 0.0

    def is_usable(self, now_s: float) -> bool:
        """Return whether the access token is still valid."""
        return bool(self.access_token) and now_s < self.expires_at - REFRESH_BEFORE_S


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for a refresh token; numbers are texts."""

    access_token: str
    refresh_token: str
    expires_in: str | float = DEFAULT_LIFE_S

    def tokens(self, now_s: float) -> ZaloTokens:
        """Return them in the form of the file."""
        return ZaloTokens(
            refresh_token=self.refresh_token,
            access_token=self.access_token,
            expires_at=now_s + self._life_s(),
        )

    def _life_s(self) -> float:
        """
        Return the lifetime; one that is no number must not cost the tokens, which are sent once.
        """
        try:
            life_s = float(self.expires_in)
        except ValueError:
            return DEFAULT_LIFE_S
        return life_s if math.isfinite(life_s) else DEFAULT_LIFE_S


def read_tokens(path: Path) -> ZaloTokens:
    """
    Return the content of the file.

    Raises:
        OSError: it cannot be read.
        TokenFileInvalid: it contains no tokens.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=ZaloTokens)
    except msgspec.MsgspecError as error:
        # The error may quote it, and it is a secret.
        raise TokenFileInvalid(f'{path} is not JSON with a "refresh_token"') from error


def write_tokens(path: Path, tokens: ZaloTokens) -> None:
    """Replace the file, durably: the old refresh token is no longer valid."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(msgspec.json.encode(tokens))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


async def store_tokens(path: Path, tokens: ZaloTokens) -> None:
    """Replace the file in a thread, completely even if the caller is cancelled."""
    await asyncio.shield(asyncio.to_thread(write_tokens, path, tokens))


def now_s() -> float:
    """Return the current time, on the clock of ``expires_at``."""
    return time.time()
