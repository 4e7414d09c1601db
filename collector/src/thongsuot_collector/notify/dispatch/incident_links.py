"""
Links: where people find the page of an incident, with a key that opens this one page and no other.

Who is notified of an incident may look at it without an account. The key is an HMAC-SHA256 over the
incident's name: nobody can guess that of another incident, and none has to be kept.
"""

import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

_SECRET_BYTES = 32
_KEY_BYTES = 16


class IncidentLinks:
    """
    Makes and knows links.

    ``page_url`` is where people find the collector's pages (empty: there are no links), ``secret``
    what keys are made from (empty: links carry none, and no key is good).
    """

    def __init__(self, page_url: str, secret: bytes = b"") -> None:
        self._base = page_url.rstrip("/")
        self._secret = secret

    def url(self, incident: str) -> str:
        """Return the address of an incident's page; empty where there is none."""
        if not self._base:
            return ""
        key = f"?key={self.key(incident)}" if self._secret else ""
        return f"{self._base}/incidents/{incident}{key}"

    def key(self, incident: str) -> str:
        """Return the key of an incident's page."""
        return self.signature("incident", incident)

    def is_valid_key(self, incident: str, key: str) -> bool:
        """Return whether a key is the one of an incident's page."""
        return self.is_signed("incident", incident, key)

    def page_url(self, path: str) -> str:
        """Return the address of one of our pages; empty where people cannot open any."""
        return f"{self._base}{path}" if self._base and self._secret else ""

    def signature(self, purpose: str, text: str) -> str:
        """Return what only this collector can put beside a text; for each purpose another one."""
        mark = hmac.new(self._secret, f"{purpose} {text}".encode(), sha256).digest()
        return urlsafe_b64encode(mark[:_KEY_BYTES]).decode().rstrip("=")

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Return whether a signature is the one of a text, for this purpose."""
        if not self._secret:
            return False
        return hmac.compare_digest(self.signature(purpose, text).encode(), signature.encode())


def load_or_create_secret(path: Path) -> bytes:
    """
    Return the secret that a file holds, made at the first time; without the file all links end.

    Raises:
        OSError: it can neither be read nor written.
    """
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) == _SECRET_BYTES:
        return secret
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh_secret = secrets.token_bytes(_SECRET_BYTES)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(fresh_secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    return fresh_secret
