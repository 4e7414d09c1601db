"""The key that seals test packets."""

from hmac import compare_digest
from pathlib import Path

from thongsuot_collector.errors import CollectorError

SHORTEST_KEY = 16
_OTHERS = 0o007


def read_key(path: Path) -> bytes:
    """
    Return the key that a file holds.

    Raises:
        CollectorError: it cannot be read, others may read it, or it is too short a key.
    """
    try:
        mode = path.stat().st_mode
        key = path.read_bytes().strip()
    except OSError as error:
        raise CollectorError(f"cannot read key file {path}: {error}") from error
    if mode & _OTHERS:
        raise CollectorError(
            f"key file {path} may be used by anybody (mode {mode & 0o777:o}); chmod 640 {path}"
        )
    # As agents read it: printable ASCII without blanks.
    if len(key) < SHORTEST_KEY or any(not 0x21 <= letter <= 0x7E for letter in key):
        raise CollectorError(
            f"key file {path} holds no key: one line of {SHORTEST_KEY} characters or more,"
            " without blanks"
        )
    return key


def is_key(key: bytes, offered: bytes) -> bool:
    """Return whether what was given is the key; how long that takes does not tell."""
    return compare_digest(key, offered)
