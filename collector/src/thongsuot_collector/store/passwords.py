"""
Stored passwords: Argon2id in its own text form (RFC 9106, PHC string).

Accounts of earlier versions have the SHA-256 of a generated password of 192 random bits. That is
equally secure, and is replaced at the person's next sign-in.
"""

import hmac
import os
import unicodedata
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from thongsuot_collector.store.tokens import digest_of

SHORTEST: Final = 12
"""
Characters of a password that a person chooses (NIST SP 800-63B-4, 3.1.1.2, requires 8 with a second
factor and 15 without one; guessing is throttled here in both cases).
"""
LONGEST: Final = 200

_BEGINNING: Final = b"$argon2id$"
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_PASSES: Final = 2
_MEMORY_KIB: Final = 19_456
"""
19 MiB and two passes, the minimum recommended by OWASP: 45 ms of a processor that also ingests the
city's record (2026-11), and an attacker without a valid name can cause it with each attempt.
"""
_LEAST_DIFFERENT: Final = 6


def hash_of(password: str) -> bytes:
    """Return the stored form of a password."""
    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=1,
        memory_cost=_MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(_bytes(password)).encode()


def is_password(password: str, kept: bytes) -> bool:
    """Return whether a password matches its stored form; nothing matches an empty ``kept``."""
    if not kept.startswith(_BEGINNING):
        return bool(kept) and hmac.compare_digest(digest_of(password.encode()), kept)
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept.decode())
    except InvalidKey:
        return False
    return True


def is_of_today(kept: bytes) -> bool:
    """Return whether the stored form of a password has the present parameters of ``hash_of``."""
    return kept.startswith(f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1$".encode())


def spend_verification_time(password: str) -> None:
    """
    Take as long as for the password of an existing account: response times must not reveal names.
    """
    is_password(password, _of_nobody())


def is_acceptable(password: str, name: str) -> bool:
    """Return whether a person may choose a password."""
    return (
        SHORTEST <= len(password) <= LONGEST
        and len(set(password)) >= _LEAST_DIFFERENT
        and name.casefold() not in password.casefold()
    )


@cache
def _of_nobody() -> bytes:
    return hash_of(os.urandom(_SALT_BYTES).hex())


def _bytes(password: str) -> bytes:
    # Keyboards send the same letter composed or decomposed.
    return unicodedata.normalize("NFC", password).encode()
