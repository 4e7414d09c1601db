"""
How each wire is joined: the impairments of its faults, whether it is cut, who carries it.

Each fault acts under a key of its own, so faults on one wire add up, repeating one changes nothing,
and healing one leaves the others.
"""

import fcntl
import socket
import struct
import subprocess
import time
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

import msgspec

from thongsuot_lab.control import ControlReply, ControlRequest
from thongsuot_lab.errors import BuildError, TopologyError
from thongsuot_lab.topology.model import PERFECT, Impairment
from thongsuot_lab.wires import kernel, report
from thongsuot_lab.wires.impairments import combine, from_json
from thongsuot_lab.wires.link_emulator import LinkEmulator

SIOCGIFFLAGS: Final = 0x8913
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1
_IFREQ = struct.Struct("16sh22x")


class FrameCarrier(Protocol):
    """A process that takes frames from one middle to the other in user space."""

    @property
    def random(self) -> Random:
        """Where losses come from."""
        ...

    @property
    def unsent(self) -> int:
        """Frames that could not leave."""
        ...

    def carry(self, a: str, b: str, a_to_b: LinkEmulator, b_to_a: LinkEmulator) -> tuple[int, int]:
        """Begin; returns a handle."""
        ...

    def release(self, handle: tuple[int, int]) -> None:
        """End."""
        ...


@dataclass(slots=True)
class _WireState:
    """The current state of one wire."""

    index: int
    base: tuple[Impairment, Impairment]
    lines: tuple[LinkEmulator, LinkEmulator]
    overlays: dict[str, tuple[Impairment, Impairment]] = field(default_factory=dict)
    cuts: set[str] = field(default_factory=set)
    handle: tuple[int, int] | None = None
    joined: bool = False

    def effective(self) -> tuple[Impairment, Impairment]:
        """Return its effect in each direction, with every fault on it."""
        layers = [self.base, *self.overlays.values()]
        return (
            combine(layer[0] for layer in layers),
            combine(layer[1] for layer in layers),
        )


class WireController:
    """Carries out requests about wires: ``lay``, ``overlay``, ``cut``, ``clear``, ``report``."""

    def __init__(self, carrier: FrameCarrier, *, mechanism: str, priority: str) -> None:
        self._carrier = carrier
        self._netem = mechanism == "netem"
        self._mechanism = mechanism
        self._priority = priority
        self._wires: dict[str, _WireState] = {}

    def handle(self, request: ControlRequest) -> ControlReply:
        """
        Carry out a request.

        Raises:
            TopologyError: an unknown wire or request.
            BuildError: the kernel refused.
        """
        match request:
            case {"do": "lay", "wires": list(wires)}:
                return self._lay(wires)
            case {"do": "overlay", "wire": str(name), "key": str(key), **directions}:
                wire = self._wire(name)
                wire.overlays[key] = _directions(directions)
                self._apply([wire])
            case {"do": "cut", "wire": str(name), "key": str(key)}:
                wire = self._wire(name)
                wire.cuts.add(key)
                self._plug(wire)
            case {"do": "clear", "key": str(key)}:
                self._clear(key)
            case {"do": "report"}:
                return self._report()
            case _:
                raise TopologyError(f"no such request: {request}")
        return {}

    def _wire(self, name: str) -> _WireState:
        if name not in self._wires:
            raise TopologyError(f"no wire {name!r}; known: {', '.join(self._wires)}")
        return self._wires[name]

    def _lay(self, wires: list[dict[str, object]]) -> ControlReply:
        laid = []
        for wire in wires:
            lines = (LinkEmulator(self._carrier.random), LinkEmulator(self._carrier.random))
            new = _WireState(index=len(self._wires), base=_directions(wire), lines=lines)
            self._wires[str(wire["name"])] = new
            laid.append(new)
        self._apply(laid)
        return {"laid": len(laid)}

    def _apply(self, wires: list[_WireState]) -> None:
        """Bring wires to their required state, with as few runs of tc as possible."""
        commands: list[str] = []
        to_carry: list[_WireState] = []
        for wire in wires:
            effective = wire.effective()
            for line, impairment in zip(wire.lines, effective, strict=True):
                if line.impairment != impairment:
                    line.set_impairment(impairment)
            in_kernel = self._netem or all(direction.is_perfect for direction in effective)
            if in_kernel and wire.handle is not None:
                self._carrier.release(wire.handle)
                wire.handle = None
            if in_kernel and not wire.joined:
                commands += kernel.join_commands(wire.index)
            if not in_kernel and wire.joined:
                commands += kernel.part_commands(wire.index)
            if not in_kernel and wire.handle is None:
                to_carry.append(wire)
            if self._netem:
                commands += kernel.netem_commands(wire.index, *effective)
            wire.joined = in_kernel
        _traffic_control(commands)
        for wire in to_carry:
            wire.handle = self._carrier.carry(*kernel.middle_names(wire.index), *wire.lines)

    def _plug(self, wire: _WireState) -> None:
        """Set the carrier of both ends up or down."""
        for middle in kernel.middle_names(wire.index):
            set_interface_up(middle, up=not wire.cuts)

    def _clear(self, key: str) -> None:
        changed = [wire for wire in self._wires.values() if wire.overlays.pop(key, None)]
        self._apply(changed)
        for wire in self._wires.values():
            if key in wire.cuts:
                wire.cuts.remove(key)
                self._plug(wire)

    def _report(self) -> ControlReply:
        answer = report.WiresReport(
            mechanism=self._mechanism,
            priority=self._priority,
            cpu_s=time.process_time(),
            unsent=self._carrier.unsent,
            wires={name: _wire_report(wire) for name, wire in self._wires.items()},
        )
        plain: ControlReply = msgspec.to_builtins(answer)
        return plain


def _directions(data: dict[str, object]) -> tuple[Impairment, Impairment]:
    both = [data.get("a_to_b"), data.get("b_to_a")]
    a_to_b, b_to_a = (PERFECT if direction is None else from_json(direction) for direction in both)
    return a_to_b, b_to_a


def _wire_report(wire: _WireState) -> report.WireReport:
    a_to_b, b_to_a = (
        report.DirectionReport(
            impairment=line.impairment,
            arrived=line.arrived,
            lost=line.lost,
            overflowed=line.overflowed,
        )
        for line in wire.lines
    )
    return report.WireReport(
        carried_by="kernel" if wire.joined else "process",
        cut_by=tuple(sorted(wire.cuts)),
        overlays=tuple(sorted(wire.overlays)),
        a_to_b=a_to_b,
        b_to_a=b_to_a,
    )


def _traffic_control(commands: list[str]) -> None:
    if not commands:
        return
    done = subprocess.run(
        ["tc", "-batch", "-"],
        input="\n".join(commands) + "\n",
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"tc: {done.stderr.strip()}; commands were: {'; '.join(commands)}")


def set_interface_up(interface: str, *, up: bool) -> None:
    """
    Bring an interface up or down, without starting a process (netdevice(7)).

    Raises:
        OSError: no such interface.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = _IFREQ.pack(interface.encode(), 0)
        _, flags = _IFREQ.unpack(fcntl.ioctl(sock, SIOCGIFFLAGS, request))
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(sock, SIOCSIFFLAGS, _IFREQ.pack(interface.encode(), flags))
