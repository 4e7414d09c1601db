"""
The role ``database`` on three booted Debians, by the variables of the how-to: a monitor, a primary
and its standby; the primary's machine is lost, and the other one takes writes with all the data.

Chosen by ``./run fleet``: it makes a Debian root, which needs a registry.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
import yaml  # type: ignore[import-untyped]
from bench.cluster.machines import ADDRESSES, NETWORK, topology

from tests.fleet.machine import DATABASE_PACKAGES, base_of, booted, inside, unpacked
from tests.fleet.test_fleet import AnsibleFleet
from tests.tools.test_ansible_database import documented
from thongsuot_lab.lab import Lab

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

NODES = {"m3": "watch.example", "m1": "collector-1.example", "m2": "collector-2.example"}
"""The machines of the how-to, by those of the lab; the monitor is made first."""

DATA = "/var/lib/postgresql/thongsuot"
PATIENCE_S = 180.0
URL = (
    "postgresql://thongsuot@collector-1.example,collector-2.example/thongsuot?sslmode=verify-full"
    "&sslrootcert=/etc/thongsuot/database/authority.pem&target_session_attrs=read-write"
    "&connect_timeout=2"
)


@dataclass(frozen=True, kw_only=True)
class DatabaseMachines:
    """The booted machines by their names, and the control node's side of them."""

    fleet: AnsibleFleet
    first: Mapping[str, int]
    running: Mapping[str, ExitStack]
    variables: Mapping[str, str]

    def run(self, name: str, *words: str) -> str:
        """Run a command on a machine; it must not fail. Returns what it printed."""
        done = inside(self.first[name], *words)
        assert done.returncode == 0, f"{name}: {words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def states(self) -> dict[str, str]:
        """Return the state of each node as the monitor has it, by the names of their machines."""
        show = ["pg_autoctl", "show", "state", "--json", "--pgdata", DATA]
        shown = self.run("watch.example", "runuser", "-u", "postgres", "--", *show)
        nodes = json.loads(shown)
        return {node["nodehost"]: node["current_group_state"] for node in nodes}

    def await_states(self, **wanted: str) -> None:
        """Wait until machines are in these states; ``_1`` stands for ``collector-1.example``."""
        expected = {f"collector-{key[1:]}.example": state for key, state in wanted.items()}
        deadline = time.monotonic() + PATIENCE_S
        while not (states := self.states()).items() >= expected.items():
            assert time.monotonic() < deadline, states
            time.sleep(0.5)

    def await_pair(self) -> str:
        """Wait until one is primary and the other its standby; return the primary's machine."""
        deadline = time.monotonic() + PATIENCE_S
        while sorted((states := self.states()).values()) != ["primary", "secondary"]:
            assert time.monotonic() < deadline, states
            time.sleep(0.5)
        (primary,) = (name for name, state in states.items() if state == "primary")
        return primary

    def sql(self, name: str, statement: str) -> str:
        """Run a statement from a machine, as the collectors do, on whichever takes writes."""
        return self.run(name, *self._query(statement))

    def sql_once_writable(self, name: str, statement: str) -> None:
        """
        The same as soon as a server takes writes: the monitor calls a server primary while that
        still recovers, and collectors ask again as well.
        """
        deadline = time.monotonic() + PATIENCE_S
        while (done := inside(self.first[name], *self._query(statement))).returncode != 0:
            refused = "starting up" in done.stderr or "read-only" in done.stderr
            assert refused, done.stderr
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.5)

    def _query(self, statement: str) -> list[str]:
        password = f"PGPASSWORD={self.variables['database_password']}"
        psql = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", URL]
        return ["env", password, *psql, "--command", statement]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseMachines]:
    folder = tmp_path_factory.mktemp("database")
    base = base_of("trixie", "database", DATABASE_PACKAGES)
    hosts = "".join(f"{ADDRESSES[node]} {name}\n" for node, name in NODES.items())
    with ExitStack() as stack:
        lab = stack.enter_context(Lab(topology()))
        first, running = {}, {}
        for node, name in NODES.items():
            root = unpacked("trixie", folder / name, base=base)
            (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}", "utf-8")
            forget_the_server_of_the_package(root)
            running[name] = stack.enter_context(ExitStack())
            console = folder / f"{name}.log"
            first[name] = running[name].enter_context(booted(root, lab.node(node).network, console))
        variables = write_control_node(folder)
        fleet = AnsibleFleet(folder=folder, root=folder, first=first["collector-1.example"])
        yield DatabaseMachines(fleet=fleet, first=first, running=running, variables=variables)


def forget_the_server_of_the_package(root: Path) -> None:
    """
    Undo what the package does when it is installed before the role has said that it is not wanted.

    The role installs nothing here: what it would install is part of the root.
    """
    for cluster in root.glob("etc/postgresql/*/main"):
        done = inside_root(root, "pg_dropcluster", cluster.parent.name, "main")
        assert done == 0
    stamp = root / "var/lib/apt/periodic/update-success-stamp"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()  # there is no registry to ask


def inside_root(root: Path, *words: str) -> int:
    """Run a command in a root that is not booted; return its exit code."""
    return subprocess.run(["chroot", root, *words], check=False).returncode


def write_control_node(folder: Path) -> Mapping[str, str]:
    """Write inventory, certificates and variables as the how-to says; return the variables."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    for name in NODES.values():
        certificate = authority.issue_cert(name)
        certificate.private_key_pem.write_to_path(folder / f"{name}.key")
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(folder / f"{name}.pem", append=number > 0)
    text = yaml.safe_dump(documented("database_address"))
    text = text.replace("/srv/thongsuot", str(folder)).replace("192.0.2.0/24", NETWORK)
    variables = {key: str(value) for key, value in yaml.safe_load(text).items()}
    for key in variables:
        if key.endswith("_password"):
            variables[key] = f"mat-khau-{key}"
    inventory = {"all": {"children": documented("database_monitors")}}
    groups = inventory["all"]["children"]
    reached = {"ansible_connection": "machine", "ansible_become": False, **variables}
    machines = {
        name: {"ansible_host": str(folder / name / "root-trixie")} for name in NODES.values()
    }
    document = {"all": {"vars": reached, "hosts": machines, "children": groups}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(document), "utf-8")
    return variables


def test_the_playbook_makes_a_primary_and_its_standby(machines: DatabaseMachines) -> None:
    machines.fleet.play("database")
    machines.await_states(_1="primary", _2="secondary")
    for name in NODES.values():
        assert machines.run(name, "systemctl", "is-active", "thongsuot-database") == "active"
        assert machines.run(name, "systemctl", "is-enabled", "thongsuot-database") == "enabled"
    # The monitor's own process gets into its own server.
    journal = ["journalctl", "--unit=thongsuot-database", "--no-pager", "--since=-5s"]
    assert "Peer authentication failed" not in machines.run("watch.example", *journal)
    machines.sql("collector-2.example", "CREATE TABLE record (number integer PRIMARY KEY)")
    machines.sql("collector-1.example", "INSERT INTO record VALUES (1)")
    settings = "SELECT current_setting('data_checksums'), current_setting('synchronous_commit')"
    assert machines.sql("collector-1.example", settings) == "on|on"
    # Whoever knows no password is not let in, on the machine itself neither.
    refused = inside(
        machines.first["collector-1.example"], "psql", "--no-password", URL, "--command", "SELECT 1"
    )
    assert refused.returncode != 0
    assert "password" in refused.stderr


def test_a_second_time_changes_nothing(machines: DatabaseMachines) -> None:
    again = machines.fleet.play("database")
    assert again.changed == 0, again.changes()
    checked = machines.fleet.play("database", "--check")
    assert checked.changed == 0, checked.changes()


def test_a_server_that_is_killed_comes_back(machines: DatabaseMachines) -> None:
    pid = machines.run("collector-1.example", "head", "--lines=1", f"{DATA}/postmaster.pid")
    machines.run("collector-1.example", "kill", "-KILL", pid)
    deadline = time.monotonic() + PATIENCE_S
    first_line = ["sh", "-c", f"head --lines=1 {DATA}/postmaster.pid || true"]
    while machines.run("collector-1.example", *first_line) in {"", pid}:
        assert time.monotonic() < deadline, machines.states()
        time.sleep(0.5)
    machines.await_pair()
    machines.sql_once_writable("collector-2.example", "INSERT INTO record VALUES (2)")


def test_when_the_primarys_machine_is_lost_the_other_one_continues_with_everything(
    machines: DatabaseMachines,
) -> None:
    lost = machines.await_pair()
    (left,) = {"collector-1.example", "collector-2.example"} - {lost}
    machines.running[lost].close()
    began_s = time.monotonic()
    while machines.states()[left] not in {"wait_primary", "primary"}:
        assert time.monotonic() - began_s < PATIENCE_S, machines.states()
        time.sleep(0.2)
    machines.sql_once_writable(left, "INSERT INTO record VALUES (3)")
    assert machines.sql(
        left, "SELECT string_agg(number::text, ' ' ORDER BY number) FROM record"
    ) == ("1 2 3")
