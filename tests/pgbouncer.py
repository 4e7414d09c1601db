"""A real pgbouncer in front of a PostgreSQL of tests, as an administrator sets one up."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.ports import free_port
from tests.postgres import USER, PostgresServer

_PROGRAM = Path("/usr/sbin/pgbouncer")
_READY_WITHIN_S = 60.0
_CONFIG = """
[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits, options
"""


@contextmanager
def pgbouncer(server: PostgresServer, *, mode: str) -> Iterator[int]:
    """Run one; gives its port."""
    if not _PROGRAM.exists():
        pytest.skip("pgbouncer is not installed")
    folder, port = Path(tempfile.mkdtemp(prefix="thongsuot-pgbouncer-")), free_port()
    (folder / "users").write_text(f'"{USER}" ""\n', "utf-8")
    place = {"host": server.folder, "server_port": server.port, "user": USER}
    config = _CONFIG.format(**place, port=port, folder=folder, mode=mode)
    (folder / "pgbouncer.ini").write_text(config, "utf-8")
    folder.chmod(0o755)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*server.as_user, str(_PROGRAM), str(folder / "pgbouncer.ini")],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, port, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://{USER}@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)  # not listening yet; the deadline bounds how often
        else:
            return
    pytest.fail(f"pgbouncer was not ready:\n{log.read_text(errors='replace')}")
