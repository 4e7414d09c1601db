"""snmpd of Debian on a port of the loopback, v2c and v3."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

COMMUNITY, USER = "s3cretcommunity", "thongsuot"
AUTH, PRIVACY = "authentic-phrase", "private-phrase"

_CONFIG = f"""
agentAddress udp:127.0.0.1:{{port}}
rocommunity {COMMUNITY} 127.0.0.1
createUser {USER} SHA-256 {AUTH} AES {PRIVACY}
rouser {USER} authPriv
sysName thongsuot-test
"""
_READY_WITHIN_S = 180.0
# GET of sysUpTime, v2c, community "s3cretcommunity".
_HELLO = bytes.fromhex(
    "302f020101040f733363726574636f6d6d756e697479a0190201010201000201003"
    "00e300c06082b060102010103000500"
)


@contextlib.contextmanager
def snmpd(folder: Path, port: int = 0) -> Iterator[int]:
    """
    Yield the port of an snmpd that answers.

    Started with ``-C`` it keeps nothing between two starts: its engine id is another each time.
    """
    if shutil.which("snmpd") is None:
        pytest.skip("snmpd is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port(socket.SOCK_DGRAM)
    config = folder / "snmpd.conf"
    config.write_text(_CONFIG.format(port=port))
    log = folder / "snmpd.log"
    process = subprocess.Popen(
        ["snmpd", "-f", "-Lf", str(log), "-C", "-c", str(config), "-p", str(folder / "pid")],
        env={"SNMP_PERSISTENT_DIR": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    try:
        _wait(process, port, log)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(0.2)
        asked.connect(("127.0.0.1", port))
        while True:
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            try:
                asked.send(_HELLO)
                asked.recv(2048)
            except (TimeoutError, ConnectionRefusedError):
                continue
            return
