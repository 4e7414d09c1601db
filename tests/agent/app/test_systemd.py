"""systemd hears what is said, on a path and in the abstract namespace."""

import os
import socket
from pathlib import Path

import pytest

from thongsuot_agent.app.systemd import SystemdNotifier


@pytest.mark.parametrize("is_abstract", [False, True])
def test_words_arrive_as_one_datagram(tmp_path: Path, is_abstract: bool) -> None:
    name = f"@thongsuot-test-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if is_abstract else name)
        SystemdNotifier(name).send("READY=1", "STATUS=measuring")
        assert systemd.recv(100) == b"READY=1\nSTATUS=measuring"


def test_without_systemd_nothing_is_said() -> None:
    SystemdNotifier(None).send("READY=1")
    SystemdNotifier("").send("READY=1")
