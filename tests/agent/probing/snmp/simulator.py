"""
snmpsim as a process of its own: recorded devices on a port of the loopback, v2c and v3.

It cannot give root up where Python itself stands in root's home, so it is allowed to keep it: it
reads recordings and answers on the loopback, nothing more.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.ports import free_port

USER, AUTH, PRIVACY = "simuser", "authpass123", "privpass123"

Start = Callable[..., "subprocess.Popen[bytes]"]

_PROGRAM = "import sys; from snmpsim.commands.responder import main; sys.exit(main())"


@contextlib.contextmanager
def simulator(
    recordings: Path,
    scratch: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    start: Start = subprocess.Popen,
) -> Iterator[int]:
    """
    Yield the port of a simulator of the recordings in a folder; it answers already.

    ``start`` starts the process, where it is to live elsewhere: there ``port`` is known to be free.
    """
    port = port or free_port(socket.SOCK_DGRAM)
    log = scratch / "snmpsim.log"
    with log.open("wb") as output:
        process = start(
            [
                sys.executable,
                "-c",
                _PROGRAM,
                f"--data-dir={recordings}",
                f"--cache-dir={scratch / 'cache'}",
                f"--agent-udpv4-endpoint={host}:{port}",
                f"--v3-user={USER}",
                f"--v3-auth-key={AUTH}",
                "--v3-auth-proto=SHA",
                f"--v3-priv-key={PRIVACY}",
                "--v3-priv-proto=AES",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(scratch), "SNMPSIM_ALLOW_ROOT": "true"},
        )
    try:
        _wait(process, f"{host}:{port}", log)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    until = time.monotonic() + 180
    while True:
        log_text = log.read_text("utf-8", errors="replace")
        if endpoint in log_text.rpartition("Listening")[2]:
            return
        assert process.poll() is None, log_text
        assert time.monotonic() < until, log_text
        time.sleep(0.05)
