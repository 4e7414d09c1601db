"""
Digests that name layouts and chain batches.

``hashlib`` loads OpenSSL, 4.5 MB of resident memory on a device that has no other use for it
(2026-11, CPython 3.11); the interpreter's own SHA-256 needs none, as the standard ``random`` knows
too.
"""

import sys

if sys.version_info >= (3, 12):
    from _sha2 import sha256
else:
    # typeshed has left it out; it is there until 3.11.
    from _sha256 import sha256  # type: ignore[import-not-found]

DIGEST_BYTES = 16
"""Half of a SHA-256: names that nobody can make collide by chance, at half the bytes."""


def digest_of(data: bytes) -> bytes:
    """Return the first 16 bytes of the SHA-256 of some bytes."""
    digest: bytes = sha256(data).digest()
    return digest[:DIGEST_BYTES]
