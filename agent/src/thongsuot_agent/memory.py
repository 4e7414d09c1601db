"""
What keeps the resident process small.

Third parties import the blocked modules on the way to something else and do well without.
``block_imports`` must run before anything else is imported. 2026-11, Python 3.11, resident memory:
ssl 4.5 MiB (asyncio offers it; TLS here is libcurl's), _hashlib 4.4 MiB (a second OpenSSL; hashlib
falls back to its built-in SHA-2), and typing_extensions 6.8 MiB (msgspec asks for one name of it
and takes that of ``typing`` instead).
"""

import sys

BLOCKED_IMPORTS = ("ssl", "_ssl", "_hashlib", "typing_extensions")

_MADV_DONTNEED = 4  # asm-generic/mman-common.h
_PATH = 5  # word of a line of /proc/PID/maps, proc(5)
_M_ARENA_MAX, _M_TRIM_THRESHOLD = -8, -1  # malloc.h of glibc
_TRIM_BYTES = 64 * 1024


def block_imports() -> None:
    """Make an import of a blocked module fail from now on, unless it is loaded already."""
    for name in BLOCKED_IMPORTS:
        if name not in sys.modules:
            # The import system's documented way of halting an import (ModuleNotFoundError).
            sys.modules[name] = None  # type: ignore[assignment]


def freeze() -> None:
    """
    Give back what only the start needed, and keep memory from being hoarded later.

    Code that ran once is unmapped; what is still in use comes back from the page cache when it
    runs next (2026-11: 1.2 MiB less at rest). Memory that the start freed goes back to the system,
    and one arena serves all threads. Does nothing where the C library is not glibc.
    """
    import ctypes  # noqa: PLC0415 - `block` runs before anything that ctypes imports
    import gc  # noqa: PLC0415

    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        return
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, size in _code_mappings():
        libc.madvise(start, size, _MADV_DONTNEED)
    libc.mallopt(_M_ARENA_MAX, 1)
    libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    gc.collect()
    libc.malloc_trim(0)


def _code_mappings() -> list[tuple[int, int]]:
    """
    Return start and size of the mappings of code: backed by files, executable, never written.

    Read-only pages without execute permission are left alone: the loader has relocated some.
    """
    mappings = []
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:  # noqa: PTH123
        for line in maps:
            words = line.split()
            if len(words) > _PATH and words[1] == "r-xp" and words[_PATH].startswith("/"):
                start, _, end = words[0].partition("-")
                mappings.append((int(start, 16), int(end, 16) - int(start, 16)))
    return mappings
