"""Programs and sockets inside a node."""

import socket
import subprocess
from collections.abc import Iterator

import pytest

from thongsuot_lab.errors import BuildError, TopologyError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology import small

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as lab:
        yield lab


def test_a_socket_made_inside_stays_inside(lab: Lab) -> None:
    with lab.node("anchor").socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((small.INTERNET_V4[0], 0))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside,
        pytest.raises(OSError, match="Cannot assign requested address"),
    ):
        outside.bind((small.INTERNET_V4[0], 0))


def test_exceptions_raised_inside_are_raised_outside(lab: Lab) -> None:
    def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        lab.node("device").call(fail)


def test_a_program_sees_the_interfaces_and_names_of_its_node(lab: Lab) -> None:
    device = lab.node("device")
    assert device.run(["ls", "/sys/class/net"]).stdout.split() == ["fix0", "lo", "wwan0"]
    assert "127.0.1.1 device" in device.run(["cat", "/etc/hosts"]).stdout


def test_a_failed_program_is_reported_with_its_outputs(lab: Lab) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        lab.node("device").run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (caught.value.returncode, caught.value.stdout, caught.value.stderr) == (
        3,
        "out\n",
        "err\n",
    )


def test_a_refused_command_is_reported_with_its_input(lab: Lab) -> None:
    with pytest.raises(BuildError, match=r"(?s)ip -batch -: .*Cannot find device.*nowhere"):
        lab.node("device").ip("link set nowhere up")


def test_a_node_lists_and_kills_only_its_own_processes(lab: Lab) -> None:
    here = lab.node("device").popen(["sleep", "1000"])
    there = lab.node("anchor").popen(["sleep", "1000"])
    try:
        assert here.pid in lab.node("device").pids()
        assert there.pid not in lab.node("device").pids()
        # The shell that furnishes the node may have a child of its own just then.
        assert lab.node("device").kill_all() >= 1
        assert here.wait() == -9
        assert lab.node("device").pids() == []
        assert there.poll() is None
    finally:
        for process in (here, there):
            process.kill()
            process.wait()


def test_an_unknown_node_is_named_with_those_that_there_are(lab: Lab) -> None:
    with pytest.raises(TopologyError, match="no node 'nowhere'; known: device, ont, cpe"):
        lab.node("nowhere")
