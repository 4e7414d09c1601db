"""Trial: one row being played: healthy, broken, detected, held, mended, healthy again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from thongsuot_lab.matrix.fault_location import FaultLocation, Subject
from thongsuot_lab.matrix.observe import ReportedState, SiteObservation
from thongsuot_lab.matrix.row import (
    ActiveInjection,
    ClockPair,
    ExpectedVerdict,
    MatrixContext,
    MatrixRow,
)

EXTRA_WAIT_S = 40.0
"""How long a trial waits beyond a bound before the row has failed."""

LostSince = Callable[[], Callable[[], float]]
"""
Begins to count what a busy machine keeps from the processes; returns what tells it so far, in
seconds.
"""

SHOWN_AT_MOST = 4
"""Of problems at many sites, only this many are shown."""


class TrialPhase(Enum):
    """The phase of a trial."""

    BEFORE = auto()
    BREAKING = auto()
    HOLDING = auto()
    AFTER = auto()
    DONE = auto()


def nothing_lost() -> Callable[[], float]:
    """Count nothing: on a machine of its own every second counts."""
    return lambda: 0.0


@dataclass(slots=True)
class RowTrial:
    """
    One row at one place.

    ``injected_at``, ``reverted_at``, ``healthy_at``: when the fault was applied, when it was
    undone, and when the site was healthy again; None if the trial did not come that far.
    ``lost_since`` counts what the machine keeps from the processes: ``lost_s`` of that was between
    the fault and its detection, and is added to the bound. ``failures``: deviations from the row,
    for people.
    """

    context: MatrixContext
    row: MatrixRow
    place: FaultLocation
    patience: float = 1.0
    lost_since: LostSince = nothing_lost
    lost_s: float = 0.0
    phase: TrialPhase = TrialPhase.BEFORE
    started: ClockPair = field(default_factory=ClockPair.now)
    injected_at: ClockPair | None = None
    reverted_at: ClockPair | None = None
    healthy_at: ClockPair | None = None
    failures: list[str] = field(default_factory=list)
    _injection: ActiveInjection | None = None
    _entered: ClockPair = field(default_factory=ClockPair.now)
    _lost_s: Callable[[], float] = field(default_factory=nothing_lost)

    @property
    def subjects(self) -> list[tuple[Subject, ExpectedVerdict]]:
        """A verdict that must be observed, with its site."""
        return list(expected_verdicts(self.row, self.place))

    @property
    def limit_s(self) -> float:
        """Return the deadline for the agent's verdict, by the current profile."""
        return self.row.bound.limit_s(self.context.profile.every_s) * self.patience + self.lost_s

    @property
    def _stretch(self) -> float:
        return self.context.profile.stretch * self.patience

    def advance(self, observations: Mapping[str, SiteObservation]) -> None:
        """Advance the trial by the current observations of the affected sites."""
        if self.place.portal:
            # The other portals may have a fault at the same time.
            observations = {
                site: observation.for_service(self.place.portal)
                for site, observation in observations.items()
            }
        if self.phase is TrialPhase.BEFORE:
            self._wait_until_healthy(observations)
        elif self.phase is TrialPhase.BREAKING:
            self._maintain()
            self._wait_until_seen(observations)
        elif self.phase is TrialPhase.HOLDING:
            self._maintain()
            if self._waited_s() >= self.row.hold_s * (1.0 if self.row.expected else self.patience):
                self._revert()
        elif self.phase is TrialPhase.AFTER:
            self._wait_until_recovered(observations)

    def abandon(self) -> None:
        """Undo the fault, because the run ends early."""
        if self._injection is not None:
            self._injection.revert()
            self._injection = None

    def _wait_until_healthy(self, observations: Mapping[str, SiteObservation]) -> None:
        if all(observation.is_healthy for observation in observations.values()):
            self._lost_s = self.lost_since()
            self.injected_at = ClockPair.now()
            self._injection = self.row.injection.inject(self.context, self.place)
            self._enter(TrialPhase.BREAKING if self.row.expected else TrialPhase.HOLDING)
        elif self._waited_s() > EXTRA_WAIT_S * self._stretch:
            self.failures.append(f"was not healthy before: {_unhealthy_text(observations)}")
            self._enter(TrialPhase.DONE)

    def _wait_until_seen(self, observations: Mapping[str, SiteObservation]) -> None:
        missing = [
            f"{site} {link or 'site'} {service}: "
            f"agent {_state_text(observations[site].agent, link, service)}, "
            f"collector {_state_text(observations[site].collector, link, service)}"
            for (site, link, service), sees in self.subjects
            if not self._is_seen(observations[site], link, service, sees)
        ]
        if not missing:
            self.lost_s = self._lost_s()
            self._enter(TrialPhase.HOLDING)
        elif self._has_waited(EXTRA_WAIT_S * self._stretch + self.limit_s):
            self.failures.append(f"not seen; said instead: {_first_few(missing)}")
            self._revert()

    def _is_seen(
        self, observation: SiteObservation, link: str, service: str, sees: ExpectedVerdict
    ) -> bool:
        sources = [] if self.row.by_collector else [observation.agent]
        # The collector's page has no light for a service over a single link.
        if self.row.collector_reachable and not (link and service):
            sources.append(observation.collector)
        return all(
            states is not None and matches(states.get((link, service)), sees) for states in sources
        )

    def _wait_until_recovered(self, observations: Mapping[str, SiteObservation]) -> None:
        if all(observation.is_healthy for observation in observations.values()):
            self.healthy_at = ClockPair.now()
            self._enter(TrialPhase.DONE)
        elif self._has_waited(self.row.recovers_s * self._stretch):
            self.failures.append(f"did not recover: {_unhealthy_text(observations)}")
            self._enter(TrialPhase.DONE)

    def _maintain(self) -> None:
        assert self._injection is not None, "something is broken"
        assert self.injected_at is not None, "it was broken at some moment"
        self._injection.maintain((ClockPair.now().boottime_ns - self.injected_at.boottime_ns) / 1e9)

    def _revert(self) -> None:
        # Taken before the fault is undone: recovery may be observed while undoing takes place.
        self.reverted_at = ClockPair.now()
        self._lost_s = self.lost_since()
        self.abandon()
        self._enter(TrialPhase.AFTER)

    def _enter(self, phase: TrialPhase) -> None:
        self.phase = phase
        self._entered = ClockPair.now()

    def _has_waited(self, limit_s: float) -> bool:
        """
        Return whether a limit is over, without what was lost; that at most doubles it, so that a
        trial ends on any machine.
        """
        waited_s = self._waited_s()
        return waited_s > limit_s and waited_s > limit_s + min(limit_s, self._lost_s())

    def _waited_s(self) -> float:
        return (ClockPair.now().boottime_ns - self._entered.boottime_ns) / 1e9


def expected_verdicts(
    row: MatrixRow, place: FaultLocation
) -> Iterator[tuple[Subject, ExpectedVerdict]]:
    """Yield each verdict that a row must lead to at a place."""
    for site in place.sites():
        for sees in row.expected:
            link = place.link_at(site) if sees.link == "{link}" else sees.link
            yield (site, link, sees.service.format(**place.words())), sees


def matches(saying: ReportedState | None, sees: ExpectedVerdict) -> bool:
    """Return whether the reported state is the required one."""
    if saying is None:
        return False
    state, segment, symptom = saying
    return state is sees.state and segment is sees.segment and symptom in sees.symptoms


def _state_text(
    agent: Mapping[tuple[str, str], ReportedState] | None, link: str, service: str
) -> str:
    saying = None if agent is None else agent.get((link, service))
    return "nothing" if saying is None else " ".join(str(word) for word in saying)


def _unhealthy_text(observations: Mapping[str, SiteObservation]) -> str:
    texts = []
    for site, observation in observations.items():
        for who, states in (("agent", observation.agent), ("collector", observation.collector)):
            if states is None:
                texts.append(f"{site} {who}: no answer")
                continue
            bad = {"/".join(key): saying for key, saying in states.items() if saying[0] != "up"}
            texts += [
                f"{site} {who} {name}: {' '.join(str(word) for word in saying)}"
                for name, saying in bad.items()
            ]
    return _first_few(texts) or "no verdict on any service yet"


def _first_few(texts: Sequence[str]) -> str:
    """Return the first few of many as one text."""
    more = f"; and {len(texts) - SHOWN_AT_MOST} more" if len(texts) > SHOWN_AT_MOST else ""
    return "; ".join(texts[:SHOWN_AT_MOST]) + more
