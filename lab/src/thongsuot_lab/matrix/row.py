"""
Row: one fault of the matrix, the verdict that must be observed, and the time limit. Pure data.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.profile import QUICK, MatrixProfile
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.topology.model import TWO_BOXES
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixContext:
    """
    The stack on which rows are played, and its profile.

    ``folder`` holds the rows' own files; ``say`` prints a message for a person.
    """

    lab: Lab
    stack: CityStack
    folder: Path
    say: Callable[[str], None]
    profile: MatrixProfile = QUICK


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPair:
    """``boottime_ns`` is CLOCK_BOOTTIME, as in verdicts; ``wall_ns`` Unix time, as in journals."""

    boottime_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> Self:
        """Read both clocks."""
        return cls(boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME), wall_ns=time.time_ns())


class BlastRadius(StrEnum):
    """The scope of a fault, which decides what may be broken at the same time."""

    SITE = "site"
    """One site: other sites have their own faults meanwhile."""

    CARRIER = "carrier"
    """One carrier, at every site that it serves."""

    PORTAL = "portal"
    """One portal, seen from every site."""

    CITY = "city"
    """The whole city: nothing else is broken at the same time."""


class ActiveInjection(Protocol):
    """A fault that is active. Called from one thread; no method may take long."""

    def maintain(self, since_s: float) -> None:
        """Continue the fault; called several times a second, ``since_s`` after the beginning."""

    def revert(self) -> None:
        """Undo the fault."""


class Injection(Protocol):
    """A way to break something, as data."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Apply the fault."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedVerdict:
    """
    A verdict that must be given at every affected site.

    ``link`` and ``service`` name the subject as a verdict does; ``{link}`` is the link of the
    carrier that is broken, ``{portal}`` the portal that is broken. ``symptoms``: one of these.
    """

    link: str = ""
    service: str = ""
    state: State
    segment: Segment | None
    symptoms: frozenset[Symptom]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionBound:
    """An upper limit for the time to the agent's verdict, in intervals of a kind of probe."""

    intervals: float
    kind: str = "icmp"

    def limit_s(self, every_s: Mapping[str, float]) -> float:
        """Return the limit in seconds, by the intervals of the current profile."""
        return self.intervals * every_s[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """
    One row.

    If ``expected`` is empty, no subject may be reported as faulty for ``hold_s``.
    ``faulty_segments`` are those that may be blamed on the affected subjects while the fault lasts:
    the true location of the fault. ``recovers_s``: how long it may take after the fault is undone
    until everything is reported up. ``collector_reachable``: whether the collector can be reached
    meanwhile; if not, the record must contain the fault afterwards. ``by_collector``: the collector
    must detect it, not the agent. ``may_be_unknown``: agents restart or cannot measure, so that
    ``unknown`` is correct for a while. ``site_services``: the services of a site are cut off with
    it, over every link. ``shape`` is the shape of the sites at which the row is played, see
    ``topology.shapes``. ``note`` is for people.
    """

    name: str
    injection: Injection
    shape: str = TWO_BOXES
    blast_radius: BlastRadius = BlastRadius.SITE
    links: tuple[str, ...] = ()
    expected: tuple[ExpectedVerdict, ...] = ()
    faulty_segments: frozenset[Segment] = field(default_factory=frozenset)
    bound: DetectionBound = DetectionBound(intervals=8)
    hold_s: float = 3.0
    recovers_s: float = 40.0
    collector_reachable: bool = True
    by_collector: bool = False
    may_be_unknown: bool = False
    site_services: bool = False
    note: str = ""
