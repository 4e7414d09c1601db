"""Trial: one row being played: healthy before, broken, seen, held, mended, healthy again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from thongsuot_lab.matrix.eyes import Look, Saying
from thongsuot_lab.matrix.moment import Moment
from thongsuot_lab.matrix.place import Place, Subject
from thongsuot_lab.matrix.row import Broken, Row, Sees
from thongsuot_lab.matrix.stage import Stage

PATIENCE_S = 40.0
"""How long anything is waited for beyond its bound, before the row has failed."""

SHOWN = 4
"""Of what is wrong at many sites, so much is shown."""


class Phase(Enum):
    """How far a trial is."""

    BEFORE = auto()
    BREAKING = auto()
    HOLDING = auto()
    AFTER = auto()
    DONE = auto()


@dataclass(slots=True)
class Trial:
    """
    One row at one place.

    ``broken_at``, ``mended_at``, ``well_at``: when its breaking and its mending began, and when it
    was healthy again; their absence says how far it came. ``failures``: what did not go as the row
    says, for people.
    """

    stage: Stage
    row: Row
    place: Place
    patience: float = 1.0
    phase: Phase = Phase.BEFORE
    started: Moment = field(default_factory=Moment.now)
    broken_at: Moment | None = None
    mended_at: Moment | None = None
    well_at: Moment | None = None
    failures: list[str] = field(default_factory=list)
    _broken: Broken | None = None
    _entered: Moment = field(default_factory=Moment.now)

    @property
    def subjects(self) -> list[tuple[Subject, Sees]]:
        """What has to be seen, where."""
        return list(expected(self.row, self.place))

    def advance(self, looks: Mapping[str, Look]) -> None:
        """Go on, by what the sites concerned say now."""
        if self.place.portal:
            # The other portals may be broken at the same time.
            looks = {site: look.of_service(self.place.portal) for site, look in looks.items()}
        if self.phase is Phase.BEFORE:
            self._wait_until_healthy(looks)
        elif self.phase is Phase.BREAKING:
            self._keep()
            self._wait_until_seen(looks)
        elif self.phase is Phase.HOLDING:
            self._keep()
            if self._waited_s() >= self.row.hold_s * (1.0 if self.row.sees else self.patience):
                self._mend()
        elif self.phase is Phase.AFTER:
            self._wait_until_recovered(looks)

    def abandon(self) -> None:
        """Mend what is broken, because the run ends early."""
        if self._broken is not None:
            self._broken.mend()
            self._broken = None

    def _wait_until_healthy(self, looks: Mapping[str, Look]) -> None:
        if all(look.is_well for look in looks.values()):
            self.broken_at = Moment.now()
            self._broken = self.row.breaks.begin(self.stage, self.place)
            self._enter(Phase.BREAKING if self.row.sees else Phase.HOLDING)
        elif self._waited_s() > PATIENCE_S * self.patience:
            self.failures.append(f"was not healthy before: {_unwell(looks)}")
            self._enter(Phase.DONE)

    def _wait_until_seen(self, looks: Mapping[str, Look]) -> None:
        missing = [
            f"{site} {link or 'site'} {service}: "
            f"agent {_said(looks[site].agent, link, service)}, "
            f"collector {_said(looks[site].collector, link, service)}"
            for (site, link, service), sees in self.subjects
            if not self._is_seen(looks[site], link, service, sees)
        ]
        if not missing:
            self._enter(Phase.HOLDING)
        elif self._waited_s() > (PATIENCE_S + self.row.within.limit_s) * self.patience:
            self.failures.append(f"not seen; said instead: {_some(missing)}")
            self._mend()

    def _is_seen(self, look: Look, link: str, service: str, sees: Sees) -> bool:
        asked = [] if self.row.by_collector else [look.agent]
        # The collector's page has no light for a service over one link.
        if self.row.heard and not (link and service):
            asked.append(look.collector)
        return all(said is not None and fits(said.get((link, service)), sees) for said in asked)

    def _wait_until_recovered(self, looks: Mapping[str, Look]) -> None:
        if all(look.is_well for look in looks.values()):
            self.well_at = Moment.now()
            self._enter(Phase.DONE)
        elif self._waited_s() > self.row.recovers_s * self.patience:
            self.failures.append(f"did not recover: {_unwell(looks)}")
            self._enter(Phase.DONE)

    def _keep(self) -> None:
        assert self._broken is not None, "something is broken"
        assert self.broken_at is not None, "it was broken at some moment"
        self._broken.keep((Moment.now().boottime_ns - self.broken_at.boottime_ns) / 1e9)

    def _mend(self) -> None:
        # Before the work of mending: what it brings back is seen while it goes on.
        self.mended_at = Moment.now()
        self.abandon()
        self._enter(Phase.AFTER)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._entered = Moment.now()

    def _waited_s(self) -> float:
        return (Moment.now().boottime_ns - self._entered.boottime_ns) / 1e9


def expected(row: Row, place: Place) -> Iterator[tuple[Subject, Sees]]:
    """Yield each verdict that a row has to lead to at a place."""
    for site in place.sites():
        for sees in row.sees:
            link = place.link_at(site) if sees.link == "{link}" else sees.link
            yield (site, link, sees.service.format(**place.words())), sees


def fits(saying: Saying | None, sees: Sees) -> bool:
    """Return whether what is said is what has to be."""
    if saying is None:
        return False
    state, segment, symptom = saying
    return state is sees.state and segment is sees.segment and symptom in sees.symptoms


def _said(agent: Mapping[tuple[str, str], Saying] | None, link: str, service: str) -> str:
    saying = None if agent is None else agent.get((link, service))
    return "nothing" if saying is None else " ".join(str(word) for word in saying)


def _unwell(looks: Mapping[str, Look]) -> str:
    found = []
    for site, look in looks.items():
        for who, said in (("agent", look.agent), ("collector", look.collector)):
            if said is None:
                found.append(f"{site} {who}: no answer")
                continue
            bad = {"/".join(key): saying for key, saying in said.items() if saying[0] != "up"}
            found += [
                f"{site} {who} {name}: {' '.join(str(word) for word in saying)}"
                for name, saying in bad.items()
            ]
    return _some(found) or "no verdict on any service yet"


def _some(found: Sequence[str]) -> str:
    """Return the first few of many as one text."""
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more
