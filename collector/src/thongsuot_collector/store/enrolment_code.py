"""One-time codes: made to be read aloud, typed on a device, or scanned; 100 random bits."""

import hashlib
import secrets

PREFIX = "TSE"
"""Tells people and secret scanners what a code is."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

_LENGTH = 20
_GROUP = 4
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a new code, as in ``TSE-7K2M-9QXA-0BCD-E3FG-HJ5N``."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    groups = (letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
    return "-".join((PREFIX, *groups))


def digest_of_code(text: str) -> bytes:
    """
    Return what the store keeps of a code, however it was typed.

    Small letters, blanks, dashes, a prefix left out, O for 0, I and L for 1 do not matter. What
    cannot be a code has a hash that none has.
    """
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    if len(letters) == len(PREFIX) + _LENGTH:
        letters = letters.removeprefix(PREFIX)
    return hashlib.sha256(letters.translate(_MEANT).encode()).digest()
