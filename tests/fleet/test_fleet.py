"""
The roles on a booted Debian: installed, idempotent, watched over, upgraded, put back, removed.

Chosen by ``./run fleet``: it builds packages and makes a Debian root, which needs a registry.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
import yaml  # type: ignore[import-untyped]

from tests.fleet.city import INVENTORY, SITE
from tests.fleet.machine import booted, inside, unpacked
from tests.fleet.packages import built_packages, repacked
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.small import two_uplinks

pytestmark = [pytest.mark.fleet, pytest.mark.lab]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0

UNIT_STARTED = "39f53479d3a045ac8e11786248231fbf"
"""systemd's name of the message that a unit has been started (``SD_MESSAGE_UNIT_STARTED``)."""


@dataclass(frozen=True, kw_only=True)
class AnsibleFleet:
    """One machine that is collector, monitor and device, and the control node's side of it."""

    folder: Path
    root: Path
    first: int = 0
    """The machine's first process; 0: a root that is only being made."""

    def play(self, playbook: str, *more: str) -> "PlayRecap":
        """Run a playbook; it must not fail."""
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(self.folder / "hosts.yml"), f"{ROOT}/ansible/playbooks/{playbook}.yml"),
            *more,
        ]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible" / "ansible.cfg"),
            "ANSIBLE_CONNECTION_PLUGINS": str(ROOT / "tests" / "fleet" / "connection"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, cwd=ROOT
        )
        if done.returncode:
            journal = ""
            if self.first:
                shown = inside(self.first, "journalctl", "--no-pager", "--unit=thongsuot-*")
                journal = shown.stdout
            pytest.fail(f"{done.stdout}\n{done.stderr}\n{journal}")
        return PlayRecap.of(done.stdout)

    def run(self, *words: str) -> str:
        """Run a command on the machine; it must not fail. Returns what it printed."""
        done = inside(self.first, *words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def version(self) -> str:
        """Return which version of the agent is installed."""
        return self.run("dpkg-query", "--show", "--showformat=${Version}", "thongsuot-agent")

    def main_process(self) -> str:
        """Return the number of the agent's process as systemd has it."""
        return self.run("systemctl", "show", "--value", "--property=MainPID", "thongsuot-agent")

    def stream(self) -> str:
        """Return the name of the record that the agent keeps; waits until it answers."""
        deadline = time.monotonic() + PATIENCE_S
        while (done := inside(self.first, "thongsuot-agent", "status")).returncode:
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.5)
        # The status does not say it: whoever knows a stream's name could take its numbers.
        return self.run("ls", "-t", "/run/thongsuot-agent/record").split()[0]


@dataclass(frozen=True, kw_only=True)
class PlayRecap:
    """What a play did."""

    changed: int
    text: str

    @classmethod
    def of(cls, text: str) -> "PlayRecap":
        """Read the last lines of a play."""
        changed = sum(int(number) for number in re.findall(r"changed=(\d+)", text))
        return cls(changed=changed, text=text)

    def changes(self) -> str:
        """Return the tasks that changed something."""
        return "\n".join(re.findall(r"TASK \[([^\]]+)\] \*+\n(?=changed)", self.text))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of this checkout, as ``./run build`` makes them, or those of a folder."""
    return built_packages(tmp_path_factory, ["agent", "collector"])


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Iterator[AnsibleFleet]:
    folder = tmp_path_factory.mktemp("fleet")
    root = unpacked("trixie", folder)
    prepare(folder, root, packages)
    with (
        Lab(two_uplinks()) as lab,
        booted(root, lab.node("device").network, folder / "console.log") as first,
    ):
        yield AnsibleFleet(folder=folder, root=root, first=first)


def prepare(folder: Path, root: Path, packages: Path) -> None:
    """Write what a control node has: inventory, certificate, hosts and their variables."""
    (folder / "inventory").mkdir()
    (folder / "inventory" / "sites.toml").write_text(INVENTORY, encoding="utf-8")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "certificate.pem", append=number > 0)
    environment = {**os.environ, "THONGSUOT_INVENTORY": str(folder / "inventory")}
    listed = subprocess.run(
        [sys.executable, str(ROOT / "ansible" / "inventory" / "from_collector.py"), "--list"],
        check=True,
        capture_output=True,
        env=environment,
    )
    settings = json.loads(listed.stdout)["_meta"]["hostvars"][SITE]["agent_settings"]
    machine = {
        "ansible_connection": "machine",
        "ansible_host": str(root),
        "ansible_become": False,
        "common_packages_dir": str(packages),
        "agent_collector_url": "https://localhost:8480",
        "agent_ca_file": str(folder / "ca.pem"),
        "agent_settings": settings,
        "collector_inventory_dir": str(folder / "inventory"),
        "collector_certificate_file": str(folder / "certificate.pem"),
        "collector_key_file": str(folder / "key.pem"),
        "agent_secrets": {"snmp": "community-of-the-test"},
        "collector_page_password": "only-here",
        "collector_settings": {
            "listen": {"client_certificates": "required"},
            "sinks": [
                {
                    "kind": "remote_write",
                    "name": "prometheus",
                    "url": "http://127.0.0.1:9090/api/v1/write",
                }
            ],
        },
    }
    groups = {name: {"hosts": {SITE: None}} for name in ("collectors", "monitors", "canary")}
    agents = {"children": {"canary": None}}
    hosts = {"all": {"hosts": {SITE: machine}, "children": {**groups, "agents": agents}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")


def test_a_machine_is_set_up_by_one_command_and_its_agent_reports(fleet: AnsibleFleet) -> None:
    fleet.play("site")
    status = json.loads(fleet.run("thongsuot-agent", "status", "--json"))
    assert status["site"] == SITE
    assert status["collector"]["acknowledged_s_ago"] is not None
    assert {link["name"] for link in status["links"]} == {"fixed"}
    for unit in ("thongsuot-agent", "thongsuot-collector", "prometheus"):
        assert fleet.run("systemctl", "is-active", unit) == "active"
        assert fleet.run("systemctl", "is-enabled", unit) == "enabled"
    # Each was started once, with its settings.
    for unit in ("thongsuot-agent", "thongsuot-collector"):
        begun = (f"UNIT={unit}.service", f"MESSAGE_ID={UNIT_STARTED}")
        assert len(fleet.run("journalctl", "--quiet", "--output=cat", *begun).splitlines()) == 1
    # As an ordinary user with one capability, CAP_NET_RAW (bit 13).
    process = fleet.run("cat", f"/proc/{fleet.main_process()}/status")
    assert re.search(r"^CapEff:\s+0000000000002000$", process, re.MULTILINE)
    assert not re.search(r"^Uid:\s+0\s", process, re.MULTILINE)


def test_the_agent_starts_without_docstrings_and_finds_them_compiled_away(
    fleet: AnsibleFleet,
) -> None:
    command = fleet.run("cat", f"/proc/{fleet.main_process()}/cmdline").split("\0")
    assert "-IOO" in command
    compiled = fleet.run("ls", "-R", "/usr/lib/thongsuot-agent/bytecode")
    for module in ("selectors", "agent", "base_events"):
        assert re.search(rf"^{module}\.cpython-[0-9]+\.opt-2\.pyc$", compiled, re.MULTILINE)


def test_the_device_made_its_token_and_its_key_and_pushes_with_both(fleet: AnsibleFleet) -> None:
    status = json.loads(fleet.run("thongsuot-agent", "status", "--json"))["collector"]
    assert status["certificate_problem"] == ""
    assert status["certificate_expiry_s"] > time.time() + 80 * 86_400
    audit = ("thongsuot-collector", "audit", "--json")
    log = json.loads(fleet.run("runuser", "-u", "thongsuot-collector", "--", *audit))
    actions = {entry["action"] for entry in log if entry["subject"] == SITE}
    assert actions >= {"code_created", "enrolled", "certificate_issued"}
    assert "token_created" not in actions
    # Root enrolled it; it belongs to the service, which renews it.
    place = "/var/lib/thongsuot-agent/certificate.pem"
    owner, mode = fleet.run("stat", "--dereference", "--format=%U %a", place).split()
    assert (owner != "root", mode) == (True, "600")


def test_a_device_is_enrolled_again_while_its_agent_runs(fleet: AnsibleFleet) -> None:
    place = "/var/lib/thongsuot-agent/certificate.pem"
    before = fleet.run("sha256sum", place)
    fleet.play("agents", "--extra-vars", "agent_enrol_again=true")
    assert fleet.run("sha256sum", place) != before
    status = json.loads(fleet.run("thongsuot-agent", "status", "--json"))["collector"]
    assert status["acknowledged_s_ago"] is not None


def test_a_second_time_changes_nothing(fleet: AnsibleFleet) -> None:
    again = fleet.play("site")
    assert again.changed == 0, again.changes()
    checked = fleet.play("site", "--check")
    assert checked.changed == 0, checked.changes()


def test_a_killed_agent_comes_back_and_keeps_its_record(fleet: AnsibleFleet) -> None:
    stream, process = fleet.stream(), fleet.main_process()
    fleet.run("kill", "-KILL", process)
    wait_for_another(fleet, process)
    assert fleet.stream() == stream, "the record outlives the process"


def test_an_agent_that_hangs_is_restarted_by_the_watchdog(fleet: AnsibleFleet) -> None:
    place = "/run/systemd/system/thongsuot-agent.service.d"
    fleet.run("mkdir", "-p", place)
    fleet.run("sh", "-c", f"printf '[Service]\\nWatchdogSec=4\\n' > {place}/soon.conf")
    fleet.run("systemctl", "daemon-reload")
    fleet.run("systemctl", "restart", "thongsuot-agent")
    process = fleet.main_process()
    fleet.run("kill", "-STOP", process)
    wait_for_another(fleet, process)
    assert "Watchdog timeout" in fleet.run("journalctl", "--unit=thongsuot-agent", "--no-pager")
    fleet.run("rm", "-r", place)
    fleet.run("systemctl", "daemon-reload")


def test_an_upgrade_and_the_way_back(fleet: AnsibleFleet, packages: Path, tmp_path: Path) -> None:
    before, stream = fleet.version(), fleet.stream()
    later = f"{before}.later"
    newer = repacked(next(packages.glob("thongsuot-agent_*.deb")), before, later, tmp_path)
    shutil.copy(newer, packages / newer.name)
    upgraded = fleet.play("agents")
    assert fleet.version() == later, upgraded.text
    assert fleet.stream() == stream, "an upgrade goes on with the record"
    fleet.play("rollback")
    assert fleet.version() == before
    (packages / newer.name).unlink()


def test_removal_leaves_what_the_collector_may_not_have(fleet: AnsibleFleet) -> None:
    fleet.play("uninstall")
    assert inside(fleet.first, "systemctl", "is-active", "thongsuot-agent").returncode != 0
    assert not (fleet.root / "usr" / "bin" / "thongsuot-agent").exists()
    assert fleet.run("ls", "/var/lib/private/thongsuot-agent") != ""
    fleet.play("uninstall", "--extra-vars", "agent_forget=true")
    for path in ("/var/lib/private/thongsuot-agent", "/etc/thongsuot/agent.token"):
        assert inside(fleet.first, "test", "-e", path).returncode != 0


def test_init_sets_up_a_collector_that_the_unit_can_run(fleet: AnsibleFleet) -> None:
    unit, state = "thongsuot-collector.service", "/var/lib/thongsuot-collector"
    fleet.run("systemctl", "stop", unit)
    fleet.run("rm", "-rf", state, "/etc/thongsuot")
    output = fleet.run("thongsuot-collector", "init", "--host", "localhost", "--site", SITE)
    assert f"systemctl enable --now {unit}" in output
    owners = fleet.run("stat", "--format=%U:%G %a", state, "/etc/thongsuot/collector/key.pem")
    assert owners.split("\n") == [
        "thongsuot-collector:thongsuot-collector 700",
        "root:thongsuot-collector 640",
    ]
    fleet.run("systemctl", "enable", "--now", unit)
    ready = ("--retry", "50", "--retry-connrefused", "--retry-delay", "1")
    trusted = ("--cacert", f"{state}/ca/ca.pem")
    address = "https://localhost:8480/readyz"
    fleet.run("curl", "--silent", "--fail", *ready, *trusted, address)


def test_a_debian_12_that_is_only_being_made_is_set_up_and_then_left_alone(
    tmp_path: Path, packages: Path
) -> None:
    root = unpacked("bookworm", tmp_path)
    prepare(tmp_path, root, packages)
    fleet = AnsibleFleet(folder=tmp_path, root=root)
    # Where no collector runs, none can make a token.
    token = ("--extra-vars", "agent_token=0123456789abcdef0123456789abcdef")  # no secret: made up
    fleet.play("site", *token)
    again = fleet.play("site", *token)
    assert again.changed == 0, again.changes()
    for unit in ("thongsuot-agent", "thongsuot-collector"):
        wanted = root / "etc/systemd/system/multi-user.target.wants" / f"{unit}.service"
        assert wanted.is_symlink()


def wait_for_another(fleet: AnsibleFleet, process: str) -> None:
    """Wait until systemd runs the agent as another process."""
    deadline = time.monotonic() + PATIENCE_S
    while fleet.main_process() in {process, "0"}:
        assert time.monotonic() < deadline, "systemd did not start the agent again"
        time.sleep(0.2)
