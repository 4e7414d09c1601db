"""
Links: the URL of an incident's page, with a key that is only valid for this page.

A notified person may open the incident without an account. The key is an HMAC-SHA256 over the
incident's name: keys of other incidents cannot be guessed, and none has to be stored.
"""

import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from thongsuot_collector.errors import StoreError
from thongsuot_schema.localizable import Localizable

_SECRET_BYTES = 32
_KEY_BYTES = 16


class IncidentLinks:
    """
    Makes and verifies links.

    ``page_url`` is the URL of the collector's pages (empty: there are no links), ``secret`` the
    input of the keys (empty: links have no key, and no key is valid).
    """

    def __init__(self, page_url: str, secret: bytes = b"") -> None:
        self._base = page_url.rstrip("/")
        self._secret = secret

    def url(self, incident: str) -> str:
        """Return the URL of an incident's page; empty if there is none."""
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
        """Return the URL of one of our pages; empty if people cannot open any."""
        return f"{self._base}{path}" if self._base and self._secret else ""

    def signature(self, purpose: str, text: str) -> str:
        """Return this collector's signature of a text, which differs by purpose."""
        mark = hmac.new(self._secret, f"{purpose} {text}".encode(), sha256).digest()
        return urlsafe_b64encode(mark[:_KEY_BYTES]).decode().rstrip("=")

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Return whether a signature is valid for a text and a purpose."""
        if not self._secret:
            return False
        return hmac.compare_digest(self.signature(purpose, text).encode(), signature.encode())


def load_or_create_secret(path: Path) -> bytes:
    """
    Return the secret in a file, created at first use; deleting the file invalidates all links.

    Raises:
        OSError: it can neither be read nor written.
        StoreError: the file is damaged. It is not replaced: what the secret has signed or sealed
            would be invalid, and nobody would know why.
    """
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return _created_secret(path)
    if len(secret) != _SECRET_BYTES:
        raise StoreError(
            Localizable(
                "{path} is damaged: it has {size} bytes instead of {wanted}; put it back from a "
                "backup, or remove it: links that were sent (links.key) or second factors "
                "(sign-in.key) are invalid then",
                path=str(path),
                size=len(secret),
                wanted=_SECRET_BYTES,
            )
        )
    return secret


def _created_secret(path: Path) -> bytes:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh_secret = secrets.token_bytes(_SECRET_BYTES)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(fresh_secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    return fresh_secret
