"""Secrets: read from files of their own, and kept out of everything that is written or shown."""

import base64
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

_HIDDEN = "***"
_SHORTEST = 4
"""A shorter text occurs everywhere: hiding it would hide nothing and spoil every message."""


def read_secret(file: str) -> str:
    """
    Return the secret that a file holds, without the white space around it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is empty, or no text.
    """
    try:
        text = Path(file).read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} holds no text") from error
    if not text:
        raise ValueError(f"{file} is empty")
    return text


class Scrubber:
    """Hides some secrets in texts, also as they look inside a URL or in Base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
            forms |= {unquote(secret), base64.b64encode(secret.encode()).decode().rstrip("=")}
        # The longest first: a part of a secret must not break up the whole.
        self._forms = sorted(
            (form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True
        )

    def scrub(self, text: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            text = text.replace(form, _HIDDEN)
        return text
