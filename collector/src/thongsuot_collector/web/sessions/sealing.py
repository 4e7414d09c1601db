"""
Sealing: what only this collector can read or make, kept in the store or in a browser.

The key stands in a file beside the store (``sign-in.key``): a copy of the store alone gives no
authenticator app away. Without the file every second factor has to be set up again.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


class Sealer:
    """Seals and unseals; what was sealed for one purpose is nothing for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, purpose: str, content: bytes) -> str:
        """Return a content encrypted and signed, in letters that a cookie may have."""
        return self._fernet(purpose).encrypt(content).decode()

    def unseal(self, purpose: str, sealed: str, *, lasts_s: int | None = None) -> bytes | None:
        """Return what was sealed; ``None``: not by us, not for this, or longer ago than that."""
        try:
            return self._fernet(purpose).decrypt(sealed.encode(), ttl=lasts_s)
        except InvalidToken:
            return None

    def _fernet(self, purpose: str) -> Fernet:
        kdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode())
        return Fernet(urlsafe_b64encode(kdf.derive(self._secret)))
