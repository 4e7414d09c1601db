"""Sights: the observations of links and counter for a commissioning run. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

NS_PER_S = 1_000_000_000
WITNESS_ANSWERS = 2
"""Answers that show that a link lives: one may have been on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSight:
    """
    The current observations of a link; times are CLOCK_BOOTTIME.

    ``lost_ns``: since when it is down, ``None`` while it is not. ``up_ns``: since when it is judged
    up, ``None`` while it is not. ``elsewhere_ns``: since when it leads to another router or network
    than it used to. ``answers_ns``: when the runs began that were answered from beyond the site,
    the latest ones. ``address`` is the observed source address of its packets since ``up_ns``;
    ``is_address_pending``: it was queried and not answered yet.
    """

    name: str
    lost_ns: int | None = None
    up_ns: int | None = None
    elsewhere_ns: int | None = None
    answers_ns: tuple[int, ...] = ()
    address: str = ""
    is_address_pending: bool = False

    def answered_since(self, since_ns: int, count: int = WITNESS_ANSWERS) -> bool:
        """Return whether this many runs that began after a time were answered."""
        return sum(at_ns > since_ns for at_ns in self.answers_ns) >= count


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSight:
    """The runs of the ``counter`` kind since they were requested: their portals and results."""

    expected: int
    measured: int = 0
    opened: int = 0
    is_alive: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """
    All observations for a run. ``wall_s`` turns boot time into Unix time by the current knowledge
    of the clock.
    """

    now_ns: int
    links: tuple[LinkSight, ...]
    wall_s: Callable[[int], float]
    counter: CounterSight | None = None

    def of(self, name: str) -> LinkSight:
        """Return the observations of a link; empty for one that has disappeared."""
        return next((sight for sight in self.links if sight.name == name), LinkSight(name=name))

    @property
    def now_s(self) -> float:
        """Unix time."""
        return self.wall_s(self.now_ns)
