"""Run: a city built, its agents and collector started, every row played, and the account of it."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_collector.app.parts import JOURNAL_FILE
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix import books, profile
from thongsuot_lab.matrix.account import Account, account_of
from thongsuot_lab.matrix.eyes import look_at
from thongsuot_lab.matrix.moment import Moment
from thongsuot_lab.matrix.place import Place
from thongsuot_lab.matrix.record import Turn, batches, turns_of
from thongsuot_lab.matrix.row import Row, Scope
from thongsuot_lab.matrix.stage import Stage
from thongsuot_lab.matrix.trial import Phase, Trial
from thongsuot_lab.stack import prometheus
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.stack.session import Stopped
from thongsuot_lab.topology.model import Topology

LOOK_EVERY_S = 0.4
Played = tuple[Row, Place]


def _unheard(_: object) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Run:
    """
    One run of rows.

    ``patience`` stretches every wait and bound; ``done`` hears of each trial as it ends.
    """

    stage: Stage
    patience: float = 1.0
    done: Callable[[Trial], None] = _unheard
    trials: list[Trial] = field(default_factory=list)
    _free_at: dict[str, float] = field(default_factory=dict)

    def play(self, rows: Sequence[Row]) -> None:
        """Play rows: those of single sites side by side, then the wider ones in waves."""
        topology = self.stage.lab.topology
        try:
            self._play_sites([row for row in rows if row.scope is Scope.SITE])
            for wave in waves(rows, topology):
                self._play_wave(wave)
        finally:
            for trial in self.trials:
                trial.abandon()

    def _play_sites(self, rows: list[Row]) -> None:
        """Give every site the next row as soon as it is well and has rested; longest first."""
        waiting = sorted(rows, key=lambda row: row.within.limit_s + row.hold_s, reverse=True)
        topology = self.stage.lab.topology
        sites = [site.name for site in topology.sites]
        active: dict[str, Trial] = {}
        while waiting or active:
            for site in sites:
                if waiting and site not in active and self._is_rested(site):
                    row = waiting.pop(0)
                    place = Place(topology=topology, site=site, links=row.links)
                    active[site] = self._start(row, place)
            self._advance(list(active.values()))
            active = {site: one for site, one in active.items() if one.phase is not Phase.DONE}

    def _play_wave(self, wave: Sequence[Played]) -> None:
        while not all(self._is_rested(site) for _, place in wave for site in place.sites()):
            time.sleep(LOOK_EVERY_S)
        active = [self._start(row, place) for row, place in wave]
        while active:
            self._advance(active)
            active = [trial for trial in active if trial.phase is not Phase.DONE]

    def _start(self, row: Row, place: Place) -> Trial:
        trial = Trial(stage=self.stage, row=row, place=place, patience=self.patience)
        self.trials.append(trial)
        return trial

    def _advance(self, active: Sequence[Trial]) -> None:
        started = time.monotonic()
        sites = dict.fromkeys(site for trial in active for site in trial.place.sites())
        looks = {site: look_at(self.stage.stack, site) for site in sites}
        for trial in active:
            trial.advance({site: looks[site] for site in trial.place.sites()})
            if trial.phase is Phase.DONE:
                self._finish(trial)
        self.stage.stack.check()
        time.sleep(max(0.0, LOOK_EVERY_S - (time.monotonic() - started)))

    def _finish(self, trial: Trial) -> None:
        for site in trial.place.sites():
            rest_s = profile.REST_S if trial.row.sees and trial.place.portal == "" else 0.0
            self._free_at[site] = time.monotonic() + rest_s
        self.done(trial)

    def _is_rested(self, site: str) -> bool:
        return time.monotonic() >= self._free_at.get(site, 0.0)


def waves(rows: Sequence[Row], topology: Topology) -> list[list[Played]]:
    """
    Return what is played together: a fault a portal, a fault every other carrier, the city alone.

    Sites have one link of a carrier and one of the next, so no site loses both.
    """
    portals = sorted(
        node.name.removeprefix("portal.")
        for node in topology.nodes
        if node.name.startswith("portal.")
    )
    carriers = [carrier.name for carrier in topology.carriers]
    groups = [carriers[0::2], carriers[1::2]]
    found: list[list[Played]] = []
    of_portals = [row for row in rows if row.scope is Scope.PORTAL]
    for first in range(0, len(of_portals), len(portals)):
        together = of_portals[first : first + len(portals)]
        found.append(
            [
                (row, Place(topology=topology, portal=portal))
                for row, portal in zip(together, portals, strict=False)
            ]
        )
    of_carriers = [row for row in rows if row.scope is Scope.CARRIER]
    while of_carriers:
        group = groups[len(found) % 2]
        together, of_carriers = of_carriers[: len(group)], of_carriers[len(group) :]
        found.append(
            [
                (row, Place(topology=topology, carrier=carrier))
                for row, carrier in zip(together, group, strict=False)
            ]
        )
    of_city = [row for row in rows if row.scope is Scope.CITY]
    found += [[(row, Place(topology=topology))] for row in of_city]
    return found


def run(
    rows: Sequence[Row],
    folder: Path,
    *,
    sites: int = 6,
    patience: float = 1.0,
    done: Callable[[Trial], None] = _unheard,
    say: Callable[[str], None] = _unheard,
) -> Account:
    """Build the lab, play the rows and return the account."""
    with Lab(profile.topology(sites)) as lab:
        with_prometheus = prometheus.installed()
        stack = CityStack(
            lab, folder, profile.options(lab.ca_file, with_prometheus=with_prometheus)
        )
        say(f"starting a collector and {sites} agents …")
        try:
            stack.start()
            started = Moment.now()
            stage = Stage(lab=lab, stack=stack, folder=folder, say=say)
            playing = Run(stage, patience=patience, done=done)
            with suppress(Stopped):
                # Who stops it early still wants to know what has come of it.
                playing.play(rows)
            watched_s = (Moment.now().boottime_ns - started.boottime_ns) / 1e9
            books.come_to_rest(stack, patience=patience)
            in_prometheus = books.delivered(stack, since_s=started.wall_ns / 1e9)
        finally:
            stack.stop()
    return account_of(
        playing.trials,
        record_of(folder),
        books.read(folder, stack.sites, in_prometheus),
        watched_s=watched_s * sites,
        patience=patience,
    )


def record_of(folder: Path) -> list[Turn]:
    """Return every verdict change that the collector of a stack has kept, in order."""
    journal = folder / "collector" / "state" / JOURNAL_FILE
    turns = [turn for kept in batches(journal) for turn in turns_of(kept)]
    return sorted(turns, key=lambda turn: turn.decided_ns)
