"""CityStack: a lab with an agent on each site's device, the collector and Prometheus, all real."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode, as_user
from thongsuot_lab.spaces.privilege import is_mapped
from thongsuot_lab.stack import components, prometheus
from thongsuot_lab.stack.boot_environment import CURRENT_BOOT, BootEnvironment, new_boot
from thongsuot_lab.stack.documents import AgentDocument, CollectorDocument, default_probes
from thongsuot_lab.stack.modems import modem_probes
from thongsuot_lab.stack.past import push_month
from thongsuot_lab.stack.power import SitePower
from thongsuot_lab.stack.process import Process, StackError
from thongsuot_lab.stack.receivers import Receivers
from thongsuot_lab.topology.city import DOMAIN
from thongsuot_schema.inventory.model import ProbeSchedule, Target
from thongsuot_schema.view import SiteView

COLLECTOR_PORT = 8480
PAGES_PORT = 8481
AGENT_PAGE_PORT = 8080
PROMETHEUS_PORT = 9090
ROUTE_REQUEST = "routes-wanted"
"""An agent writes it when its links' rules must change; a unit of the package watches it."""
RECORDING = Path("state") / "judge.jsonl"
"""The file in an agent's folder that records the judge's input, if it is recorded."""
ORDINARY_USER = 65534
"""``nobody`` on every Debian: the agent needs no account of its own in a lab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """
    Options of a demonstration or a test. An empty profile is the agent's default.

    ``equipment`` is configured at every agent beside its own lines: boxes to query, a reflector.
    ``judge``, ``spool`` and ``site_config`` are settings of these tables of the agent's
    configuration; ``is_verbose`` lets agents log each run, ``is_recording`` lets them record their
    judges' input. ``with_receivers`` starts receivers of notifications, see ``stack.receivers``, in
    ``language``. ``hold_s`` is how long a link has to be up before its fault is over.
    ``agents_at``: the sites that have an agent; empty for all.
    """

    with_prometheus: bool = True
    probes: tuple[ProbeSchedule, ...] = ()
    equipment: tuple[Target, ...] = ()
    push_every_s: float = 15.0
    silent_after_s: float = 45.0
    judge: dict[str, object] = field(default_factory=dict)
    spool: dict[str, object] = field(default_factory=dict)
    site_config: dict[str, object] = field(default_factory=dict)
    is_verbose: bool = False
    is_recording: bool = False
    with_receivers: bool = False
    all_to_inbox: bool = False
    language: str = "en"
    hold_s: float = 30.0
    agents_at: tuple[str, ...] = ()


class CityStack:
    """
    Everything that runs on top of a lab.

    ``folder`` holds configurations, records and logs. The collector listens in the lab with a
    certificate of the lab's authority; its pages, each agent's and Prometheus are reachable from
    this machine's loopback by ``addresses``.
    """

    def __init__(self, lab: Lab, folder: Path, options: StackOptions | None = None) -> None:
        self.lab = lab
        self.folder = folder
        self.options = options or StackOptions()
        self.addresses: dict[str, str] = {}
        # For each boot but the machine's own, by its id: the offset of its boot-time clock.
        self.boottime_offsets_s: dict[str, int] = {}
        self.processes: dict[str, Process] = {}
        self._boots: dict[str, BootEnvironment] = {}
        self._logs = folder / "logs"
        self._user = _user_for(folder)
        self._power = SitePower(lab)
        self._collector = components.CollectorFolder(path=folder / "collector")
        self.receivers: Receivers | None = None
        if self.options.with_receivers:
            self.receivers = Receivers(
                folder=folder / "people",
                topology=lab.topology,
                all_to_inbox=self.options.all_to_inbox,
                language=self.options.language,
            )

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites that have an agent."""
        every_site = tuple(site.name for site in self.lab.topology.sites)
        return self.options.agents_at or every_site

    def start(self) -> None:
        """
        Start everything and wait until it answers.

        Raises:
            StackError: a part did not start; what had started is stopped.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            undo.callback(self.stop)
            if self.options.with_prometheus and prometheus.installed():
                self.start_prometheus()
            if self.receivers is not None:
                self._start_people(self.receivers)
            self.start_collector()
            for site in self.sites:
                self._write_agent(site)
                self.start_agent(site)
            for site in self.sites:
                self._wait_for_agent(site)
            undo.pop_all()

    def stop(self) -> None:
        """Stop everything, agents first so that their last batches arrive. Safe to repeat."""
        agents = [name for name in self.processes if name.startswith("agent-")]
        others = [name for name in self.processes if name not in {*agents, "collector"}]
        for name in (*agents, "collector", *others):
            process = self.processes.pop(name, None)
            if process is not None:
                process.stop()

    def check(self) -> None:
        """
        Raise ``StackError`` if a part ended unexpectedly.

        An agent that ended in a power cut, no matter who caused it, has ended as expected; it
        starts again when the power returns.
        """
        for site in self._power.observe(self.processes):
            self.reboot(site)
        for name, process in self.processes.items():
            if not self._power.may_explain(name, process):
                process.check()
        for site in self.sites:
            wanted = self.agent_folder(site) / "run" / ROUTE_REQUEST
            if wanted.exists():
                wanted.unlink()
                self.make_routes(site)

    def views(self) -> list[SiteView]:
        """Return the collector's view of each site; sites that it cannot show now are left out."""
        views = [
            components.fetch_site_view(self.addresses["collector"], site) for site in self.sites
        ]
        return [view for view in views if view is not None]

    # The collector

    def start_collector(self) -> None:
        """Start the collector, with the data of an earlier start if there are any."""
        if "collector" not in self.addresses:
            port = self.lab.expose("collector", PAGES_PORT)
            self.addresses["collector"] = f"http://127.0.0.1:{port}"
        if not self._collector.config.exists():
            self._write_collector()
        node = self.lab.node("collector")
        process = self._collector.start(self._logs, _NodeSpawn(node))
        self.processes["collector"] = process
        base = self.addresses["collector"]
        process.wait_until(
            lambda: components.responds(f"{base}/readyz"), within_s=components.READY_S
        )

    def add_person(self, name: str, title: str) -> str:
        """Create an account that may act on the pages; return the password, new with every call."""
        return self._collector.add_person(name, title)

    def create_desk_key(self, carrier: str) -> str:
        """Return a link that opens the desk of a carrier on the collector's pages."""
        return self._collector.create_desk_key(carrier)

    def _write_collector(self) -> None:
        people = self.receivers
        known = inventory.inventory_of(self.lab.topology)
        certificate, key = self.lab.certificate(f"collector.{DOMAIN}")
        path = self._collector.path
        uses_prometheus = "prometheus" in self.processes
        document = CollectorDocument(
            state_dir=path / "state",
            inventory_dir=path / "inventory",
            listen=f"[::]:{COLLECTOR_PORT}",
            page_listen=f"127.0.0.1:{PAGES_PORT}",
            certificate_file=certificate,
            key_file=key,
            remote_write_url=(
                f"http://127.0.0.1:{PROMETHEUS_PORT}/api/v1/write" if uses_prometheus else ""
            ),
            silent_after_s=self.options.silent_after_s,
            support_hotline=inventory.SUPPORT_HOTLINE,
            channels=() if people is None else people.channels(),
            notify={} if people is None else people.notify_table(self.addresses["collector"]),
            timeline={"calm_s": self.options.hold_s},
        )
        self._collector.write(document, known if people is None else people.with_channels(known))

    # Who is notified

    def _start_people(self, people: Receivers) -> None:
        ports = people.ports()
        for process in people.start(self._logs, _NodeSpawn(self.lab.node("collector"))):
            self.processes[process.name] = process
            port = self.lab.expose("collector", ports[process.name])
            self.addresses[process.name] = f"http://127.0.0.1:{port}"
            url = f"{self.addresses[process.name]}/"
            if process.name == "alertmanager":
                url += "-/ready"
            elif process.name.startswith("desk-"):
                url += "desk/alarms"
            process.wait_until(partial(components.responds, url), within_s=components.READY_S)

    # Prometheus

    def start_prometheus(self) -> None:
        """Start Prometheus, with the data of an earlier start if there are any."""
        process = components.start_prometheus(
            self.folder / "prometheus",
            self._logs,
            listen=f"127.0.0.1:{PROMETHEUS_PORT}",
            collector=f"127.0.0.1:{PAGES_PORT}",
            spawn=_NodeSpawn(self.lab.node("collector")),
        )
        self.processes["prometheus"] = process
        if "prometheus" not in self.addresses:
            port = self.lab.expose("collector", PROMETHEUS_PORT)
            self.addresses["prometheus"] = f"http://127.0.0.1:{port}"
        ready = f"{self.addresses['prometheus']}/-/ready"
        process.wait_until(lambda: components.responds(ready), within_s=components.READY_S)

    # Agents

    def agent_folder(self, site: str) -> Path:
        """Return the folder of a site's agent: configuration, token and record."""
        return self.folder / f"agent-{site}"

    def agent(self, site: str) -> Process:
        """Return the agent of a site, which may have ended."""
        return self.processes[f"agent-{site}"]

    def start_agent(self, site: str) -> None:
        """Start a site's agent as an ordinary user with CAP_NET_RAW and nothing else."""
        node = self.lab.node(self.lab.topology.site(site).device)
        boot = self._boots.get(site, CURRENT_BOOT)
        process = components.start_agent(
            site,
            self.agent_folder(site) / "agent.toml",
            self._logs,
            _NodeSpawn(node, user=self._user, capabilities=("net_raw",), boot=boot),
            is_verbose=self.options.is_verbose,
            recording=self.agent_folder(site) / RECORDING if self.options.is_recording else None,
        )
        self.processes[f"agent-{site}"] = process
        if f"agent-{site}" not in self.addresses:
            port = self.lab.expose(node.name, AGENT_PAGE_PORT)
            self.addresses[f"agent-{site}"] = f"http://127.0.0.1:{port}"

    def make_routes(self, site: str) -> None:
        """Install the rules by which links choose their gateways, as the unit does: as root."""
        node = self.lab.node(self.lab.topology.site(site).device)
        config = str(self.agent_folder(site) / "agent.toml")
        program = components.installed_command("thongsuot-agent")
        node.run([program, "routes", "apply", "--config", config])

    def expect_exit(self, site: str) -> None:
        """The power of a site is about to be cut: the end of its agent is expected."""
        self.processes.pop(f"agent-{site}", None)

    def reboot(self, site: str, *, env: Mapping[str, str] | None = None) -> None:
        """
        The power is back: a new boot, with the data on the disk and an empty memory.

        ``env`` is added to the agent's environment.
        """
        folder = self.agent_folder(site)
        shutil.rmtree(folder / "run")
        (folder / "run").mkdir()
        os.chown(folder / "run", self._user, self._user)
        boot_id = folder / "boot_id"
        name = str(uuid.uuid4())
        boot_id.write_text(f"{name}\n", encoding="ascii")
        boot = new_boot(boot_id, env or {})
        self.boottime_offsets_s[name] = boot.boottime_offset_s
        self._boots[site] = boot
        self.start_agent(site)

    def push_history(self) -> None:
        """Give the collector a generated month of each site, up to now."""
        # The first batch of each agent is already there, so no silence lies between the month and
        # it.
        for site in self.sites:
            base = self.addresses[f"agent-{site}"]
            self.agent(site).wait_until(
                partial(components.has_delivered, base), within_s=components.READY_S
            )
        tokens = {site: self.agent_folder(site) / "token" for site in self.sites}
        push_month(self.lab, tokens, collector_port=COLLECTOR_PORT)

    def _wait_for_agent(self, site: str) -> None:
        ready = f"{self.addresses[f'agent-{site}']}/healthz"
        self.processes[f"agent-{site}"].wait_until(
            lambda: components.responds(ready), within_s=components.READY_S
        )

    def _write_agent(self, site: str) -> None:
        topology, folder = self.lab.topology, self.agent_folder(site)
        folder.mkdir(parents=True, exist_ok=True)
        token, ca = folder / "token", folder / "ca.pem"
        self._collector.create_token(site, token)
        ca.write_bytes(self.lab.ca_file.read_bytes())
        lab_site = topology.site(site)
        document = AgentDocument(
            site=site,
            title=lab_site.title,
            commune=lab_site.commune,
            commune_title=lab_site.commune_title,
            collector_url=f"https://collector.{DOMAIN}:{COLLECTOR_PORT}",
            token_file=token,
            ca_file=ca,
            state_dir=folder / "state",
            runtime_dir=folder / "run",
            page_listen=f"0.0.0.0:{AGENT_PAGE_PORT}",
            links=inventory.links_of(topology, site),
            targets=(*inventory.targets_of(topology, site), *self.options.equipment),
            probes=(
                *(self.options.probes or default_probes(ca)),
                *modem_probes(lab_site, self.lab),
            ),
            carriers=inventory.carriers_of(topology),
            push_every_s=self.options.push_every_s,
            judge=self.options.judge,
            spool=self.options.spool,
            site_config=self.options.site_config,
        )
        components.write_agent(document, folder / "agent.toml")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self._user, self._user)


@dataclass(frozen=True, slots=True)
class _NodeSpawn:
    """Starts commands inside a node; see ``process.Spawn``."""

    node: RunningNode
    user: int | None = None
    capabilities: tuple[str, ...] = ()
    boot: BootEnvironment = CURRENT_BOOT

    def __call__(
        self, command: Sequence[str], /, *, stdout: IO[bytes], stderr: int
    ) -> "subprocess.Popen[bytes]":
        # Setting up the boot's environment takes root, so privileges are dropped after it.
        given_up = as_user(self.user, self.capabilities)
        return self.node.popen(self.boot.wrap([*given_up, *command]), stdout=stdout, stderr=stderr)


def _user_for(folder: Path) -> int:
    """
    Return the user that runs the agents: an ordinary user, if that user can start our programs.

    In a checkout below root's home, or with an interpreter from there, no other user can; then the
    agent stays user 0 without any capability but CAP_NET_RAW, so that being root means nothing
    more.
    """
    if os.geteuid() != 0:
        raise StackError("agents can only be given to an ordinary user by root")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if not is_mapped(ORDINARY_USER):
        return 0  # an ordinary user's namespace has no other user
    test = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups"]
    # Through a shell: setpriv itself still has root's rights when it starts a program, and the
    # agent's workers do not.
    command = [
        *test,
        "--",
        "sh",
        "-c",
        '"$0" --help',
        components.installed_command("thongsuot-agent"),
    ]
    done = subprocess.run(command, cwd="/", capture_output=True, check=False)
    reaches_folder = subprocess.run([*test, "--", "test", "-x", str(folder)], check=False)
    return ORDINARY_USER if done.returncode == 0 == reaches_folder.returncode else 0
