import socket
from collections.abc import Iterator

import pytest

from thongsuot_agent.links.roundtrip import keep_stamping
from thongsuot_agent.proto import control
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import two_uplinks


@pytest.fixture(scope="session", autouse=True)
def stamping() -> Iterator[None]:
    """The kernel stamps what arrives, all the time, as it does while an agent runs."""
    with keep_stamping(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(60)
        opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_ARRIVING)
        stamp_ns = None
        while stamp_ns is None:
            opened.sendto(b"", opened.getsockname())
            stamp_ns = control.parse(opened.recvmsg(1, control.SPACE_BYTES)[1]).stamp_ns
        yield


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A device with two uplinks, for one test that breaks something."""
    with two_uplinks() as running:
        yield running
