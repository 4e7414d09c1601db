"""The socket that sends ARP queries."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

from tests.agent.links.device import FIXED, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


def packet_sockets() -> set[int]:
    """Return the packet sockets of this process."""
    found = set()
    for entry in list(Path("/proc/self/fd").iterdir()):
        descriptor = int(entry.name)
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as opened:
            if opened.family is socket.AF_PACKET:
                found.add(descriptor)
    return found


def test_the_socket_of_arp_queries_stays_open_because_its_end_would_delay_all_else(
    lab: Lab,
) -> None:
    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["fixed"]
        link.broadcast_arp(bytes(28))
        (opened,) = packet_sockets()
        link.broadcast_arp(bytes(28))
        assert packet_sockets() == {opened}
        link.close()
        assert packet_sockets() == set()

    on_device(lab, look, (FIXED,))
