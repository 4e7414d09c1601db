"""``setns`` and ``unshare``, which the standard library has only from Python 3.12."""

import ctypes
import os
from typing import Final

CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000

_libc = ctypes.CDLL(None, use_errno=True)


def setns(descriptor: int, kind: int) -> None:
    """
    Move the calling thread into the namespace behind an open descriptor (setns(2)).

    With ``CLONE_NEWPID`` only the children that this thread makes from now on are moved.

    Raises:
        OSError: as the kernel says.
    """
    if _libc.setns(descriptor, kind) != 0:
        _raise("setns")


def unshare(kind: int) -> None:
    """
    Give the calling thread a new namespace of this kind (unshare(2)).

    Raises:
        OSError: as the kernel says.
    """
    if _libc.unshare(kind) != 0:
        _raise("unshare")


def _raise(call: str) -> None:
    error = ctypes.get_errno()
    raise OSError(error, f"{call}: {os.strerror(error)}")
