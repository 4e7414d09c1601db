"""
PostgreSQL on two machines with pg_auto_failover, its monitor on the third one; by the settings that
the Ansible role ``database`` writes.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import yaml  # type: ignore[import-untyped]
from bench.cluster.machines import ADDRESSES, NETWORK, Machine, Play, Service
from psycopg.rows import TupleRow

USER = "postgres"
DATABASE = "thongsuot"
_PORTS = {"m1": 15431, "m2": 15432, "m3": 15433}
"""Debian's folder of sockets is shared by namespaces: a port for each server."""

_ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "database" / "vars" / "main.yml"
_AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")

_READY_S = 180.0
_WHOLE = {"primary", "secondary"}


class DatabasePair:
    """A primary, a standby and a monitor, each on its machine; built and started by ``build``."""

    def __init__(self, play: Play, folder: Path) -> None:
        self._play = play
        self._folder = folder
        self._binaries = binaries()
        self._role: dict[str, dict[str, str]] = yaml.safe_load(_ROLE.read_text("utf-8"))

    @property
    def url(self) -> str:
        """What collectors are given: both machines, by the one that takes writes."""
        hosts = ",".join(f"{ADDRESSES[name]}:{_PORTS[name]}" for name in ("m1", "m2"))
        return f"postgresql+psycopg://thongsuot@{hosts}/{DATABASE}?sslmode=disable"

    @property
    def socket_url(self) -> str:
        """The same for a program that is on none of the machines."""
        ports = f"{_PORTS['m1']},{_PORTS['m2']}"
        sockets = "/var/run/postgresql"
        return f"postgresql+psycopg://thongsuot@/{DATABASE}?host={sockets},{sockets}&port={ports}"

    def build(self) -> None:
        """Make and start all three; return when the standby is in step."""
        self._add("m3", "monitor")
        self._play.need(
            lambda: self.states() is not None, "the monitor of the failover", within_s=_READY_S
        )
        self._set("m3", self._role["database_monitor_settings"])
        self._admit("m3", "pg_auto_failover", "autoctl_node")
        monitor = f"postgres://autoctl_node@{ADDRESSES['m3']}:{_PORTS['m3']}/pg_auto_failover"
        self._add("m1", "postgres", "--monitor", monitor, "--name", "m1")
        self._play.need(
            lambda: self.states() == {"m1": "single"}, "the first PostgreSQL", within_s=_READY_S
        )
        self._set("m1", self._role["database_node_settings"])
        self._admit("m1", DATABASE, "thongsuot")
        with self.connection("m1", "postgres") as connection:
            connection.execute("CREATE ROLE thongsuot LOGIN")
            connection.execute(
                f"CREATE DATABASE {DATABASE} OWNER thongsuot TEMPLATE template0 "
                "ENCODING 'UTF8' LOCALE 'C.UTF-8'"
            )
        self._add("m2", "postgres", "--monitor", monitor, "--name", "m2")
        self._play.need(self.is_whole, "the standby", within_s=_READY_S)
        self._admit("m2", DATABASE, "thongsuot")
        for name in ("m1", "m2"):
            for setting, value in self._role["database_keeper_settings"].items():
                self._autoctl(name, "config", "set", setting, value)

    def states(self) -> Mapping[str, str] | None:
        """Return what each node is by the monitor; ``None`` where that does not answer."""
        try:
            with self.connection("m3", "pg_auto_failover") as connection:
                rows = connection.execute(
                    "SELECT nodename, reportedstate, goalstate FROM pgautofailover.node"
                ).fetchall()
        except psycopg.Error:
            return None
        return {
            str(name): str(state) if state == goal else f"{state} to {goal}"
            for name, state, goal in rows
        }

    def is_whole(self) -> bool:
        """Whether one node takes writes and the other one has everything."""
        states = self.states()
        return states is not None and set(states.values()) == _WHOLE

    def primary(self) -> str:
        """Return the machine whose server takes writes; the monitor has to answer."""
        states = self.states() or {}
        return next((name for name, state in states.items() if state == "primary"), "")

    @contextlib.contextmanager
    def connection(self, name: str, database: str) -> Iterator[psycopg.Connection[TupleRow]]:
        """Connect to the server of a machine by its socket, as its administrator."""
        place = f"host=/var/run/postgresql port={_PORTS[name]} user={USER} dbname={database}"
        with psycopg.connect(place, autocommit=True, connect_timeout=3) as connection:
            connection.execute("SET statement_timeout = '5s'")
            yield connection

    def _home(self, name: str) -> Path:
        return self._folder / f"postgres-{name}"

    def _add(self, name: str, kind: str, *more: str) -> None:
        home = self._home(name)
        home.mkdir()
        shutil.chown(home, USER, USER)
        create = [
            *("pg_autoctl", "create", kind, f"--pgdata={home}/data", f"--pgport={_PORTS[name]}"),
            *(f"--hostname={ADDRESSES[name]}", "--auth=trust", "--no-ssl"),
            *(f"--pgctl={self._binaries}/pg_ctl", *more),
        ]
        machine = self._play.machines[name]
        environment = self._environment(name)
        with (home / "create.log").open("ab") as log:
            done = machine.node.popen(
                [*_AS_USER, *create], env=environment, cwd=home, stdout=log, stderr=log
            )
        self._play.need(
            lambda: done.poll() is not None, f"pg_autoctl create on {name}", within_s=_READY_S
        )
        if done.returncode:
            text = (home / "create.log").read_text(errors="replace")
            raise RuntimeError(f"pg_autoctl create {kind} on {name} failed:\n{text[-3000:]}")
        run = ["pg_autoctl", "run", f"--pgdata={home}/data"]
        machine.add(
            Service(
                name=f"postgres-{name}",
                argv=run,
                folder=self._folder,
                user=USER,
                environment=environment,
            )
        )
        self._await_server(name)

    def _environment(self, name: str) -> dict[str, str]:
        home = str(self._home(name))
        folders = ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
        return {
            **os.environ,
            **dict.fromkeys(folders, home),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{self._binaries}:{os.environ['PATH']}",
        }

    def _autoctl(self, name: str, *words: str) -> None:
        data = f"--pgdata={self._home(name)}/data"
        machine: Machine = self._play.machines[name]
        done = machine.node.popen(
            [*_AS_USER, "pg_autoctl", *words[:2], data, *words[2:]],
            env=self._environment(name),
            cwd=self._home(name),
            stdout=subprocess.DEVNULL,
        )
        if done.wait():
            raise RuntimeError(f"pg_autoctl {' '.join(words)} on {name} failed")

    def _await_server(self, name: str) -> None:
        def answers() -> bool:
            try:
                with self.connection(name, "postgres"):
                    return True
            except psycopg.Error:
                return False

        self._play.need(answers, f"PostgreSQL on {name}", within_s=_READY_S)

    def _set(self, name: str, settings: Mapping[str, str]) -> None:
        with self.connection(name, "postgres") as connection:
            for setting, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")

    def _admit(self, name: str, database: str, user: str) -> None:
        """Let the other machines in: keepers admit no more than each other."""
        data = self._home(name) / "data"
        line = f"host {database} {user} {NETWORK} trust\n"
        hba = data / "pg_hba.conf"
        if line not in hba.read_text("utf-8"):
            with hba.open("a", encoding="utf-8") as file:
                file.write(line)
        postmaster = int((data / "postmaster.pid").read_text("utf-8").split()[0])
        os.kill(_outer_pid(self._play.machines[name], postmaster), signal.SIGHUP)


def _outer_pid(machine: Machine, inner: int) -> int:
    """Return what a process of the lab's PID namespace is called here."""
    for pid in machine.node.pids():
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        (line,) = (text for text in status.splitlines() if text.startswith("NSpid:"))
        if int(line.split()[-1]) == inner:
            return pid
    raise ProcessLookupError(f"no process {inner} on {machine.name}")


def binaries() -> Path:
    """
    Return where the newest PostgreSQL is that has pg_auto_failover's extension.

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
