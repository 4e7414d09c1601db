"""The report of the wires' process about itself and its wires."""

import msgspec

from thongsuot_lab.topology.model import Impairment


class DirectionReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    One direction of a wire: its current impairment, and its frame counters.

    Frames are counted if the process carries them; a kernel's netem has counters of its own.
    """

    impairment: Impairment
    arrived: int
    lost: int
    overflowed: int


class WireReport(msgspec.Struct, frozen=True, kw_only=True):
    """One wire: ``cut_by`` and ``overlays`` are the keys of the faults on it."""

    carried_by: str
    cut_by: tuple[str, ...]
    overlays: tuple[str, ...]
    a_to_b: DirectionReport
    b_to_a: DirectionReport


class WiresReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The whole report.

    ``unsent`` are frames that could not leave because the wire was cut under them; ``cpu_s`` is the
    CPU time of the process so far.
    """

    mechanism: str
    priority: str
    cpu_s: float
    unsent: int
    wires: dict[str, WireReport]
