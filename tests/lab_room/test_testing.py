"""The smallest labs, with real packets."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab_room.prober import WAIT_AT_MOST_S
from thongsuot_lab import rundir
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, pair, two_uplinks
from thongsuot_lab.topology import small
from thongsuot_lab.topology.model import Impairment

pytestmark = [pytest.mark.lab, needs_lab]
FAMILIES = (
    (socket.AF_INET, small.RIGHT_V4),
    (socket.AF_INET6, small.RIGHT_V6),
)


def round_trips_s(lab: Lab, family: socket.AddressFamily, address: str, count: int) -> list[float]:
    """Round trips of datagrams from left to right and back; the first is not counted (ARP)."""
    with (
        lab.node("right").socket(family, socket.SOCK_DGRAM) as server,
        lab.node("left").socket(family, socket.SOCK_DGRAM) as client,
    ):
        server.bind((address, 0))
        client.connect(server.getsockname())
        client.settimeout(WAIT_AT_MOST_S)
        server.settimeout(WAIT_AT_MOST_S)
        took = []
        for _ in range(count + 1):
            started = time.perf_counter()
            client.send(b"ping")
            data, sender = server.recvfrom(100)
            server.sendto(data, sender)
            client.recv(100)
            took.append(time.perf_counter() - started)
        return took[1:]


@pytest.mark.parametrize(("family", "address"), FAMILIES)
def test_a_round_trip_takes_the_delays_of_both_directions(
    family: socket.AddressFamily, address: str
) -> None:
    with pair(Impairment(delay_s=0.010), Impairment(delay_s=0.020)) as lab:
        fastest = min(round_trips_s(lab, family, address, 5))
        # Never early; a slow machine may make it late, but not always.
        until_s = time.monotonic() + WAIT_AT_MOST_S
        while fastest >= 0.060 and time.monotonic() < until_s:
            fastest = min(fastest, *round_trips_s(lab, family, address, 5))
    assert 0.030 <= fastest < 0.060


def test_a_socket_bound_to_an_uplink_sends_by_it() -> None:
    with two_uplinks() as lab:
        anchor = lab.node("anchor").socket(socket.AF_INET, socket.SOCK_DGRAM)
        with anchor:
            anchor.bind((small.INTERNET_V4[1], 0))
            anchor.settimeout(WAIT_AT_MOST_S)
            for interface, translated in (("fix0", "100.65.0.2"), ("wwan0", "100.66.0.2")):
                with lab.node("device").socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
                    sock.connect(anchor.getsockname())
                    sock.send(b"hello")
                    _, sender = anchor.recvfrom(100)
                assert sender[0] == translated


def test_a_cut_cable_has_no_carrier_until_it_is_mended() -> None:
    with two_uplinks() as lab:
        device = lab.node("device")

        def carrier() -> str:
            return device.run(["cat", "/sys/class/net/fix0/carrier"]).stdout.strip()

        assert carrier() == "1"
        lab.cut("device--ont")
        lab.cut("device--ont")
        assert carrier() == "0"
        lab.clear()
        assert carrier() == "1"


def test_a_program_runs_as_an_ordinary_user_with_one_capability() -> None:
    with pair() as lab:
        status = (
            lab.node("left")
            .run(["cat", "/proc/self/status"], user=65534, capabilities=["net_raw"])
            .stdout
        )
    assert "Uid:\t65534\t65534" in status
    assert f"CapEff:\t{1 << 13:016x}" in status
    assert f"CapBnd:\t{1 << 13:016x}" in status


OWNER = """
import sys
from thongsuot_lab.testing import pair
lab = pair()
lab.up()
lab.node("left").popen(["sleep", "1000"])
print(lab.prefix, lab._base.keeper_pid, flush=True)
sys.stdin.read()
"""


def processes_beside(keeper: str) -> list[Path]:
    own = Path(f"/proc/{keeper}/ns/pid").readlink()
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(PermissionError, FileNotFoundError):
            if (process / "ns" / "pid").readlink() == own:
                processes.append(process)
    return processes


def has_ended(process: Path) -> bool:
    """Gone, or without memory and only waiting for the machine's init to notice its end."""
    try:
        return not (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("victim", ["owner", "keeper"])
def test_nothing_is_left_after_a_kill(victim: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        prefix, keeper = owner.stdout.readline().split()
        inside = processes_beside(keeper)
        assert len(inside) >= 3  # the keeper, the wires, the sleeper
        os.kill(owner.pid if victim == "owner" else int(keeper), signal.SIGKILL)
        if victim == "keeper":
            owner.kill()
        owner.wait()
        for process in inside:
            while not has_ended(process):
                time.sleep(0.005)
    if victim == "owner":
        # The keeper removed it before its own end.
        assert not (rundir.home() / prefix).exists()
    else:
        assert prefix in rundir.remove_dead()
    assert not (rundir.home() / prefix).exists()
