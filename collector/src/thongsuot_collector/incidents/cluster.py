"""Cluster: troubles that began together, and whether chance explains that."""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.subject import Subject

T = TypeVar("T")

_DAY_S = 86_400.0


class FaultCluster(msgspec.Struct, frozen=True, kw_only=True):
    """
    Troubles that are one, by their onsets.

    It lasts from the first onset until so few are left that the rest stands for itself;
    ``end_ns`` is ``None`` while it goes on.
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

    Faults that come by themselves follow Poisson's law: with one more the others are a
    coincidence rarer than ``chance_ratio``. All of them always suffice, two at least.
    """
    mean = population * settings.faults_per_day * settings.together_s / _DAY_S
    others, term, tail = 0, math.exp(-mean), 1.0
    while tail > settings.chance_ratio:
        tail -= term
        others += 1
        term *= mean / others
    return max(2, min(population, others + 1))


def find_clusters(
    troubles: Sequence[Fault],
    settings: IncidentSettings,
    need: Callable[[Sequence[Fault]], int],
) -> list[FaultCluster]:
    """
    Return the clusters among troubles, in order of time; those that are too few are left out.

    A trouble belongs to those before it when it begins within ``together_s`` of the last of them,
    or when its subject was one of them and others still are. What counts is how many of them were
    out at one moment, at two sites at least.
    """
    together_ns = round(settings.together_s * NS_PER_S)
    return [
        FaultCluster(faults=tuple(chain), end_ns=_end(chain, settings.ended_ratio))
        for chain in _chains(troubles, together_ns)
        if len(chain) > 1 and _peak_subjects(chain, together_ns) >= need(chain)
    ]


def _chains(troubles: Sequence[Fault], together_ns: int) -> list[list[Fault]]:
    found: list[list[Fault]] = []
    subjects: set[Subject] = set()
    last_ns = 0
    for one in sorted(troubles, key=lambda trouble: (trouble.start_ns, trouble.id)):
        is_near = bool(found) and one.start_ns - found[-1][-1].start_ns <= together_ns
        is_back = one.subject in subjects and one.start_ns <= last_ns
        if is_near or is_back:
            found[-1].append(one)
        else:
            found.append([one])
            subjects, last_ns = set(), 0
        subjects.add(one.subject)
        last_ns = max(last_ns, _end_or_never(one))
    return found


def _peak_subjects(chain: Sequence[Fault], together_ns: int) -> int:
    """
    Return how many subjects were out at one moment that had failed within ``together_ns``.

    0 where it was one site alone.
    """
    best = 0
    out: list[tuple[int, str, Fault]] = []
    subjects: Counter[Subject] = Counter()
    sites: Counter[str] = Counter()
    for one in chain:
        # What has ended, or began too long before, does not come back.
        while out and out[0][0] <= one.start_ns:
            _, _, other = heapq.heappop(out)
            _decrement(subjects, other.subject)
            _decrement(sites, other.subject.site)
        until_ns = min(_end_or_never(one), one.start_ns + together_ns + 1)
        heapq.heappush(out, (until_ns, one.id, one))
        subjects[one.subject] += 1
        sites[one.subject.site] += 1
        if len(sites) > 1:
            best = max(best, len(subjects))
    return best


def _decrement(counts: Counter[T], one: T) -> None:
    counts[one] -= 1
    if not counts[one]:
        del counts[one]


def _end(chain: Sequence[Fault], ended_ratio: float) -> int | None:
    """Return when so few were left that it was over; ``None`` while it goes on."""
    moments = sorted(
        moment
        for one in chain
        for moment in ((one.start_ns, 1), (_end_or_never(one), -1))
        if moment[0] < _NEVER_NS
    )
    count = peak = 0
    for _, step in moments:
        count += step
        peak = max(peak, count)
    few = max(1, math.floor(peak * ended_ratio))
    count, end_ns = 0, None
    for at_ns, step in moments:
        was = count
        count += step
        if count > few:
            end_ns = None
        elif was > few:
            end_ns = at_ns
    if end_ns is None and count <= few:
        # They came one after the other: never more than a few at a time.
        return None if count else moments[-1][0]
    return end_ns


_NEVER_NS = 2**62


def _end_or_never(trouble: Fault) -> int:
    return _NEVER_NS if trouble.end_ns is None else trouble.end_ns
