"""Messages to systemd arrive on a path and in the abstract namespace."""

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


@pytest.mark.parametrize("address", [None, ""])
def test_without_systemd_nothing_is_reported(
    address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    SystemdNotifier(address).send("READY=1")
    assert caplog.records == []


def test_a_systemd_socket_that_is_gone_is_logged_and_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SystemdNotifier(str(tmp_path / "gone")).send("WATCHDOG=1")
    assert "cannot tell systemd WATCHDOG=1" in caplog.text
