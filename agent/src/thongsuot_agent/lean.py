"""
Modules that the resident process does without, and how it is kept from loading them.

Third parties import these on the way to something else and do well without. ``block`` must run
before anything else is imported. 2026-11, Python 3.11, resident memory: ssl 4.5 MiB (asyncio offers
it; TLS here is libcurl's), _hashlib 4.4 MiB (a second OpenSSL; hashlib falls back to its built-in
SHA-2), and typing_extensions 6.8 MiB (msgspec asks for one name of it and takes that of ``typing``
instead).
"""

import sys

BLOCKED = ("ssl", "_ssl", "_hashlib", "typing_extensions")


def block() -> None:
    """Make an import of a blocked module fail from now on, unless it is loaded already."""
    for name in BLOCKED:
        if name not in sys.modules:
            # The import system's documented way of halting an import (ModuleNotFoundError).
            sys.modules[name] = None  # type: ignore[assignment]
