"""
PostgreSQL on two machines with pg_auto_failover, its monitor on the third one: made by commands,
settings, files and statements of the Ansible role ``database``, with TLS and passwords as there.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import trustme
from bench.cluster.database_role import DatabaseRole
from bench.cluster.machines import ADDRESSES, NETWORK, Play, Service
from psycopg.rows import TupleRow

USER = "postgres"
DATABASE = "thongsuot"
PORT = 15432
_PASSWORDS = {
    "database_password": "mat-khau",
    "database_monitor_password": "monitor",
    "database_replication_password": "replication",
}
_SOCKETS = "/var/run/postgresql"
"""Debian's folder of sockets; each machine has its own there."""

_AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")

_READY_S = 180.0
_WHOLE = {"primary", "secondary"}


class DatabasePair:
    """A primary, a standby and a monitor, each on its machine; built and started by ``build``."""

    def __init__(self, play: Play, folder: Path) -> None:
        self._play = play
        self._folder = folder
        self._authority = trustme.CA()
        self._authority_file = folder / "authority.pem"
        # Paths at which each machine sees its own files: a standby's settings are copies, including
        # paths.
        self._place = folder / "postgres"
        version = binaries().parent.name
        self._roles = {
            name: DatabaseRole(
                {
                    **_PASSWORDS,
                    "database_kind": "monitor" if name == "m3" else "node",
                    "database_address": ADDRESSES[name],
                    "database_monitor": ADDRESSES["m3"],
                    "database_network": NETWORK,
                    "database_port": PORT,
                    "database_version": version,
                    "database_home": str(self._place),
                    "database_folder": str(self._place),
                    "inventory_hostname_short": name,
                    "ansible_facts": {},
                    "common_systemd": {"stat": {"exists": True}},
                }
            )
            for name in ("m1", "m2", "m3")
        }

    @property
    def settings(self) -> str:
        """
        The database settings of collectors: both machines, of which they use the one that accepts
        writes.
        """
        hosts = ",".join(f"{ADDRESSES[name]}:{PORT}" for name in ("m1", "m2"))
        tls = f"sslmode=verify-full&sslrootcert={self._authority_file}"
        url = f"postgresql+psycopg://thongsuot@{hosts}/{DATABASE}?{tls}"
        return f'url = "{url}"\npassword_file = "database-password"\n'

    @property
    def password(self) -> str:
        """The password of the collectors' user."""
        return _PASSWORDS["database_password"]

    @property
    def socket_url(self) -> str:
        """The database URL for a program outside of the machines."""
        hosts = ",".join(str(self._sockets(name)) for name in ("m1", "m2"))
        return f"postgresql+psycopg://thongsuot@/{DATABASE}?host={hosts}&port={PORT}"

    def build(self) -> None:
        """
        Create and start all three; return when the standby is in sync.

        Raises:
            RuntimeError: one of the pair keeps no checksums of its pages.
        """
        self._authority.cert_pem.write_to_path(self._authority_file)
        self._place.mkdir()
        self._add("m3")
        self._play.need(
            lambda: self.states() is not None, "the monitor of the failover", within_s=_READY_S
        )
        self._execute("m3", "Set the password of the monitor's user")
        self._add("m1")
        self._play.need(
            lambda: self.states() == {"m1": "single"}, "the first PostgreSQL", within_s=_READY_S
        )
        self._execute("m1", "Set the password of replication")
        self._execute("m1", "Make the collectors' user and database")
        self._execute("m1", "Set the password of the collectors' user")
        self._add("m2")
        self._play.need(self.is_whole, "the standby", within_s=_READY_S)
        for name in ("m1", "m2"):
            with self.connection(name, "postgres") as connection:
                (kept,) = connection.execute("SHOW data_checksums").fetchone() or ("",)
            if kept != "on":
                raise RuntimeError(f"PostgreSQL on {name} keeps no checksums of its pages")

    def states(self) -> Mapping[str, str] | None:
        """
        Return the state of each node from the monitor; ``None`` if the monitor does not answer.
        """
        try:
            with self.connection("m3", "pg_auto_failover") as connection:
                rows = connection.execute(
                    "SELECT nodename, reportedstate, goalstate, health = 1 AND reportedpgisrunning "
                    "AND clock_timestamp() - reporttime < interval '5 s' FROM pgautofailover.node"
                ).fetchall()
        except psycopg.Error:
            return None
        return {
            str(name): (str(state) if state == goal else f"{state} to {goal}")
            + ("" if is_well else ", not well")
            for name, state, goal, is_well in rows
        }

    def is_whole(self) -> bool:
        """Return whether one node accepts writes and the other one has everything."""
        states = self.states()
        return states is not None and set(states.values()) == _WHOLE

    def primary(self) -> str:
        """Return the machine whose server accepts writes; the monitor must answer."""
        states = self.states() or {}
        return next((name for name, state in states.items() if state == "primary"), "")

    @contextlib.contextmanager
    def connection(self, name: str, database: str) -> Iterator[psycopg.Connection[TupleRow]]:
        """Connect to the server of a machine over its socket, as its administrator."""
        place = f"host={self._sockets(name)} port={PORT} user={USER} dbname={database}"
        with psycopg.connect(place, autocommit=True, connect_timeout=3) as connection:
            connection.execute("SET statement_timeout = '5s'")
            yield connection

    def _home(self, name: str) -> Path:
        return self._folder / f"postgres-{name}"

    def _sockets(self, name: str) -> Path:
        return self._folder / f"sockets-{name}"

    def _mounts(self, name: str) -> dict[str, Path]:
        return {_SOCKETS: self._sockets(name), str(self._place): self._home(name)}

    def _add(self, name: str) -> None:
        """Apply the role on a machine."""
        home, role = self._home(name), self._roles[name]
        for folder in (home, self._sockets(name)):
            folder.mkdir()
            shutil.chown(folder, USER, USER)
        certificate = self._authority.issue_cert(ADDRESSES[name])
        files = {
            "authority.pem": self._authority_file.read_text("utf-8"),
            "certificate.pem": certificate.cert_chain_pems[0].bytes().decode(),
            "key.pem": certificate.private_key_pem.bytes().decode(),
            ".pgpass": role.file("pgpass.j2"),
        }
        for file, text in files.items():
            _write(home / file, text)
        self._run_as_user(name, role.words("database_command"))
        if name == "m1":
            self._run_as_user(name, role.words("database_checksums_command"))
        data, pgdata = home / "thongsuot", f"--pgdata={self._place}/thongsuot"
        _write(data / "thongsuot.conf", role.file("thongsuot.conf.j2"))
        _append(data / "postgresql.conf", "include 'thongsuot.conf'")
        admitted = role.table("database_admitted")
        _append(data / "pg_hba.conf", admitted["monitor" if name == "m3" else "node"])
        if name != "m3":
            for setting, value in role.table("database_keeper_settings").items():
                self._run(
                    name,
                    [*_AS_USER, "pg_autoctl", "config", "set", pgdata, setting, value],
                )
        self._play.machines[name].add(
            Service(
                name=f"postgres-{name}",
                argv=["pg_autoctl", "run", pgdata],
                folder=self._folder,
                user=USER,
                environment=self._environment(name),
                mounts=self._mounts(name),
            )
        )
        self._await_server(name)

    def _run_as_user(self, name: str, command: list[str]) -> None:
        """Run a command of the role that begins with ``runuser``, up to ``--``."""
        # That sets the home of its user, which is the same for all machines here.
        self._run(name, [*_AS_USER, *command[command.index("--") + 1 :]])

    def _run(self, name: str, argv: list[str]) -> None:
        """Run a command of the role on a machine to its end."""
        log_file = self._home(name) / "create.log"
        with log_file.open("ab") as log:
            done = self._play.machines[name].popen(
                argv,
                environment=self._environment(name),
                mounts=self._mounts(name),
                folder=self._home(name),
                output=log,
            )
        what = f"{' '.join(argv[:8])} on {name}"
        self._play.need(lambda: done.poll() is not None, what, within_s=_READY_S)
        if done.returncode:
            text = log_file.read_text(errors="replace")
            raise RuntimeError(f"{what} failed:\n{text[-3000:]}")

    def _environment(self, name: str) -> dict[str, str]:
        return {
            **self._roles[name].table("database_environment"),
            "XDG_RUNTIME_DIR": str(self._place),
        }

    def _execute(self, name: str, task: str) -> None:
        with self.connection(name, "postgres") as connection:
            for statement in self._roles[name].statements(task):
                connection.execute(statement.encode())

    def _await_server(self, name: str) -> None:
        def answers() -> bool:
            try:
                with self.connection(name, "postgres"):
                    return True
            except psycopg.Error:
                return False

        self._play.need(answers, f"PostgreSQL on {name}", within_s=_READY_S)


def _write(file: Path, text: str) -> None:
    """Write a file that only PostgreSQL's user may read."""
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    shutil.chown(file, USER, USER)


def _append(file: Path, line: str) -> None:
    """Add a line if it is missing; the standby's files are copies of the primary's."""
    if line not in file.read_text("utf-8").splitlines():
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{line}\n")


def binaries() -> Path:
    """
    Return the folder of the newest PostgreSQL that has pg_auto_failover's extension.

    Raises:
        FileNotFoundError: there is none.
    """
    folders = [
        Path("/usr/lib/postgresql") / file.parents[1].name / "bin"
        for file in Path("/usr/share/postgresql").glob("*/extension/pgautofailover.control")
    ]
    usable = [folder for folder in folders if (folder / "initdb").exists()]
    if not usable or shutil.which("pg_autoctl") is None:
        raise FileNotFoundError("pg_auto_failover is not installed")
    return max(usable, key=lambda folder: int(folder.parent.name))
