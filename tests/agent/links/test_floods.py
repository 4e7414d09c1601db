"""
Whoever sends faster than the agent reads takes its time, but neither its event loop nor its memory.

The socket is a real one on loopback that never runs dry: the kernel's would only on two fast cores.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.timing import MS
from thongsuot_agent.links.datagram import exchange
from thongsuot_agent.links.roundtrip import READ_AT_ONCE
from thongsuot_agent.links.train import TrainSpec, run_train

HOPELESS_READS = 1_000_000
"""Nobody reads that many in the time that these runs have, unless nothing else ever gets a turn."""


class FloodedSocket(socket.socket):
    """Returns another datagram at every read; its error queue is empty."""

    reads = 0

    def recvmsg(
        self, size_bytes: int, space_bytes: int = 0, flags: int = 0, /
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, object]:
        del size_bytes, space_bytes
        if flags & socket.MSG_ERRQUEUE:
            raise BlockingIOError
        self.reads += 1
        if self.reads > HOPELESS_READS:
            raise OSError(errno.EIO, "the loop got no turn")
        return b"nonsense", [], 0, ("127.0.0.1", 53)


@pytest.fixture
def flooded() -> Iterator[FloodedSocket]:
    with (
        closing(FloodedSocket(socket.AF_INET, socket.SOCK_DGRAM)) as opened,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        opened.setblocking(False)
        peer.bind(("127.0.0.1", 0))
        opened.connect(peer.getsockname())
        peer.sendto(b"first", opened.getsockname())
        yield opened


def _refused(_answer: bytes) -> bytes | None:
    return None


async def test_a_flood_of_other_answers_ends_when_the_time_is_up(flooded: FloodedSocket) -> None:
    got = await exchange(flooded, b"question", _refused, 50 * MS)
    assert got.value is None
    assert got.unsolicited >= READ_AT_ONCE
    assert flooded.reads < HOPELESS_READS


async def test_a_flood_of_copies_is_not_kept(flooded: FloodedSocket) -> None:
    pace = TrainSpec(count=3, spacing_s=10 * MS, timeout_s=50 * MS)
    result = await run_train(flooded, pace, lambda number, _now_ns: bytes([number]), 3)
    assert 3 <= len(result.received) <= 4 * 3 + READ_AT_ONCE
    assert flooded.reads < HOPELESS_READS
