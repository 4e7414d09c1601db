"""What rows do: faults of the lab, and what happens to a device, its processes and its clock."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_lab.matrix.place import Place
from thongsuot_lab.matrix.row import Broken
from thongsuot_lab.matrix.stage import Stage
from thongsuot_lab.stack.process import Process
from thongsuot_lab.topology.model import Role

DOWN_S = 1.5
"""From the end of a process to its next start: what a service manager waits."""

FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"
"""Where Debian puts libfaketime, below the machine's own triplet."""


@dataclass(frozen=True, slots=True)
class _Until:
    """Something broken that needs no keeping."""

    mended: Callable[[], None]

    def keep(self, since_s: float) -> None:
        del since_s

    def mend(self) -> None:
        self.mended()


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults of the lab: name and arguments, in which ``{site}`` and the like are filled in."""

    faults: tuple[tuple[str, Mapping[str, object]], ...]

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Apply them in order."""
        filled = [
            (name, {word: _fill(value, place) for word, value in arguments.items()})
            for name, arguments in self.faults
        ]
        for name, arguments in filled:
            stage.lab.fault(name, **arguments)

        def mend() -> None:
            for name, arguments in reversed(filled):
                stage.lab.heal(name, **arguments)

        return _Until(mend)


def fault(name: str, /, **arguments: object) -> Faults:
    """Return one fault of the lab as a break."""
    return Faults(((name, arguments),))


def _fill(value: object, place: Place) -> object:
    return value.format(**place.words()) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Noise:
    """Every line loses one echo in a thousand beyond what it loses anyway, as healthy lines do."""

    loss_ratio: float = 0.0005

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Let them lose."""
        lines = [
            {"site": site, "link": link, "ratio": self.loss_ratio} for site, link in place.lines()
        ]
        return Faults(tuple(("loss", line) for line in lines)).begin(stage, place)


@dataclass(frozen=True, slots=True)
class OwnDownload:
    """The site downloads something large, through the device: its counters can tell."""

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Download from the first portal, by the device's preferred way out."""
        topology, key = stage.lab.topology, f"own download {place.site}"
        portal = next(node.name for node in topology.nodes if node.role is Role.PORTAL)
        device = topology.site(place.site).device
        stage.lab.download(device, topology.addresses_of(portal)[0], key=key)
        return _Until(lambda: stage.lab.clear(key=key))


@dataclass(frozen=True, slots=True)
class FailOver:
    """The fixed line drops everything, and the device's own traffic goes over to 5G."""

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Break the line, then prefer the other way out in both families."""
        device = stage.lab.topology.site(place.site).device
        node = stage.lab.node(device)
        shown = node.run(["ip", "-6", "route", "show", "default", "dev", "wwan0"]).stdout.split()
        routes = [
            "default via 192.168.8.1 dev wwan0 metric 1",
            f"default via {shown[shown.index('via') + 1]} dev wwan0 metric 1",
        ]
        line = fault("access-blackhole", site="{site}", link="fixed").begin(stage, place)
        node.ip(*(f"route add {route}" for route in routes))

        def mend() -> None:
            node.ip(*(f"route del {route}" for route in routes))
            line.mend()

        return _Until(mend)


@dataclass(frozen=True, slots=True)
class PowerCut:
    """Device, ONT and router are dark; when the power is back the device boots anew."""

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Cut it."""
        stage.stack.expect_end(place.site)
        # First of all: the device must not see the lights of its neighbours go out.
        stage.lab.node(stage.lab.topology.site(place.site).device).kill_all()
        dark = fault("power-cut", site="{site}").begin(stage, place)

        def mend() -> None:
            dark.mend()
            stage.stack.boot(place.site)

        return _Until(mend)


@dataclass(frozen=True, slots=True)
class AgentKilled:
    """The agent ends in mid-sentence and is started again."""

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Kill it."""
        return _Killed(stage, place.site)


@dataclass(slots=True)
class _Killed:
    stage: Stage
    site: str
    is_back: bool = False

    def __post_init__(self) -> None:
        process = self.stage.stack.agent(self.site)
        self.stage.stack.expect_end(self.site)
        process.kill()

    def keep(self, since_s: float) -> None:
        if since_s >= DOWN_S and not self.is_back:
            self.stage.stack.start_agent(self.site)
            self.is_back = True

    def mend(self) -> None:
        self.keep(DOWN_S)


@dataclass(frozen=True, slots=True)
class Starved:
    """No agent gets the CPU it wants: others take it, and now and then it gets none at all."""

    frozen_s: float = 1.2
    every_s: float = 4.0

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Start the others."""
        return _Starving(self, [stage.stack.agent(site) for site in place.sites()])


@dataclass(slots=True)
class _Starving:
    how: Starved
    agents: list[Process]
    others: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    is_frozen: bool = False

    def __post_init__(self) -> None:
        for agent in self.agents:
            os.setpriority(os.PRIO_PROCESS, agent.child.pid, 19)
        loop = [sys.executable, "-c", "while True: pass"]
        self.others.extend(subprocess.Popen(loop) for _ in range(2 * (os.cpu_count() or 1)))

    def keep(self, since_s: float) -> None:
        wanted = since_s % self.how.every_s < self.how.frozen_s
        if wanted != self.is_frozen:
            self.is_frozen = wanted
            for agent in self.agents:
                agent.freeze() if wanted else agent.thaw()

    def mend(self) -> None:
        for other in self.others:
            other.kill()
            other.wait()
        for agent in self.agents:
            agent.thaw()
            os.setpriority(os.PRIO_PROCESS, agent.child.pid, 0)


@dataclass(frozen=True, slots=True)
class WrongClock:
    """
    The device boots with a wall clock that is turned by a script.

    ``script``: from so many seconds after the start on, the hour as libfaketime reads it:
    ``@2019-03-01 08:00:00`` starts there, ``+3600`` is an hour ahead, ``+0`` is right. Intervals
    are measured by clocks that nobody turns.
    """

    script: tuple[tuple[float, str], ...]

    def begin(self, stage: Stage, place: Place) -> Broken:
        """Let the device boot with such a clock."""
        return _Turning(self, stage, place.site)


@dataclass(slots=True)
class _Turning:
    how: WrongClock
    stage: Stage
    site: str
    said: str = ""

    def __post_init__(self) -> None:
        process = self.stage.stack.agent(self.site)
        self.stage.stack.expect_end(self.site)
        process.kill()
        self.keep(0.0)
        self.stage.stack.boot(self.site, env=_turned_by(self._file))

    @property
    def _file(self) -> Path:
        return self.stage.folder / f"clock-{self.site}"

    def keep(self, since_s: float) -> None:
        due = [text for at_s, text in self.how.script if at_s <= since_s]
        if due[-1] != self.said:
            self.said = due[-1]
            # In one act: whoever reads it must never find half of it.
            new = self._file.with_suffix(".new")
            new.write_text(f"{self.said}\n", encoding="ascii")
            new.chmod(0o644)
            new.rename(self._file)

    def mend(self) -> None:
        self.keep(self.how.script[-1][0])


def libfaketime() -> Path | None:
    """Return where libfaketime is on this machine, ``None`` where it is not installed."""
    return next(iter(sorted(Path("/").glob(FAKETIME.removeprefix("/")))), None)


def _turned_by(file: Path) -> dict[str, str]:
    library = libfaketime()
    assert library is not None, "rows that turn the clock are left out where it is not installed"
    return {
        "LD_PRELOAD": str(library),
        # Else a process that was root when it was loaded would share memory that it may not open.
        "FAKETIME_DISABLE_SHM": "1",
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
