"""The kernel's stamps of packets: keeping them turned on for what arrives, and of what leaves."""

import socket
from dataclasses import dataclass

from thongsuot_agent.proto import control


def keep_stamping() -> socket.socket:
    """
    Return a socket that does nothing but keep arriving packets stamped while it is open.

    The kernel stamps them only while some socket asks for it, and turns that on a few milliseconds
    after it is asked (net_enable_timestamp defers to a work queue): a socket that is opened for one
    question would mostly find its answer unstamped.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_ARRIVING)
    return opened


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmitTimestamp:
    """The kernel's stamp of a packet leaving: its number since its socket opened, Unix time."""

    number: int
    stamp_ns: int
