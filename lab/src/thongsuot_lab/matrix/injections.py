"""What rows inject: faults of the lab, and events of a device, its processes and its clock."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.row import ActiveInjection, Injection, MatrixContext
from thongsuot_lab.stack.process import Process
from thongsuot_lab.topology.model import NodeRole

RESTART_DELAY_S = 1.5
"""From the end of a process to its next start: the delay of a service manager."""

FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"
"""Where Debian installs libfaketime, below the machine's own triplet."""


@dataclass(frozen=True, slots=True)
class _UntilReverted:
    """An active fault that needs no upkeep until it is reverted."""

    on_revert: Callable[[], None]

    def maintain(self, since_s: float) -> None:
        del since_s

    def revert(self) -> None:
        self.on_revert()


@dataclass(frozen=True, slots=True)
class LabFaults:
    """Faults of the lab: name and arguments, with ``{site}`` and similar placeholders filled in."""

    faults: tuple[tuple[str, Mapping[str, object]], ...]

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Apply them in order."""
        filled = [
            (name, {word: _fill_placeholders(value, place) for word, value in arguments.items()})
            for name, arguments in self.faults
        ]
        for name, arguments in filled:
            context.lab.fault(name, **arguments)

        def mend() -> None:
            for name, arguments in reversed(filled):
                context.lab.heal(name, **arguments)

        return _UntilReverted(mend)


def lab_fault(name: str, /, **arguments: object) -> LabFaults:
    """Return one fault of the lab as a break."""
    return LabFaults(((name, arguments),))


@dataclass(frozen=True, slots=True)
class RouterFailover:
    """
    The site's router switches to another of its lines by itself, and back at the end of the row.
    """

    wire: tuple[str, str]
    interface: str = "wan2"
    router: str = "{site}.router"

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Make it prefer the other line."""
        words = place.words()
        line = context.lab.topology.wire("--".join(end.format(**words) for end in self.wire))
        node = context.lab.node(self.router.format(**words))
        node.ip(f"route replace default via {line.b.v4[0].ip} dev {self.interface} metric 50")
        back = f"route flush 0.0.0.0/0 exact 0.0.0.0/0 dev {self.interface} metric 50"
        return _UntilReverted(lambda: node.ip(back))


@dataclass(frozen=True, slots=True)
class Staged:
    """A sequence of injections: seconds after the beginning, and what happens then."""

    steps: tuple[tuple[float, Injection], ...]

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Begin with the first injection."""
        active = _ActiveStaged(self.steps, context, place)
        active.maintain(0.0)
        return active


@dataclass(slots=True)
class _ActiveStaged:
    steps: tuple[tuple[float, Injection], ...]
    context: MatrixContext
    place: FaultLocation
    active: list[ActiveInjection] = field(default_factory=list)

    def maintain(self, since_s: float) -> None:
        for injected in self.active:
            injected.maintain(since_s)
        for at_s, injection in self.steps[len(self.active) :]:
            if at_s > since_s:
                break
            self.active.append(injection.inject(self.context, self.place))

    def revert(self) -> None:
        while self.active:
            self.active.pop().revert()


@dataclass(frozen=True, slots=True)
class CutWire:
    """
    Cut the wire between two nodes; ``{site}`` and similar placeholders may be part of their names.
    """

    ends: tuple[str, str]

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Cut it."""
        wire = "--".join(end.format(**place.words()) for end in self.ends)
        context.lab.cut(wire, key=wire)
        return _UntilReverted(lambda: context.lab.clear(key=wire))


def _fill_placeholders(value: object, place: FaultLocation) -> object:
    return value.format(**place.words()) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class BackgroundLoss:
    """Every line loses one echo in a thousand beyond what it loses anyway, as healthy lines do."""

    loss_ratio: float = 0.0005

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Apply the loss."""
        lines = [
            {"site": site, "link": link, "ratio": self.loss_ratio} for site, link in place.lines()
        ]
        return LabFaults(tuple(("loss", line) for line in lines)).inject(context, place)


@dataclass(frozen=True, slots=True)
class OwnDownload:
    """
    The site downloads something large, through the device: the load is visible in its counters.
    """

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Download from the first portal over the device's preferred uplink."""
        topology, key = context.lab.topology, f"own download {place.site}"
        portal = next(node.name for node in topology.nodes if node.role is NodeRole.PORTAL)
        device = topology.site(place.site).device
        context.lab.download(device, topology.addresses_of(portal)[0], key=key)
        return _UntilReverted(lambda: context.lab.clear(key=key))


@dataclass(frozen=True, slots=True)
class Failover:
    """The fixed line drops everything, and the device's own traffic goes over to 5G."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Break the line, then prefer the other uplink in both families."""
        device = context.lab.topology.site(place.site).device
        node = context.lab.node(device)
        shown = node.run(["ip", "-6", "route", "show", "default", "dev", "wwan0"]).stdout.split()
        routes = [
            "default via 192.168.8.1 dev wwan0 metric 1",
            f"default via {shown[shown.index('via') + 1]} dev wwan0 metric 1",
        ]
        line = lab_fault("access-black-hole", site="{site}", link="fixed").inject(context, place)
        node.ip(*(f"route add {route}" for route in routes))

        def mend() -> None:
            node.ip(*(f"route del {route}" for route in routes))
            line.revert()

        return _UntilReverted(mend)


@dataclass(frozen=True, slots=True)
class PowerCut:
    """The device, ONT and router lose power; when it returns the device boots again."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Cut it."""
        context.stack.expect_exit(place.site)
        # Before the wires: the device must not see its neighbours' link lights go out.
        context.lab.node(context.lab.topology.site(place.site).device).kill_all()
        dark = lab_fault("power-cut", site="{site}").inject(context, place)

        def mend() -> None:
            dark.revert()
            context.stack.reboot(place.site)

        return _UntilReverted(mend)


@dataclass(frozen=True, slots=True)
class AgentKill:
    """The agent is killed and restarted."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Kill it."""
        return _ActiveAgentKill(context, place.site)


@dataclass(slots=True)
class _ActiveAgentKill:
    context: MatrixContext
    site: str
    is_back: bool = False

    def __post_init__(self) -> None:
        process = self.context.stack.agent(self.site)
        self.context.stack.expect_exit(self.site)
        process.kill()

    def maintain(self, since_s: float) -> None:
        if since_s >= RESTART_DELAY_S and not self.is_back:
            self.context.stack.start_agent(self.site)
            self.is_back = True

    def revert(self) -> None:
        self.maintain(RESTART_DELAY_S)


@dataclass(frozen=True, slots=True)
class CpuStarvation:
    """
    Every agent is short of CPU: other processes use it, and now and then an agent gets none at all.
    """

    frozen_s: float = 1.2
    every_s: float = 4.0

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Start the other processes."""
        return _ActiveCpuStarvation(self, [context.stack.agent(site) for site in place.sites()])


@dataclass(slots=True)
class _ActiveCpuStarvation:
    injection: CpuStarvation
    agents: list[Process]
    busy_loops: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    is_frozen: bool = False

    def __post_init__(self) -> None:
        for agent in self.agents:
            os.setpriority(os.PRIO_PROCESS, agent.child.pid, 19)
        loop = [sys.executable, "-c", "while True: pass"]
        self.busy_loops.extend(subprocess.Popen(loop) for _ in range(2 * (os.cpu_count() or 1)))

    def maintain(self, since_s: float) -> None:
        wanted = since_s % self.injection.every_s < self.injection.frozen_s
        if wanted != self.is_frozen:
            self.is_frozen = wanted
            for agent in self.agents:
                agent.freeze() if wanted else agent.thaw()

    def revert(self) -> None:
        for other in self.busy_loops:
            other.kill()
            other.wait()
        for agent in self.agents:
            agent.thaw()
            os.setpriority(os.PRIO_PROCESS, agent.child.pid, 0)


@dataclass(frozen=True, slots=True)
class WrongClock:
    """
    The device boots with a wall clock that follows a script.

    ``script`` maps seconds after the start to the time as libfaketime reads it: ``@2019-03-01
    08:00:00`` starts there, ``+3600`` is an hour ahead, ``+0`` is correct. Intervals are measured
    by clocks that are not changed.
    """

    script: tuple[tuple[float, str], ...]

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Let the device boot with such a clock."""
        return _ActiveWrongClock(self, context, place.site)


@dataclass(slots=True)
class _ActiveWrongClock:
    injection: WrongClock
    context: MatrixContext
    site: str
    current_time_text: str = ""

    def __post_init__(self) -> None:
        process = self.context.stack.agent(self.site)
        self.context.stack.expect_exit(self.site)
        process.kill()
        self.maintain(0.0)
        self.context.stack.reboot(self.site, env=_faketime_env(self._file))

    @property
    def _file(self) -> Path:
        return self.context.folder / f"clock-{self.site}"

    def maintain(self, since_s: float) -> None:
        due = [text for at_s, text in self.injection.script if at_s <= since_s]
        if due[-1] != self.current_time_text:
            self.current_time_text = due[-1]
            # Atomically: a reader must never find half of it.
            new = self._file.with_suffix(".new")
            new.write_text(f"{self.current_time_text}\n", encoding="ascii")
            new.chmod(0o644)
            new.rename(self._file)

    def revert(self) -> None:
        self.maintain(self.injection.script[-1][0])


def libfaketime() -> Path | None:
    """Return where libfaketime is on this machine, ``None`` where it is not installed."""
    return next(iter(sorted(Path("/").glob(FAKETIME.removeprefix("/")))), None)


def _faketime_env(file: Path) -> dict[str, str]:
    library = libfaketime()
    assert library is not None, "rows that turn the clock are left out where it is not installed"
    return {
        "LD_PRELOAD": str(library),
        # Otherwise a process that was root when it loaded the library would share memory that it
        # may not open.
        "FAKETIME_DISABLE_SHM": "1",
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
