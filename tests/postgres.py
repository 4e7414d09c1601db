"""
A real PostgreSQL for tests, from Debian's package: a cluster of its own, on a port that was free.

It does not flush to the disk, unless it is asked to: what the tests prove is what the product asks
of it and what it makes of the answers, and a machine that loses power in the middle of a test has
no result anyway.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self

import pytest

from tests.ports import free_port

_READY_WITHIN_S = 180.0
"""It is ready in half a second on an idle machine; only one in trouble comes near this."""

USER, PASSWORD = "thongsuot", "đúng-là-mật-khẩu"
"""Asked for by TCP; on the socket anyone may come in."""

_PATIENT = "connect_timeout=60&options=-c%20idle_in_transaction_session_timeout%3D120s"
"""
Here no machine is cut off, but one may pause for longer than the product waits for one that is: the
server would end a transaction in which the test was paused, and the test would fail.
"""

_CONFIG = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
shared_buffers = 16MB
max_connections = 60
autovacuum = off
log_min_messages = warning
"""
_IN_MEMORY = """
fsync = off
full_page_writes = off
"""
_ACCESS = """
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
"""


class PostgresServer:
    """
    A PostgreSQL that may be stopped, killed and started again on the same data.

    PostgreSQL refuses to run as root: then it runs as the user of Debian's package.
    """

    def __init__(
        self, binaries: Path, *, flushes: bool = False, standby_of: "PostgresServer | None" = None
    ) -> None:
        self._binaries = binaries
        self._flushes = flushes
        # Not below pytest's folder: that is closed to other users.
        self.folder = Path(tempfile.mkdtemp(prefix="thongsuot-postgres-"))
        self.as_user: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count(1)
        self._paused: list[int] = []
        self.port = free_port()
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.as_user = [
                *("setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}"),
                "--clear-groups",
            ]
        if standby_of is None:
            self._create_cluster()
        else:
            self._copy_cluster(standby_of)

    def _copy_cluster(self, primary: "PostgresServer") -> None:
        copy = [
            *(str(self._binaries / "pg_basebackup"), f"--pgdata={self._data}", "--no-sync"),
            *(f"--host={primary.folder}", f"--port={primary.port}", f"--username={USER}"),
            *("--write-recovery-conf", "--checkpoint=fast"),
        ]
        self._make(copy)
        self._configure()

    def _create_cluster(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD, "utf-8")
        if self.as_user:
            shutil.chown(password, "postgres", "postgres")
        initdb = [
            *(str(self._binaries / "initdb"), f"--pgdata={self._data}", "--no-sync"),
            *("--encoding=UTF8", "--locale=C", f"--username={USER}", f"--pwfile={password}"),
            *("--auth-local=trust", "--auth-host=scram-sha-256"),
        ]
        # Checksums of pages: what an operator is told to have.
        self._make([*initdb, "--data-checksums"])
        self._configure()
        (self._data / "pg_hba.conf").write_text(_ACCESS, "utf-8")

    def _make(self, command: list[str]) -> None:
        made = subprocess.run(
            [*self.as_user, *command], check=False, capture_output=True, text=True
        )
        if made.returncode:
            pytest.fail(f"{command[0]} failed:\n{made.stdout}{made.stderr}")

    def _configure(self) -> None:
        config = _CONFIG.format(port=self.port, folder=self.folder)
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(config if self._flushes else config + _IN_MEMORY)

    @property
    def pid(self) -> int:
        """Process id, for those who look at its CPU time and that of its children."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database, by the socket; it has patience with a slow machine."""
        place = f"postgresql+psycopg://{USER}@/{database}?host={self.folder}&port={self.port}"
        return f"{place}&{_PATIENT}"

    def url_with(self, standby: "PostgresServer", url: str) -> str:
        """Return the URL of a database that may be at a standby of this server as well."""
        place = url.partition("?")[0]
        hosts = f"host={self.folder},{standby.folder}"
        # The product's own limits: what is asked of it is how soon it finds the other one.
        return f"{place}?{hosts}&port={self.port},{standby.port}"

    def tcp_url(self, database: str = "postgres") -> str:
        """Return the URL of a database, by TCP: a password is asked for."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database, and return its URL."""
        name = f"test{next(self._databases)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def new_database_of(self, role: str) -> str:
        """
        Make an empty database of a role as an administrator makes it, and return its URL: that of
        other tests may do anything.
        """
        url = self.new_database()
        name = url.partition("?")[0].rpartition("/")[2]
        if not self.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", role):
            self.execute(f"CREATE ROLE {role} LOGIN")
        self.execute(f"ALTER DATABASE {name} OWNER TO {role}")
        return url.replace(f"//{USER}@", f"//{role}@")

    def dump(self, database: str) -> Path:
        """Back up a database as its administrator does; return the file."""
        file = self.folder / f"{database}.dump"
        self._make([*self._client("pg_dump"), "--format=custom", f"--file={file}", database])
        return file

    def empty(self, database: str) -> None:
        """Drop a database with all its connections, and create it again."""
        self._make([*self._client("dropdb"), "--force", database])
        self._make([*self._client("createdb"), database])

    def restore(self, dump: Path, database: str, *sections: str) -> None:
        """
        Restore a dump, or its sections (``pre-data``, ``data``, ``post-data``), into an empty
        database, each statement for itself; a single error fails the test.
        """
        only = [f"--section={section}" for section in sections]
        self._make([*self._client("pg_restore"), f"--dbname={database}", *only, str(dump)])

    def _client(self, program: str) -> list[str]:
        place = [f"--host={self.folder}", f"--port={self.port}", f"--username={USER}"]
        return [str(self._binaries / program), *place]

    def execute(
        self, statement: str, *arguments: object, database: str = "postgres"
    ) -> list[tuple[object, ...]]:
        """Execute a statement as the owner of everything, and return its rows."""
        import psycopg  # this module is a plugin of every test, and few need it

        with psycopg.connect(
            f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}",
            autocommit=True,
        ) as connection:
            done = connection.execute(statement.encode(), arguments or None)
            return done.fetchall() if done.description else []

    def start(self) -> Self:
        """Start it, and return when it takes connections."""
        assert self._process is None, "already running"
        log = self.folder / "postgres.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self.as_user, str(self._binaries / "postgres"), "-D", str(self._data)],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        import psycopg  # as above

        deadline_s = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)  # not listening yet; the deadline bounds how often
            else:
                return self
        self.stop()
        pytest.fail(f"PostgreSQL was not ready:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it and every connection, and wait until it is gone."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as an operator does whose patience is over: without a checkpoint."""
        self._end(signal.SIGQUIT)

    def pause(self) -> None:
        """
        Stop all its processes where they are: their kernel still accepts connections and data, as
        that of a server does whose disk no longer answers.
        """
        # It first, so that it starts no more.
        os.kill(self.pid, signal.SIGSTOP)
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        self._paused = [*map(int, children), self.pid]
        for pid in self._paused:
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        paused, self._paused = self._paused, []
        for pid in paused:
            os.kill(pid, signal.SIGCONT)

    def _end(self, by: signal.Signals) -> None:
        self.resume()
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stop it, and remove its data."""
        self.stop()
        shutil.rmtree(self.folder)


def postgres_binaries() -> Path:
    """Return where the newest PostgreSQL's programs are; skip the test where there is none."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    usable = [folder for folder in folders if (folder / "initdb").exists()]
    if not usable:
        pytest.skip("postgresql is not installed")
    return max(usable, key=lambda folder: int(folder.parent.name))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests: use a database of your own, and leave it running."""
    server = PostgresServer(postgres_binaries())
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def own_pair(own_postgres: PostgresServer) -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary and its standby, both started; no commit waits for it yet."""
    own_postgres.start()
    standby = PostgresServer(postgres_binaries(), standby_of=own_postgres)
    try:
        yield own_postgres, standby.start()
    finally:
        standby.remove()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for one test, which may stop, kill and configure it; not yet started."""
    server = PostgresServer(postgres_binaries())
    try:
        yield server
    finally:
        server.remove()
