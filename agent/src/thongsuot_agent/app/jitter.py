"""Jitter, so that many devices do not act at the same moment."""

import os


def jitter() -> float:
    """Return a number from 0 to 1; the module random would bring hashlib with it."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def new_id() -> str:
    """Return a name that nothing else has: 64 random bits in hexadecimal."""
    return os.urandom(8).hex()
