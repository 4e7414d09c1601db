"""
A running lab: build it, use it, break it, take it down.

    with Lab(city(sites=3)) as lab:
        lab.fault("cut-fibre", site="s1")
        lab.node("s1.device").run(["ip", "address"])
        lab.heal("cut-fibre", site="s1")

Three processes carry it: the keeper (``spaces.keeper``), the wires and the services. They hold all
of its state, so another process can attach by prefix and do the same things.
"""

import json
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from thongsuot_lab import control, rundir
from thongsuot_lab.active_faults import ActiveFault, ActiveFaults
from thongsuot_lab.errors import LabError, UnknownLabError
from thongsuot_lab.facts import LabFacts, LabState, lab_facts
from thongsuot_lab.joins import join_requests
from thongsuot_lab.node import RunningNode
from thongsuot_lab.node_config import SILENT_SYSCTLS, WIRES_NAMESPACE, node_configs, wire_lines
from thongsuot_lab.runtime import LabRuntime
from thongsuot_lab.spaces.enter import feed, inside, set_sysctls
from thongsuot_lab.spaces.privilege import is_mapped
from thongsuot_lab.topology import serialization
from thongsuot_lab.topology.model import PING_GROUPS, Impairment, Node, Topology
from thongsuot_lab.wires.impairments import to_json
from thongsuot_lab.wires.kernel import has_netem
from thongsuot_lab.wires.report import WiresReport

# Keeps each request below the maximum message size.
WIRES_A_REQUEST: Final = 250


class Lab:
    """
    One lab.

    Args:
        topology: its nodes and wires.
        prefix: its name among the labs of this machine; None for a new, unique one.
        mechanism: ``netem`` or ``userspace``; None for netem where the kernel has it.
    """

    def __init__(
        self, topology: Topology, *, prefix: str | None = None, mechanism: str | None = None
    ) -> None:
        self.topology = topology
        self.prefix = prefix or ""
        self.mechanism = mechanism or ""
        self._runtime: LabRuntime | None = None

    def __enter__(self) -> Self:
        """Build the lab."""
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the lab down."""
        self.down()

    @property
    def _base(self) -> LabRuntime:
        if self._runtime is None:
            raise LabError(f"lab {self.prefix or '(new)'} is not up")
        return self._runtime

    @property
    def run_dir(self) -> Path:
        """The directory of the running lab's sockets, logs and certificates."""
        return self._base.run_dir

    @property
    def wires_network(self) -> str:
        """The network namespace in which the middles of all wires lie, as a path."""
        return self._base.network(WIRES_NAMESPACE)

    # Building and ending

    def up(self) -> None:
        """
        Build the lab. Prints nothing, and leaves nothing behind if the lab cannot be built.

        Raises:
            BuildError: the kernel refused a step.
        """
        run_dir = rundir.create(self.prefix or None)
        self.prefix = run_dir.name
        nodes = [WIRES_NAMESPACE, *(node.name for node in self.topology.nodes)]
        try:
            self._runtime = LabRuntime.start(run_dir, nodes)
            self._assemble()
        except BaseException:
            self.down()
            rundir.remove(run_dir)
            raise

    def _assemble(self) -> None:
        base = self._base
        if not self.mechanism:
            netem_here = inside(base.network(WIRES_NAMESPACE), has_netem)
            self.mechanism = "netem" if netem_here else "userspace"
        # They start up while the nodes are built.
        wires = base.start_part(
            "wires",
            "thongsuot_lab.wires.process",
            self.mechanism,
            network=base.network(WIRES_NAMESPACE),
        )
        services = base.start_part("services", "thongsuot_lab.services.process")
        self._build_nodes()
        base.await_part("wires", wires)
        self._lay_wires()
        base.await_part("services", services)
        self._serve()
        state = {
            "keeper_pid": base.keeper_pid,
            "descriptors": base.descriptors,
            "mechanism": self.mechanism,
            "topology": serialization.to_json(self.topology),
        }
        (base.run_dir / rundir.STATE).write_text(json.dumps(state))

    def _build_nodes(self) -> None:
        config_by_node = node_configs(self.topology)
        set_sysctls(self._base.network(WIRES_NAMESPACE), SILENT_SYSCTLS)
        for node in self.topology.nodes:
            set_sysctls(self._base.network(node.name), _possible(config_by_node[node.name].sysctls))
            self._write_etc(node)
        paths = {node.name: self._base.network(node.name) for node in self.topology.nodes}
        feed(
            self._base.network(WIRES_NAMESPACE),
            ["ip", "-batch", "-"],
            wire_lines(self.topology, paths),
        )
        for node in self.topology.nodes:
            feed(paths[node.name], ["ip", "-batch", "-"], config_by_node[node.name].ip_lines)
            feed(paths[node.name], ["nft", "-f", "-"], config_by_node[node.name].nft_lines)

    def _write_etc(self, node: Node) -> None:
        etc = self.run_dir / "etc" / node.name
        etc.mkdir(parents=True)
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {node.name}\n")
        servers = "".join(f"nameserver {server}\n" for server in node.nameservers)
        (etc / "resolv.conf").write_text(servers or "# this node resolves no names\n")

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
                        "servers": serialization.servers_to_json(node.servers),
                        "names": self.topology.names,
                        **self._place(node.name),
                    }
                )
            for request in join_requests(node, self._base.network):
                self._ask_services(request)

    def detach(self) -> None:
        """Let the lab continue when this process ends."""
        self._base.detach()

    @classmethod
    def attach(cls, prefix: str) -> "Lab":
        """
        Return a handle on a lab that another process built.

        Raises:
            UnknownLabError: no lab with this prefix is running.
        """
        run_dir = rundir.home() / prefix
        if not rundir.is_alive(run_dir) or not (run_dir / rundir.STATE).exists():
            known = ", ".join(rundir.running()) or "none"
            raise UnknownLabError(f"no lab {prefix!r} is running; running: {known}")
        state = json.loads((run_dir / rundir.STATE).read_text())
        lab = cls(
            serialization.from_json(state["topology"]), prefix=prefix, mechanism=state["mechanism"]
        )
        lab._runtime = LabRuntime(run_dir, state["keeper_pid"], state["descriptors"])
        return lab

    def down(self) -> None:
        """End every process and namespace of the lab. Safe to repeat."""
        if self._runtime is not None:
            self._runtime.end()
            self._runtime = None
        rundir.remove_dead()

    # Using it

    def node(self, name: str) -> RunningNode:
        """
        Return a node, to run programs in.

        Raises:
            TopologyError: there is no node of this name.
        """
        self.topology.node(name)
        return RunningNode(
            name=name,
            network=self._base.network(name),
            processes=self._base.processes,
            etc=self.run_dir / "etc" / name,
            started=self._base.started,
        )

    def facts(self) -> LabFacts:
        """
        Return namespaces, addresses, names, certificate authority and active faults as plain data.
        """
        state = LabState(
            prefix=self.prefix,
            mechanism=self.mechanism,
            run_dir=self.run_dir,
            ca_file=self.ca_file,
            network_of=self._base.network,
            fault_keys=[fault.key for fault in self.active_faults()],
        )
        return lab_facts(self.topology, state)

    # Breaking wires

    def _ask_wires(self, request: control.ControlRequest) -> control.ControlReply:
        return control.call(self.run_dir / "wires.sock", request)

    def impair(
        self,
        wire: str,
        a_to_b: Impairment | None = None,
        b_to_a: Impairment | None = None,
        *,
        key: str = "by hand",
    ) -> None:
        """
        Add an impairment to the wire's own one; None leaves a direction unchanged.

        An earlier impairment with the same ``key`` is replaced.
        """
        request: control.ControlRequest = {"do": "overlay", "wire": wire, "key": key}
        for name, impairment in (("a_to_b", a_to_b), ("b_to_a", b_to_a)):
            request[name] = None if impairment is None else to_json(impairment)
        self._ask_wires(request)

    def cut(self, wire: str, *, key: str = "by hand") -> None:
        """Take the carrier of a wire down: both ends see an unplugged cable."""
        self._ask_wires({"do": "cut", "wire": wire, "key": key})

    def clear(self, *, key: str = "by hand") -> None:
        """Undo everything that was done to wires and servers with this key."""
        # The services first: they may be flapping a wire.
        self._ask_services({"do": "clear", "key": key})
        self._ask_wires({"do": "clear", "key": key})

    def flap(self, wire: str, every_s: float, *, key: str = "by hand") -> None:
        """
        Cut a wire for the first half of each period and restore it for the second, until cleared.
        """
        socket = str(self.run_dir / "wires.sock")
        self._ask_services(
            {"do": "flap", "wires": socket, "wire": wire, "every_s": every_s, "key": key}
        )

    def wires_report(self) -> WiresReport:
        """
        Return the state of each wire, with the frames that arrived, were lost, or met a full queue.
        """
        return msgspec.convert(self._ask_wires({"do": "report"}), WiresReport)

    # Faults

    def fault(self, name: str, **arguments: object) -> str:
        """
        Apply a fault; repeating it changes nothing. Return the key under which it is active.

        Raises:
            UnknownFaultError: no such fault, or an argument that it does not have.
            TopologyError: an argument names something that is not in the topology.
        """
        return self._faults.apply(name, arguments)

    def heal(self, name: str | None = None, **arguments: object) -> list[str]:
        """Undo every active fault of this name with these arguments; without a name, all faults."""
        return self._faults.heal(name, arguments)

    def active_faults(self) -> list[ActiveFault]:
        """Return all active faults, no matter which process applied them, oldest first."""
        return self._faults.active()

    @property
    def _faults(self) -> ActiveFaults:
        return ActiveFaults(self)

    # Servers

    def _place(self, node: str) -> control.ControlRequest:
        return {
            "node": node,
            "network": self._base.network(node),
            "addresses": list(self.topology.addresses_of(node)),
        }

    def _ask_services(self, request: control.ControlRequest) -> control.ControlReply:
        return control.call(self.run_dir / "services.sock", request)

    def behave(self, node: str, *, key: str = "by hand", **changes: object) -> None:
        """
        Make the server of a node misbehave; see ``services.behaviour`` for the changes.

        Raises:
            LabError: the node has no server, or the server does not support this change.
        """
        self._ask_services({"do": "behave", "node": node, "key": key, "changes": changes})

    def download(self, node: str, address: str, port: int = 80, *, key: str = "by hand") -> None:
        """Download from a portal's address into a node, until cleared."""
        request: control.ControlRequest = {"do": "download", "key": key, "to": [address, port]}
        self._ask_services({**request, **self._place(node)})

    def announce(self, node: str, interface: str, address: str, *, key: str = "by hand") -> None:
        """Let a node tell its LAN every second that it has an IPv4 address, until cleared."""
        request: control.ControlRequest = {"do": "announce", "key": key}
        subject: control.ControlRequest = {"interface": interface, "address": address}
        self._ask_services({**request, **subject, "network": self._base.network(node)})

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signs every server of the lab, as a PEM file."""
        return self.run_dir / "ca.pem"

    def certificate(self, *names: str) -> tuple[Path, Path]:
        """
        Issue a certificate of the lab's authority for these host names: PEM files of chain and key.
        """
        answer = self._ask_services({"do": "certify", "names": list(names)})
        return Path(str(answer["certificate"])), Path(str(answer["key"]))

    def expose(
        self, node: str, port: int, *, address: str = "127.0.0.1", local_port: int = 0
    ) -> int:
        """
        Make a TCP port of a node reachable at 127.0.0.1 of this machine; return the local port.

        Args:
            node: the node that listens.
            port: the port at the node.
            address: address of the node, if it does not listen on its loopback.
            local_port: the local port; 0 for any free one.

        Raises:
            LabError: the local port is in use.
        """
        request: control.ControlRequest = {"do": "forward", "port": port, "wanted": local_port}
        answer = self._ask_services({**request, **self._place(node), "address": address})
        assert isinstance(answer["port"], int)
        return answer["port"]


def _possible(sysctls: dict[str, str]) -> dict[str, str]:
    """
    Return the same settings without those that a user namespace with only root's group cannot set.
    """
    if is_mapped(1):
        return sysctls
    return {key: "0 0" if key == PING_GROUPS else value for key, value in sysctls.items()}
