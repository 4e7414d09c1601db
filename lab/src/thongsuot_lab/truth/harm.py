"""
Harm: the effect of a scenario on the people at its sites, from the visits of a citizen.

A minute is harmful if a tenth of its visits over a line fail or take longer than four seconds, or a
third of those to one portal, or if four in ten take over a second. Harm is *sustained*, and must be
detected, if it lasts for a minute and a half without interruption. A fault that affects less than
one visit in a hundred, with at most one in twenty longer than three quarters of a second, is
harmless. Between the two, both a message and silence are accepted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from thongsuot_lab.truth.citizen import Visit, visits
from thongsuot_lab.truth.fault import GeneratedFault
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.oracle import is_concerned
from thongsuot_lab.truth.places import AccessLine, Premises

BAD_S = 4.0
SLOW_S = 1.0
"""A visit that takes longer is slow; on a healthy line it takes a fifth of this."""

WINDOW_S = 60.0
STEP_S = 5.0
BAD_RATIO = 0.1
BAD_PORTAL_RATIO = 1 / 3
SLOW_RATIO = 0.4
LEAST_BAD = 3
"""Visits: fewer than this are chance."""

SUSTAINED_S = 90.0
NONE_RATIO = 0.01
NONE_SLOW_S, NONE_SLOW_RATIO = 0.75, 0.05
"""
The limit of harmless visits is well below that of harm: if every visit takes 0.99 s over one line
and 1.01 s over another, a message about neither is unnecessary.
"""


class Grade(StrEnum):
    """The grade of harm in a period."""

    NONE = "none"
    SOME = "some"
    HURTS = "hurts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """The visits of people over one line, and the periods of harm."""

    site: str
    line: str
    is_demanded: bool
    """Whether it must be detected: on the line that PCs use, or one without an allowance."""
    visits: tuple[Visit, ...]
    stretches: tuple[tuple[float, float], ...]

    def sustained(self, from_s: float, to_s: float) -> tuple[float, float] | None:
        """
        Return the first harmful period within a time that is long enough to require detection.
        """
        for begin_s, end_s in self.stretches:
            first_s, last_s = max(begin_s, from_s), min(end_s, to_s)
            if last_s - first_s >= SUSTAINED_S:
                return first_s, last_s
        return None

    def grade(self, from_s: float, to_s: float, portal: str = "") -> Grade:
        """Return the grade of a period."""
        inside = [
            visit
            for visit in self.visits
            if from_s <= visit.at_s <= to_s and portal in {"", visit.portal}
        ]
        if not inside:
            return Grade.NONE
        if any(max(begin_s, from_s) < min(end_s, to_s) for begin_s, end_s in self.stretches):
            return Grade.HURTS
        bad = sum(map(is_bad, inside)) / len(inside)
        slow = sum(map(is_slowed, inside)) / len(inside)
        return Grade.NONE if bad <= NONE_RATIO and slow <= NONE_SLOW_RATIO else Grade.SOME


def is_bad(visit: Visit) -> bool:
    """Return whether a visit failed, or took longer than people wait."""
    return bool(visit.failure) or visit.took_s > BAD_S


def is_slow(visit: Visit) -> bool:
    """Return whether a visit was noticeably slower than necessary."""
    return is_bad(visit) or visit.took_s > SLOW_S


def harms_of(scenario: Scenario) -> dict[tuple[str, str], Harm]:
    """Return the harm by site and line; only for lines that a fault may affect."""
    return {
        (site.name, line.name): harm_of(scenario, site, line)
        for site, line in scenario.city.lines()
        if touching(scenario, site, line)
    }


def touching(scenario: Scenario, site: Premises, line: AccessLine) -> list[GeneratedFault]:
    """Return the faults on any path over a line."""
    city = scenario.city
    return [fault for fault in scenario.faults if is_concerned(city, fault, site, line)]


def harm_of(scenario: Scenario, site: Premises, line: AccessLine) -> Harm:
    """Return the harm over one line of the simulation."""
    return harm_from(
        site.name,
        line.name,
        tuple(visits(scenario, site, line)),
        is_demanded=line is site.lines[0] or not line.is_metered,
        until_s=scenario.until_s,
    )


def harm_from(
    site: str, line: str, made: tuple[Visit, ...], *, is_demanded: bool, until_s: float
) -> Harm:
    """Return the harm over one line, from its visits."""
    return Harm(
        site=site,
        line=line,
        is_demanded=is_demanded,
        visits=made,
        stretches=tuple(_joined(_hurting(made, until_s))),
    )


def is_slowed(visit: Visit) -> bool:
    """Return whether a visit may have been slow enough to bother somebody."""
    return is_bad(visit) or visit.took_s > NONE_SLOW_S


def _hurting(made: Sequence[Visit], until_s: float) -> Iterable[tuple[float, float]]:
    """Yield the times whose surrounding minute is harmful, each with its step."""
    portals = sorted({visit.portal for visit in made})
    at_s, first = WINDOW_S / 2, 0
    while at_s < until_s:
        while first < len(made) and made[first].at_s < at_s - WINDOW_S / 2:
            first += 1
        last = first
        while last < len(made) and made[last].at_s < at_s + WINDOW_S / 2:
            last += 1
        window = made[first:last]
        if _hurts(window, BAD_RATIO) or any(
            _hurts([v for v in window if v.portal == portal], BAD_PORTAL_RATIO)
            for portal in portals
        ):
            yield at_s - STEP_S / 2, at_s + STEP_S / 2
        at_s += STEP_S


def _hurts(window: Sequence[Visit], bad_ratio: float) -> bool:
    bad, slow = sum(map(is_bad, window)), sum(map(is_slow, window))
    if bad >= LEAST_BAD and bad >= bad_ratio * len(window):
        return True
    return slow >= LEAST_BAD and slow >= SLOW_RATIO * len(window)


def _joined(pieces: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for begin_s, end_s in pieces:
        if joined and begin_s - joined[-1][1] < STEP_S:
            joined[-1] = joined[-1][0], end_s
        else:
            joined.append((begin_s, end_s))
    return joined
