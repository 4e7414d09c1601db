"""
The seal of the authenticated mode: HMAC-SHA-256, the first 16 bytes of it.

Source: RFC 8762, section 4.4; RFC 2104. By hand, because the standard ``hmac`` brings OpenSSL into
the resident agent (see ``batch.digest``).
"""

import sys

if sys.version_info >= (3, 12):
    from _sha2 import sha256
else:
    # typeshed has left it out; it is there until 3.11.
    from _sha256 import sha256  # type: ignore[import-not-found]

HMAC_BYTES = 16

_BLOCK_BYTES = 64
_INNER = bytes(number ^ 0x36 for number in range(256))
_OUTER = bytes(number ^ 0x5C for number in range(256))


def hmac_of(key: bytes, data: bytes) -> bytes:
    """Return the seal of some bytes."""
    if len(key) > _BLOCK_BYTES:
        key = sha256(key).digest()
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    inner = sha256(padded.translate(_INNER) + data).digest()
    whole: bytes = sha256(padded.translate(_OUTER) + inner).digest()
    return whole[:HMAC_BYTES]


def is_authentic(key: bytes, data: bytes, seal: bytes) -> bool:
    """Return whether a seal is right; how long that takes does not tell how much of it is."""
    expected = hmac_of(key, data)
    if len(seal) != HMAC_BYTES:
        return False
    difference = 0
    for ours, theirs in zip(expected, seal, strict=True):
        difference |= ours ^ theirs
    return difference == 0
