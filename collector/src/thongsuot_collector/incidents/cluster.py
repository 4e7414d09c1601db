"""Cluster: faults that lasted at the same time, if chance does not explain that."""

import heapq
import math
from collections.abc import Callable, Sequence

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.subject import Subject

_DAY_S = 86_400.0
_NEVER_NS = 2**62


class FaultCluster(msgspec.Struct, frozen=True, kw_only=True):
    """
    Faults with a common cause, in order of their onsets.

    It lasts from the first onset until so few faults are left that they are separate; ``end_ns`` is
    ``None`` while it continues.
    """

    faults: tuple[Fault, ...]
    end_ns: int | None

    @property
    def start_ns(self) -> int:
        """The first onset."""
        return self.faults[0].start_ns


def min_cluster_size(population: int, settings: IncidentSettings) -> int:
    """
    Return how many of a population must fail together before chance does not explain it.

    Independent faults follow a Poisson distribution: with one more, the others are a coincidence
    rarer than ``chance_ratio``. All of them always suffice, two at least.
    """
    mean = population * settings.faults_per_day * settings.together_s / _DAY_S
    others, term, tail = 0, math.exp(-mean), 1.0
    while tail > settings.chance_ratio:
        tail -= term
        others += 1
        term *= mean / others
    return max(2, min(population, others + 1))


def find_clusters(
    faults: Sequence[Fault],
    settings: IncidentSettings,
    need: Callable[[Sequence[Fault]], int],
) -> list[FaultCluster]:
    """
    Return the clusters among faults, in order of time; those that are too few are left out.

    A cluster begins when faults at enough sites are out at one moment that began within
    ``together_s`` of each other: faults that ended before do not count, and two lines of one site
    are one witness, because they share its power, its ducts and its equipment. While enough of its
    subjects are down, faults that begin within ``together_s`` of its last onset belong to it, and
    so does a subject of it that fails again.
    """
    together_ns = round(settings.together_s * NS_PER_S)
    growing: list[_GrowingCluster] = []
    begun: list[_GrowingCluster] = []
    waiting: list[Fault] = []
    for fault in sorted(faults, key=lambda fault: (fault.start_ns, fault.id)):
        growing = [cluster for cluster in growing if not cluster.is_over(fault.start_ns)]
        taker = next((cluster for cluster in growing if cluster.takes(fault, together_ns)), None)
        if taker is not None:
            taker.add(fault)
            continue
        waiting = [
            other
            for other in waiting
            if _end_or_never(other) > fault.start_ns
            and fault.start_ns - other.start_ns <= together_ns
        ]
        waiting.append(fault)
        sites = {other.subject.site for other in waiting}
        if len(sites) > 1 and len(sites) >= need(waiting):
            cluster = _GrowingCluster(waiting, settings.ended_ratio)
            growing.append(cluster)
            begun.append(cluster)
            waiting = []
    return [cluster.finished() for cluster in begun]


class _GrowingCluster:
    """A cluster under construction, in order of onsets."""

    def __init__(self, faults: Sequence[Fault], ended_ratio: float) -> None:
        self.faults: list[Fault] = []
        self._ended_ratio = ended_ratio
        self._subjects: set[Subject] = set()
        self._ends: list[int] = []
        self._peak = 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Add one more fault."""
        self._leave(fault.start_ns)
        self.faults.append(fault)
        self._subjects.add(fault.subject)
        heapq.heappush(self._ends, _end_or_never(fault))
        self._peak = max(self._peak, len(self._ends))

    def finished(self) -> FaultCluster:
        """Return the clusters."""
        return FaultCluster(faults=tuple(self.faults), end_ns=_end(self.faults, self._ended_ratio))

    def takes(self, fault: Fault, together_ns: int) -> bool:
        """Return whether a fault that begins now belongs to it."""
        is_near = fault.start_ns - self.faults[-1].start_ns <= together_ns
        return is_near or fault.subject in self._subjects

    def is_over(self, now_ns: int) -> bool:
        """Return whether so few are left at a moment that they are separate."""
        self._leave(now_ns)
        return len(self._ends) <= _few(self._peak, self._ended_ratio)

    def _leave(self, now_ns: int) -> None:
        while self._ends and self._ends[0] <= now_ns:
            heapq.heappop(self._ends)


def _end(faults: Sequence[Fault], ended_ratio: float) -> int | None:
    """Return the moment at which so few were left that it was over; ``None`` while it lasts."""
    moments = sorted(
        moment
        for fault in faults
        for moment in ((fault.start_ns, 1), (_end_or_never(fault), -1))
        if moment[0] < _NEVER_NS
    )
    count = peak = 0
    for _, step in moments:
        count += step
        peak = max(peak, count)
    few = _few(peak, ended_ratio)
    count, end_ns = 0, None
    for at_ns, step in moments:
        before = count
        count += step
        if count > few:
            end_ns = None
        elif before > few:
            end_ns = at_ns
    return end_ns


def _few(peak: int, ended_ratio: float) -> int:
    return max(1, math.floor(peak * ended_ratio))


def _end_or_never(fault: Fault) -> int:
    return _NEVER_NS if fault.end_ns is None else fault.end_ns
