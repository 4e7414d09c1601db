"""Row: one fault of the matrix, what has to be seen of it, and how soon. Pure data."""

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
    What rows are played on, and by which profile.

    ``folder`` is for the rows' own files; ``say`` tells a person what happens.
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
    """What a fault takes in, and so what may be broken beside it at the same time."""

    SITE = "site"
    """One site: other sites have faults of their own meanwhile."""

    CARRIER = "carrier"
    """One carrier, at every site that it serves."""

    PORTAL = "portal"
    """One portal, for every site."""

    CITY = "city"
    """Everyone: nothing else is broken beside it."""


class ActiveInjection(Protocol):
    """What is broken now. Called from one thread; none may take long."""

    def maintain(self, since_s: float) -> None:
        """Go on breaking it; called several times a second, ``since_s`` after the beginning."""

    def revert(self) -> None:
        """Let it be whole again."""


class Injection(Protocol):
    """A way to break something, as data."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Break it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedVerdict:
    """
    A verdict that has to be given at every site concerned.

    ``link`` and ``service`` name the subject as a verdict does; ``{link}`` is the link of the
    carrier that is broken, ``{portal}`` the portal that is. ``symptoms``: any of these.
    """

    link: str = ""
    service: str = ""
    state: State
    segment: Segment | None
    symptoms: frozenset[Symptom]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionBound:
    """A bound on the time to the agent's verdict, in intervals of a kind of probe."""

    intervals: float
    kind: str = "icmp"

    def limit_s(self, every_s: Mapping[str, float]) -> float:
        """Return the same in seconds, by the intervals of the profile that is played."""
        return self.intervals * every_s[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """
    One row.

    ``expected`` empty: nothing may be called wrong, for ``hold_s``. ``faulty_segments`` are those
    that may be blamed on the subjects concerned while it lasts: where the fault truly is.
    ``recovers_s``: how long it may take after the mending until all is said to be well.
    ``collector_reachable``: whether the collector can be reached meanwhile; else the record has to
    tell it afterwards. ``by_collector``: it is the collector's to see, and not the agent's.
    ``may_be_unknown``: agents begin anew, or do not get to measure, so that ``unknown`` is the
    truth for a while. ``site_services``: a site's services are cut off with it, over every link.
    ``shape`` is that of the sites it is played at, see ``topology.shapes``. ``note`` is for people.
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
