"""
Keeps the resident process small.

Third parties import the blocked modules on the way to something else and do well without.
``block_imports`` must run before anything else is imported. 2026-11, Python 3.11, resident memory:
ssl 4.5 MiB (asyncio offers it; TLS here is libcurl's), _hashlib 4.4 MiB (a second OpenSSL; hashlib
falls back to its built-in SHA-2), and typing_extensions 6.8 MiB (msgspec asks for one name of it
and takes that of ``typing`` instead).
"""

import sys

BLOCKED_IMPORTS = ("ssl", "_ssl", "_hashlib", "typing_extensions")

_MADV_DONTNEED = 4  # asm-generic/mman-common.h
_PATH = 5  # word of the first line of a mapping in /proc/PID/smaps, proc_pid_smaps(5)
_READ_ONLY = ("r-xp", "r--p")
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
    Release memory that only the start needed, and prevent hoarding later.

    Memory that the start freed goes back to the system, and one arena serves all threads. Does
    nothing where the C library is not glibc.
    """
    import ctypes  # noqa: PLC0415 - `block` runs before anything that ctypes imports
    import gc  # noqa: PLC0415

    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        return
    libc.mallopt(_M_ARENA_MAX, 1)
    libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    gc.collect()
    give_back()


def give_back() -> None:
    """
    Unmap code that ran once, and tables that only the loader read.

    What is still in use comes back from the page cache when it is next wanted (2026-12: 3.3 MiB
    less at work by this at the start, and again once everything has run). Does nothing where the C
    library is not glibc.
    """
    import ctypes  # noqa: PLC0415 - as above

    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        return
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, size in _unwritten_mappings():
        libc.madvise(start, size, _MADV_DONTNEED)
    libc.malloc_trim(0)


def _unwritten_mappings() -> list[tuple[int, int]]:
    """
    Return start and size of the mappings of files that cannot be written and never were.

    Those are the file's own bytes. What the loader has relocated before it made it read-only has
    pages of its own (``Anonymous``), which exist nowhere else: such mappings are left alone.
    """
    mappings: list[tuple[int, int]] = []
    start = size = 0
    with open("/proc/self/smaps", encoding="ascii", errors="replace") as smaps:  # noqa: PTH123
        for line in smaps:
            words = line.split()
            if not words[0].endswith(":"):
                first, _, end = words[0].partition("-")
                is_file = len(words) > _PATH and words[_PATH].startswith("/")
                start = int(first, 16) if is_file and words[1] in _READ_ONLY else 0
                size = int(end, 16) - start
            elif start and words[0] == "Anonymous:" and words[1] == "0":
                mappings.append((start, size))
    return mappings
