"""TUN and TAP devices: interfaces whose packets or frames a program reads and writes."""

import fcntl
import os
import struct
from typing import Final

TUNSETIFF: Final = 0x400454CA
TUNSETLINK: Final = 0x400454CD
IFF_TUN: Final = 0x0001
IFF_TAP: Final = 0x0002
IFF_NO_PI: Final = 0x1000


def open_tun(name: str, *, link_type: int | None = None) -> int:
    """
    Make a TUN in this network namespace; return its non-blocking descriptor; one IP packet per
    read.

    It disappears when the descriptor is closed. ``link_type`` is its hardware type (ARPHRD).

    Raises:
        OSError: the name is in use, or no CAP_NET_ADMIN.
    """
    return _open(name, IFF_TUN, link_type)


def open_tap(name: str) -> int:
    """
    Open a TAP of this network namespace; return its non-blocking descriptor; one frame per read.

    Raises:
        OSError: the name is in use, or no CAP_NET_ADMIN.
    """
    return _open(name, IFF_TAP, None)


def _open(name: str, kind: int, link_type: int | None) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI))
        if link_type is not None:
            fcntl.ioctl(device, TUNSETLINK, link_type)
    except OSError:
        os.close(device)
        raise
    return device
