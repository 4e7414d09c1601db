"""
Machines as network namespaces: their cables, their services, and their faults.

``m1`` and ``m2`` hold a collector and a PostgreSQL each, ``m3`` the monitor of the failover and the
watcher. Every two are joined by a cable of their own, so that any two may be separated. ``sites``
holds everything else: devices, the carrier's desk, and the single collector.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import IO

from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode
from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import Node, NodeRole, Topology

ADDRESSES = {"m1": "10.99.0.1", "m2": "10.99.0.2", "m3": "10.99.0.3", "sites": "10.99.0.9"}
NETWORK = "10.99.0.0/24"
CLUSTER = ("m1", "m2", "m3")

RESTART_S = 1.0
"""systemd's RestartSec of the units: a second."""

_TEND_EVERY_S = 0.05
_ASK_EVERY_S = 0.2
"""To ask servers costs them and this process the CPU that what is waited for needs."""

_STOP_S = 10.0
_DISABLE_S = 60.0
"""Data that is compared afterwards must be on the disk, however slow the machine is."""

# A node's program has a mount namespace of its own.
_MOUNT = """
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""


def topology() -> Topology:
    """Return the machines, every two of them joined; a cable is named like ``m1--m2``."""
    builder = TopologyBuilder()
    cables = list(combinations(ADDRESSES, 2))
    for name, address in ADDRESSES.items():
        lines = [f"addr add {address}/32 dev lo"]
        for number, ends in enumerate(cables):
            if name in ends:
                (other,) = set(ends) - {name}
                far = _end_address(number, ends.index(other))
                lines.append(f"route add {ADDRESSES[other]}/32 via {far} src {address}")
        builder.add(Node(name=name, role=NodeRole.HOST, ip_lines=tuple(lines)))
    for number, (first, second) in enumerate(cables):
        builder.wire(
            wire_end(f"{first}:to-{second}", f"{_end_address(number, 0)}/30"),
            wire_end(f"{second}:to-{first}", f"{_end_address(number, 1)}/30"),
            name=cable(first, second),
        )
    return builder.build()


def cable(first: str, second: str) -> str:
    """Return the name of the cable between two machines."""
    return "--".join(sorted((first, second), key=list(ADDRESSES).index))


def _end_address(number: int, end: int) -> str:
    return f"10.99.{100 + number}.{1 + end}"


@dataclass
class Service:
    """
    A program that a machine keeps running, as systemd does.

    ``user`` is the user that runs it, empty for the current one. Processes that remain after its
    first process has ended are recognized by that user, and killed before it is restarted. One that
    is not ``is_kept`` runs once.
    """

    name: str
    argv: Sequence[str]
    folder: Path
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    log_folder: Path | None = None
    is_kept: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    ended_s: float = 0.0
    starts: int = 0

    @property
    def log(self) -> Path:
        """The file of its output."""
        return (self.log_folder or self.folder) / f"{self.name}.log"

    @property
    def is_running(self) -> bool:
        """Whether its first process is alive."""
        return self.process is not None and self.process.poll() is None


class Machine:
    """One machine: started, kept running, cut off, removed."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.name = name
        self.address = ADDRESSES[name]
        self.node: RunningNode = lab.node(name)
        self.services: dict[str, Service] = {}
        self.is_on = True
        self.died_by_itself: list[str] = []
        self._struck: set[int] = set()

    def add(self, service: Service) -> Service:
        """Install a service, and start it."""
        self.services[service.name] = service
        self._start(service)
        return service

    def tend(self) -> None:
        """Restart services that have ended, after a second."""
        if not self.is_on:
            return
        for service in self.services.values():
            if service.is_running or (service.starts and not service.is_kept):
                continue
            if service.process is not None:
                if service.process.pid not in self._struck:
                    self.died_by_itself.append(
                        f"{self.name} {service.name}: status {service.process.returncode}"
                    )
                service.process = None
                service.ended_s = time.monotonic()
                self._end_rest(service)
            if time.monotonic() - service.ended_s >= RESTART_S:
                self._start(service)

    def processes(self) -> list[int]:
        """Return the processes that may be hit: those of the services and their children."""
        return [pid for pid in self.node.pids() if command_of(pid)]

    def strike(self, pid: int, how: signal.Signals) -> bool:
        """
        Send a signal to a process; if its service ends because of it, that is expected. Returns
        whether the process was still there: those of PostgreSQL come and go.
        """
        owner = self._service_of(pid)
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return False
        self._struck.add(pid)
        if owner is not None and owner.process is not None:
            # A program may end by itself because one of its processes was killed.
            self._struck.add(owner.process.pid)
        return True

    def resume(self, pid: int) -> None:
        """Continue a process that was stopped."""
        _continue(pid)

    def power_off(self) -> None:
        """End every process at once."""
        self.is_on = False
        self._struck |= {
            service.process.pid for service in self.services.values() if service.process is not None
        }
        self.node.kill_all()
        for service in self.services.values():
            if service.process is not None:
                service.process.wait()
                service.process = None

    def power_on(self) -> None:
        """Start every service, as at boot."""
        self.is_on = True
        for service in self.services.values():
            self._start(service)

    def stop(self) -> None:
        """Stop the services as an operator does; at the end of the run."""
        self.is_on = False
        _stop(list(self.services.values()), patience_s=_STOP_S)

    def disable(self, name: str) -> None:
        """Stop a service, which is not restarted then; it ends in its own time."""
        service = self.services[name]
        service.is_kept = False
        _stop([service], patience_s=_DISABLE_S)

    def _service_of(self, pid: int) -> Service | None:
        user = user_of(pid)
        return next(
            (service for service in self.services.values() if _uid(service.user) == user), None
        )

    def _end_rest(self, service: Service) -> None:
        """Kill what a service has left behind, as systemd kills what is in its control group."""
        if not service.user:
            return
        for pid in self.node.pids():
            if user_of(pid) == _uid(service.user):
                _kill(pid)

    def _start(self, service: Service) -> None:
        service.starts += 1
        become = (
            ["setpriv", f"--reuid={service.user}", f"--regid={service.user}", "--clear-groups"]
            if service.user
            else []
        )
        with service.log.open("ab") as log:
            service.process = self.popen(
                [*become, *service.argv],
                environment={**os.environ, **service.environment},
                mounts=service.mounts,
                folder=service.folder,
                output=log,
            )

    def popen(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        mounts: Mapping[str, Path],
        folder: Path,
        output: IO[bytes],
    ) -> "subprocess.Popen[bytes]":
        """Start a program that sees its own folders at the paths in ``mounts``."""
        bound = [word for place, source in mounts.items() for word in (str(source), place)]
        return self.node.popen(
            ["sh", "-ec", _MOUNT, "sh", *bound, "--", *argv] if bound else argv,
            env=dict(environment),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


class Play:
    """The running machines; ``wait`` lets time pass and keeps services running."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.machines = {name: Machine(lab, name) for name in ADDRESSES}
        self.began_s = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.wait_until(lambda: False, within_s=seconds)

    def wait_until(self, condition: Callable[[], bool], *, within_s: float) -> bool:
        """Return whether a condition has become true in time."""
        deadline_s = time.monotonic() + within_s
        ask_s = 0.0
        while True:
            for machine in self.machines.values():
                machine.tend()
            now_s = time.monotonic()
            if now_s >= ask_s:
                if condition():
                    return True
                ask_s = time.monotonic() + _ASK_EVERY_S
            if now_s >= deadline_s:
                return False
            time.sleep(_TEND_EVERY_S)

    def need(self, condition: Callable[[], bool], what: str, *, within_s: float) -> None:
        """
        Wait for a condition that must become true.

        Raises:
            TimeoutError: it did not.
        """
        if not self.wait_until(condition, within_s=within_s):
            raise TimeoutError(f"{what}: not within {within_s:g} s")

    def cut(self, first: str, second: str) -> None:
        """Unplug the cable between two machines."""
        name = cable(first, second)
        self.lab.cut(name, key=name)

    def join(self, first: str, second: str) -> None:
        """Plug it in again."""
        self.lab.clear(key=cable(first, second))

    def cut_off(self, name: str) -> None:
        """Unplug every cable of a machine."""
        for other in ADDRESSES:
            if other != name:
                self.cut(name, other)

    def reconnect(self, name: str) -> None:
        """Plug them in again."""
        for other in ADDRESSES:
            if other != name:
                self.join(name, other)

    def take_away(self, name: str) -> None:
        """Lose a machine: its processes and its cables at once."""
        self.cut_off(name)
        self.machines[name].power_off()

    def bring_back(self, name: str) -> None:
        """Boot it again."""
        self.reconnect(name)
        self.machines[name].power_on()

    def close(self) -> None:
        """End everything."""
        for machine in self.machines.values():
            for pid in machine.node.pids():
                _continue(pid)
        for machine in self.machines.values():
            machine.stop()


def python_program(name: str) -> str:
    """Return the path of a program of this environment."""
    return str(Path(sys.executable).with_name(name))


def command_of(pid: int) -> str:
    """Return the description of a process; empty when it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().split()
    except OSError:
        return ""
    return " ".join(Path(word).name if "/" in word else word for word in words[:4])


def user_of(pid: int) -> int:
    """Return the user of a process; -1 when it is gone."""
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def _stop(services: Sequence[Service], *, patience_s: float) -> None:
    """Terminate services; kill those that have not ended in time."""
    processes = [service.process for service in services if service.process is not None]
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _uid(user: str) -> int:
    return int(subprocess.check_output(["id", "-u", user])) if user else os.geteuid()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was gone already


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return  # it was gone already
