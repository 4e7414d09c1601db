"""
A running lab: building it, reaching into it, breaking it, taking it down.

    with Lab(city(sites=3)) as lab:
        lab.node("s1.device").run(["ip", "address"])

Three processes carry it: the keeper (see ``spaces.keeper``), the wires and, where the topology has
servers, the services. Their state is all there is, so another process can attach by prefix.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from thongsuot_lab import control, rundir
from thongsuot_lab.build import SILENT, WIRES, plans_of, wire_lines
from thongsuot_lab.errors import BuildError, LabError, UnknownLabError
from thongsuot_lab.node import RunningNode
from thongsuot_lab.spaces.enter import entered, feed, in_thread, set_sysctls, start_inside
from thongsuot_lab.spaces.syscalls import CLONE_NEWPID, unshare
from thongsuot_lab.topology.model import Impairment, Node, Topology
from thongsuot_lab.wires.impairments import to_json
from thongsuot_lab.wires.kernel import has_netem

STATE: Final = "state.json"
END_S: Final = 10.0
# So that no request outgrows a message.
WIRES_A_REQUEST: Final = 250


class Lab:
    """
    One lab.

    Args:
        topology: what it consists of.
        prefix: its name among the labs of this machine; None for a new, unique one.
        mechanism: ``netem`` or ``userspace``; None for netem where the kernel has it.
    """

    def __init__(
        self, topology: Topology, *, prefix: str | None = None, mechanism: str | None = None
    ) -> None:
        self.topology = topology
        self.prefix = prefix or ""
        self.mechanism = mechanism or ""
        self.run_dir = Path()
        self._keeper_pid = 0
        self._descriptors: dict[str, int] = {}
        # What this process started itself: nothing, in one that attached.
        self._keeper: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        """Build it."""
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it down."""
        self.down()

    # Building and ending

    def up(self) -> None:
        """
        Build the lab. Nothing is printed, and nothing stays behind if it cannot be built.

        Raises:
            CapabilityError: this machine cannot hold a lab.
            BuildError: the kernel refused a step.
        """
        self.run_dir = rundir.claim(self.prefix or None)
        self.prefix = self.run_dir.name
        try:
            self._start_keeper()
            starting = self._start_processes()
            self._build_nodes()
            for name, process in starting.items():
                self._await_ready(name, process)
            self._lay_wires()
            self._serve()
            self._save()
        except BaseException:
            self.down()
            raise

    def _start_keeper(self) -> None:
        owner = os.pidfd_open(os.getpid())

        def start() -> "subprocess.Popen[bytes]":
            unshare(CLONE_NEWPID)
            return subprocess.Popen(
                [sys.executable, "-m", "thongsuot_lab.spaces.keeper", str(owner)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(owner,),
                start_new_session=True,
            )

        try:
            keeper = in_thread(start)
        finally:
            os.close(owner)
        self._keeper = keeper
        self._keeper_pid = keeper.pid
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        nodes = [WIRES, *(node.name for node in self.topology.nodes)]
        order = {"run_dir": str(self.run_dir), "nodes": nodes}
        keeper.stdin.write(json.dumps(order).encode() + b"\n")
        keeper.stdin.flush()
        with keeper.stdout:
            answer = keeper.stdout.readline()
        if not answer:
            raise BuildError(f"the keeper ended with status {keeper.wait()}, see its output")
        self._descriptors = json.loads(answer)["namespaces"]

    def _build_nodes(self) -> None:
        plans = plans_of(self.topology)
        set_sysctls(self._network(WIRES), SILENT)
        for node in self.topology.nodes:
            set_sysctls(self._network(node.name), plans[node.name].sysctls)
            self._write_etc(node)
        paths = {node.name: self._network(node.name) for node in self.topology.nodes}
        feed(self._network(WIRES), ["ip", "-batch", "-"], wire_lines(self.topology, paths))
        for node in self.topology.nodes:
            feed(paths[node.name], ["ip", "-batch", "-"], plans[node.name].ip_lines)
            feed(paths[node.name], ["nft", "-f", "-"], plans[node.name].nft_lines)

    def _write_etc(self, node: Node) -> None:
        etc = self.run_dir / "etc" / node.name
        etc.mkdir(parents=True)
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {node.name}\n")
        servers = "".join(f"nameserver {server}\n" for server in node.nameservers)
        (etc / "resolv.conf").write_text(servers or "# this node resolves no names\n")

    def _start_processes(self) -> "dict[str, subprocess.Popen[bytes]]":
        """Start the wires, and the services if there are any; they get ready meanwhile."""
        if not self.mechanism:
            with entered(self._network(WIRES)):
                self.mechanism = "netem" if has_netem() else "userspace"
        return {
            "wires": self._start(
                "wires", "thongsuot_lab.wires.process", self.mechanism, network=self._network(WIRES)
            ),
            "services": self._start(
                "services", "thongsuot_lab.services.process", network="/proc/self/ns/net"
            ),
        }

    def _lay_wires(self) -> None:
        wires = [
            {"name": wire.name, "a_to_b": to_json(wire.a_to_b), "b_to_a": to_json(wire.b_to_a)}
            for wire in self.topology.wires
        ]
        for first in range(0, len(wires), WIRES_A_REQUEST):
            self._ask_wires({"do": "lay", "wires": wires[first : first + WIRES_A_REQUEST]})

    def _serve(self) -> None:
        for node in self.topology.nodes:
            if node.servers:
                self._ask_services(
                    {
                        "do": "serve",
                        "servers": msgspec.to_builtins(node.servers),
                        "names": self.topology.names,
                        **self._place(node.name),
                    }
                )

    def _start(
        self, name: str, module: str, *arguments: str, network: str
    ) -> "subprocess.Popen[bytes]":
        """Start one of the lab's own processes."""
        with (self.run_dir / f"{name}.log").open("wb") as log:

            def start() -> "subprocess.Popen[bytes]":
                return subprocess.Popen(
                    [sys.executable, "-m", module, str(self.run_dir / f"{name}.sock"), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )

            process = start_inside(start, network=network, processes=self._process_space)
        self._started.append(process)
        return process

    def _await_ready(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Wait until one of the lab's own processes says that it is ready."""
        assert process.stdout is not None
        with process.stdout:
            is_ready = process.stdout.readline() == b"ready\n"
        if not is_ready:
            process.wait()
            said = (self.run_dir / f"{name}.log").read_text()
            raise BuildError(f"the lab's {name} process did not start:\n{said}")

    def _save(self) -> None:
        state = {
            "keeper_pid": self._keeper_pid,
            "mechanism": self.mechanism,
            "namespaces": self._descriptors,
        }
        (self.run_dir / STATE).write_text(json.dumps(state))

    def detach(self) -> None:
        """Let the lab live on when this process ends."""
        keeper = self._keeper
        if keeper is None or keeper.stdin is None:
            raise LabError(f"lab {self.prefix} was not started by this process")
        keeper.stdin.write(b"detach\n")
        keeper.stdin.flush()

    @classmethod
    def attach(cls, topology: Topology, prefix: str) -> "Lab":
        """
        A handle on a lab that another process built.

        Raises:
            UnknownLabError: none with this prefix is alive.
        """
        run_dir = rundir.home() / prefix
        if not rundir.is_alive(run_dir):
            known = ", ".join(rundir.running()) or "none"
            raise UnknownLabError(f"no lab {prefix!r} is running; running: {known}")
        state = json.loads((run_dir / STATE).read_text())
        lab = cls(topology, prefix=prefix, mechanism=state["mechanism"])
        lab.run_dir = run_dir
        lab._keeper_pid = state["keeper_pid"]
        lab._descriptors = state["namespaces"]
        return lab

    def down(self) -> None:
        """End every process and namespace of the lab. Safe to repeat."""
        if self._keeper_pid:
            with suppress(ProcessLookupError):
                os.kill(self._keeper_pid, 15)
        # The first process of a PID namespace is not gone before every other one in it was waited
        # for, and those that this process started, only it can wait for: so the keeper comes last.
        for process in (*self._started, *([self._keeper] if self._keeper else [])):
            process.wait(END_S)
        if self._keeper is not None:
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
        self._started = []
        self._keeper = None
        self._keeper_pid = 0
        rundir.sweep()

    # Reaching into it

    def _network(self, node: str) -> str:
        return f"/proc/{self._keeper_pid}/fd/{self._descriptors[node]}"

    @property
    def _process_space(self) -> str:
        return f"/proc/{self._keeper_pid}/ns/pid"

    def node(self, name: str) -> RunningNode:
        """
        A node, to run things in.

        Raises:
            TopologyError: there is none of this name.
        """
        self.topology.node(name)
        return RunningNode(
            name=name,
            network=self._network(name),
            processes=self._process_space,
            etc=self.run_dir / "etc" / name,
            started=self._started,
        )

    # Breaking wires

    def _ask_wires(self, request: control.Request) -> control.Answer:
        return control.ask(self.run_dir / "wires.sock", request)

    def impair(
        self,
        wire: str,
        a_to_b: Impairment | None = None,
        b_to_a: Impairment | None = None,
        *,
        key: str = "by hand",
    ) -> None:
        """
        Lay an impairment on top of what a wire does anyway; None leaves a direction alone.

        The same ``key`` replaces what it laid before.
        """
        request: control.Request = {"do": "overlay", "wire": wire, "key": key}
        for name, one in (("a_to_b", a_to_b), ("b_to_a", b_to_a)):
            request[name] = None if one is None else to_json(one)
        self._ask_wires(request)

    def cut(self, wire: str, *, key: str = "by hand") -> None:
        """Take a wire's carrier away: both ends see an unplugged cable."""
        self._ask_wires({"do": "cut", "wire": wire, "key": key})

    def clear(self, *, key: str = "by hand") -> None:
        """Undo everything that was done to wires and servers with this key."""
        self._ask_wires({"do": "clear", "key": key})
        self._ask_services({"do": "clear", "key": key})

    def wires_report(self) -> control.Answer:
        """What each wire does now, and how many frames arrived, were lost, found a full queue."""
        return self._ask_wires({"do": "report"})

    # Servers

    def _place(self, node: str) -> control.Request:
        return {
            "node": node,
            "network": self._network(node),
            "addresses": list(self.topology.addresses_of(node)),
        }

    def _ask_services(self, request: control.Request) -> control.Answer:
        return control.ask(self.run_dir / "services.sock", request)

    def behave(self, node: str, *, key: str = "by hand", **changes: object) -> None:
        """
        Make the server of a node misbehave; see ``services.behaviour`` for the changes.

        Raises:
            LabError: nothing serves there, or not such a change.
        """
        self._ask_services({"do": "behave", "node": node, "key": key, "changes": changes})

    def download(self, node: str, address: str, port: int = 80, *, key: str = "by hand") -> None:
        """Download from a portal's address into a node, until cleared."""
        request: control.Request = {"do": "download", "key": key, "to": [address, port]}
        self._ask_services({**request, **self._place(node)})

    @property
    def ca_file(self) -> Path:
        """The certificate authority of every server in the lab, as a PEM file."""
        return self.run_dir / "ca.pem"

    def certificate(self, *names: str) -> tuple[Path, Path]:
        """A certificate of the lab's authority for these host names: PEM files of chain and key."""
        answer = self._ask_services({"do": "certify", "names": list(names)})
        return Path(str(answer["certificate"])), Path(str(answer["key"]))

    def expose(
        self, node: str, port: int, *, address: str = "127.0.0.1", local_port: int = 0
    ) -> int:
        """
        Make a TCP port of a node reachable at 127.0.0.1 of this machine; returns the port there.

        Args:
            node: where it is.
            port: which one there.
            address: of the node, if it does not listen on its own loopback.
            local_port: wanted here; 0 for any free one.

        Raises:
            LabError: the wanted port is taken.
        """
        request: control.Request = {"do": "door", "port": port, "wanted": local_port}
        answer = self._ask_services({**request, **self._place(node), "address": address})
        assert isinstance(answer["port"], int)
        return answer["port"]


def describe(topology: Topology) -> str:
    """A topology as JSON text."""
    return msgspec.json.encode(topology).decode()
