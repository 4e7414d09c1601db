"""
Sealing: authenticated encryption of data kept in the store or in a browser.

The key is in a file beside the store (``sign-in.key``): a copy of the store alone does not reveal
the secrets of authenticator apps. Without the file every second factor has to be set up again.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


class Sealer:
    """Seals and unseals; data sealed for one purpose is invalid for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, purpose: str, content: bytes) -> str:
        """Return a content encrypted and authenticated, in characters allowed in a cookie."""
        return self._fernet(purpose).encrypt(content).decode()

    def unseal(self, purpose: str, sealed: str, *, lasts_s: int | None = None) -> bytes | None:
        """
        Return the sealed content; ``None`` if it is not ours, for another purpose, or too old.
        """
        try:
            return self._fernet(purpose).decrypt(sealed.encode(), ttl=lasts_s)
        except InvalidToken:
            return None

    def _fernet(self, purpose: str) -> Fernet:
        kdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode())
        return Fernet(urlsafe_b64encode(kdf.derive(self._secret)))
