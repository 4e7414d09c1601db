"""Real frames through real wires: what a delay line in user space must not break."""

import socket
import threading
import time

import pytest

from thongsuot_lab.errors import LabError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, pair
from thongsuot_lab.topology import small
from thongsuot_lab.topology.model import PERFECT, Impairment

pytestmark = [pytest.mark.lab, needs_lab]

PATIENCE_S = 90.0
WIRE = "left--right"
SIZE_BYTES = 3_000_000


def transfer(lab: Lab, address: str) -> bytes:
    """Send some megabytes by TCP from left to right; returns what arrived."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    payload = bytes(range(256)) * (SIZE_BYTES // 256)
    received = bytearray()
    with (
        lab.node("right").socket(family, socket.SOCK_STREAM) as server,
        lab.node("left").socket(family, socket.SOCK_STREAM) as client,
    ):
        server.bind((address, 0))
        server.listen()
        server.settimeout(PATIENCE_S)
        client.settimeout(PATIENCE_S)

        def receive() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                while data := connection.recv(1 << 20):
                    received.extend(data)

        receiver = threading.Thread(target=receive)
        receiver.start()
        client.connect(server.getsockname())
        client.sendall(payload)
        client.shutdown(socket.SHUT_WR)
        receiver.join()
    assert bytes(received) == payload
    return bytes(received)


@pytest.mark.parametrize("address", [small.RIGHT_V4, small.RIGHT_V6])
def test_tcp_with_large_segments_passes_whole(address: str) -> None:
    with pair(Impairment(delay_s=0.001)) as lab:
        transfer(lab, address)
        wire = lab.wires_report().wires[WIRE]
    assert wire.carried_by == "process" or lab.mechanism == "netem"
    # Segments larger than a frame on the wire stayed whole, or there would be some 2,000.
    assert wire.a_to_b.arrived < SIZE_BYTES / 1448


def test_tcp_survives_loss_and_reordering() -> None:
    with pair(Impairment(delay_s=0.002, loss_ratio=0.02, reorder_ratio=0.05)) as lab:
        transfer(lab, small.RIGHT_V4)


def test_a_perfect_wire_is_the_kernels_and_becomes_so_again() -> None:
    with pair() as lab:
        assert lab.wires_report().wires[WIRE].carried_by == "kernel"
        lab.impair(WIRE, Impairment(delay_s=0.001), key="one")
        transfer(lab, small.RIGHT_V4)
        if lab.mechanism == "userspace":
            assert lab.wires_report().wires[WIRE].carried_by == "process"
        lab.clear(key="one")
        assert lab.wires_report().wires[WIRE].carried_by == "kernel"
        transfer(lab, small.RIGHT_V4)


def test_a_wire_is_cut_as_long_as_anybody_has_it_cut() -> None:
    with pair(Impairment(delay_s=0.001)) as lab:

        def carrier() -> str:
            return lab.node("left").run(["cat", "/sys/class/net/eth0/carrier"]).stdout.strip()

        lab.cut(WIRE, key="one")
        lab.cut(WIRE, key="two")
        lab.clear(key="one")
        assert carrier() == "0"
        lab.clear(key="two")
        assert carrier() == "1"
        # The sockets of the delay line outlive the cut.
        transfer(lab, small.RIGHT_V4)


def test_a_rate_bounds_what_gets_through() -> None:
    rate_bps = 24e6
    with pair(Impairment(rate_bps=rate_bps, queue_s=0.1), PERFECT) as lab:
        started_s = time.perf_counter()
        transfer(lab, small.RIGHT_V4)
        took_s = time.perf_counter() - started_s
    # Never faster than the rate, less the queue that the sender may fill at once.
    assert took_s > SIZE_BYTES * 8 / rate_bps - 0.15


def test_an_unknown_wire_is_named_with_those_that_there_are() -> None:
    with pair() as lab, pytest.raises(LabError, match="no wire 'left--middle'; known: left--right"):
        lab.cut("left--middle")
