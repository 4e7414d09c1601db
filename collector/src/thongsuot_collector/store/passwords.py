"""
Passwords as they are kept: Argon2id in its own text form (RFC 9106, PHC string).

Accounts of earlier versions have the SHA-256 of a password that we generated, of 192 random bits.
That is as good, and is replaced at the person's next sign-in.
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
"""Characters of a password that a person chooses (NIST SP 800-63B-4, 3.1.1.2, asks for 8 beside a
second factor and 15 without one; guessing is slowed down here either way)."""
LONGEST: Final = 200

_BEGINNING: Final = b"$argon2id$"
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_PASSES: Final = 2
_MEMORY_KIB: Final = 19_456
"""19 MiB and two passes, the least that OWASP recommends: 45 ms of a processor that also takes the
city's record (2026-11), and an attacker without a name of ours can have it spent for each try."""
_LEAST_DIFFERENT: Final = 6


def hash_of(password: str) -> bytes:
    """Return what is kept of a password."""
    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=1,
        memory_cost=_MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(_bytes(password)).encode()


def is_password(password: str, kept: bytes) -> bool:
    """Return whether a password is the one that something is kept of; empty ``kept``: none is."""
    if not kept.startswith(_BEGINNING):
        return bool(kept) and hmac.compare_digest(digest_of(password.encode()), kept)
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept.decode())
    except InvalidKey:
        return False
    return True


def is_of_today(kept: bytes) -> bool:
    """Return whether what is kept of a password is as ``hash_of`` makes it."""
    return kept.startswith(f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1$".encode())


def spend_verification_time(password: str) -> None:
    """Take as long as for a password of somebody we know: a stopwatch tells no names."""
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
    # The same letter comes composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFC", password).encode()
