"""Builds a city, starts its agents and collector, plays every row, and returns the results."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thongsuot_agent.judge.settings import Settings
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix import profile, reconciliation
from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.journal_reader import RecordedChange, recorded_changes, stored_batches
from thongsuot_lab.matrix.observe import observe_site
from thongsuot_lab.matrix.result import MatrixResult, matrix_result
from thongsuot_lab.matrix.row import BlastRadius, ClockPair, MatrixContext, MatrixRow
from thongsuot_lab.matrix.site_reconciliation import SiteReconciliation
from thongsuot_lab.matrix.trial import LostSince, RowTrial, TrialPhase, nothing_lost
from thongsuot_lab.stack import prometheus
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.stack.process import StackError
from thongsuot_lab.stack.session import StopRequested
from thongsuot_lab.topology.model import Topology
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.verdict import Symptom

OBSERVE_EVERY_S = 0.4
PlacedRow = tuple[MatrixRow, FaultLocation]
_SILENT_OR_SLOW: Final = frozenset(
    {Symptom.SERVICE_TIMEOUT, Symptom.SERVICE_SLOW, Symptom.SERVICE_PARTIAL_OUTAGE}
)


def _ignore(_: object) -> None:
    """Discard a progress message."""


@dataclass(slots=True)
class MatrixRun:
    """
    One run of rows.

    ``patience`` stretches every wait and bound, ``lost_since`` counts what is taken off them;
    ``on_done`` is called with each trial as it ends.
    """

    context: MatrixContext
    patience: float = 1.0
    lost_since: LostSince = nothing_lost
    on_done: Callable[[RowTrial], None] = _ignore
    trials: list[RowTrial] = field(default_factory=list)
    _free_at: dict[str, float] = field(default_factory=dict)

    def play(self, rows: Sequence[MatrixRow]) -> None:
        """Play rows: those of single sites side by side, then the wider ones in waves."""
        topology = self.context.lab.topology
        try:
            self._play_sites([row for row in rows if row.blast_radius is BlastRadius.SITE])
            for wave in waves(rows, topology):
                self._play_wave(wave)
        finally:
            for trial in self.trials:
                trial.abandon()

    def _play_sites(self, rows: list[MatrixRow]) -> None:
        """Give every site the next row as soon as it is well and has rested; longest first."""
        every_s = self.context.profile.every_s
        waiting = sorted(
            rows, key=lambda row: row.bound.limit_s(every_s) + row.hold_s, reverse=True
        )
        topology = self.context.lab.topology
        shapes = {site.name: site.shape for site in topology.sites}
        active: dict[str, RowTrial] = {}
        while waiting or active:
            for site, shape in shapes.items():
                row = next((row for row in waiting if row.shape == shape), None)
                if row is not None and site not in active and self._is_rested(site):
                    waiting.remove(row)
                    place = FaultLocation(topology=topology, site=site, links=row.links)
                    active[site] = self._start(row, place)
            self._advance(list(active.values()))
            active = {
                site: trial for site, trial in active.items() if trial.phase is not TrialPhase.DONE
            }

    def _play_wave(self, wave: Sequence[PlacedRow]) -> None:
        while not all(self._is_rested(site) for _, place in wave for site in place.sites()):
            time.sleep(OBSERVE_EVERY_S)
        active = [self._start(row, place) for row, place in wave]
        while active:
            self._advance(active)
            active = [trial for trial in active if trial.phase is not TrialPhase.DONE]

    def _start(self, row: MatrixRow, place: FaultLocation) -> RowTrial:
        trial = RowTrial(
            context=self.context,
            row=row,
            place=place,
            patience=self.patience,
            lost_since=self.lost_since,
        )
        self.trials.append(trial)
        return trial

    def _advance(self, active: Sequence[RowTrial]) -> None:
        started = time.monotonic()
        sites = dict.fromkeys(site for trial in active for site in trial.place.sites())
        observations = {site: observe_site(self.context.stack, site) for site in sites}
        for trial in active:
            trial.advance({site: observations[site] for site in trial.place.sites()})
            if trial.phase is TrialPhase.DONE:
                self._finish(trial)
        self.context.stack.check()
        time.sleep(max(0.0, OBSERVE_EVERY_S - (time.monotonic() - started)))

    def _finish(self, trial: RowTrial) -> None:
        rest_s = 0.0
        if trial.row.expected and trial.place.portal == "":
            rest_s = profile.REST_BETWEEN_ROWS_S
            if trial.injected_at is not None:
                since_s = (ClockPair.now().boottime_ns - trial.injected_at.boottime_ns) / 1e9
                rest_s = max(rest_s, profile.FROM_ROW_TO_ROW_S - since_s)
        for site in trial.place.sites():
            self._free_at[site] = time.monotonic() + rest_s * self.context.profile.stretch
        self.on_done(trial)

    def _is_rested(self, site: str) -> bool:
        return time.monotonic() >= self._free_at.get(site, 0.0)


def waves(rows: Sequence[MatrixRow], topology: Topology) -> list[list[PlacedRow]]:
    """
    Return the rows that are played together: one fault per portal, one per every other carrier; the
    city alone.

    Sites have one link of a carrier and one of the next, so no site loses both. Only one portal at
    a time is silent or slow: with two, the cause may lie in front of both, and no portal is named.
    """
    portals = sorted(
        node.name.removeprefix("portal.")
        for node in topology.nodes
        if node.name.startswith("portal.")
    )
    carriers = [carrier.name for carrier in topology.carriers]
    groups = [carriers[0::2], carriers[1::2]]
    planned: list[list[PlacedRow]] = []
    of_portals = [row for row in rows if row.blast_radius is BlastRadius.PORTAL]
    silent = [row for row in of_portals if _is_silent_or_slow(row)]
    answering = [row for row in of_portals if not _is_silent_or_slow(row)]
    while silent or answering:
        together, silent = silent[:1], silent[1:]
        free = len(portals) - len(together)
        together, answering = [*together, *answering[:free]], answering[free:]
        planned.append(
            [
                (row, FaultLocation(topology=topology, portal=portal))
                for row, portal in zip(together, portals, strict=False)
            ]
        )
    of_carriers = [row for row in rows if row.blast_radius is BlastRadius.CARRIER]
    while of_carriers:
        group = groups[len(planned) % 2]
        together, of_carriers = of_carriers[: len(group)], of_carriers[len(group) :]
        planned.append(
            [
                (row, FaultLocation(topology=topology, carrier=carrier))
                for row, carrier in zip(together, group, strict=False)
            ]
        )
    of_city = [row for row in rows if row.blast_radius is BlastRadius.CITY]
    planned += [[(row, FaultLocation(topology=topology))] for row in of_city]
    return planned


def _is_silent_or_slow(row: MatrixRow) -> bool:
    return any(expected.symptoms & _SILENT_OR_SLOW for expected in row.expected)


def play_matrix(
    rows: Sequence[MatrixRow],
    topology: Topology,
    folder: Path,
    *,
    patience: float = 1.0,
    lost_since: LostSince = nothing_lost,
    played: profile.MatrixProfile = profile.QUICK,
    done: Callable[[RowTrial], None] = _ignore,
    say: Callable[[str], None] = _ignore,
) -> MatrixResult:
    """Build a lab, play rows in it with a profile and return the results."""
    sites = len(topology.sites)
    with Lab(topology) as lab:
        with_prometheus = prometheus.installed()
        options = played.options_for(lab.ca_file, with_prometheus=with_prometheus)
        stack = CityStack(lab, folder, options)
        say(f"starting a collector and {sites} agents ({played.name}) …")
        try:
            stack.start()
            say("waiting until agents have learned their baselines ……")
            wait_until_learned(stack, patience=patience)
            started = ClockPair.now()
            context = MatrixContext(lab=lab, stack=stack, folder=folder, say=say, profile=played)
            playing = MatrixRun(context, patience=patience, lost_since=lost_since, on_done=done)
            with suppress(StopRequested):
                # A run that is interrupted still reports its results so far.
                playing.play(rows)
            watched_s = (ClockPair.now().boottime_ns - started.boottime_ns) / 1e9
            reconciliation.drain(stack, patience=patience * played.stretch)
            in_prometheus = reconciliation.outcomes_in_prometheus(
                stack, since_s=started.wall_ns / 1e9
            )
        finally:
            stack.stop()
    return matrix_result(
        playing.trials,
        changes_in_journal(folder, stack.boottime_offsets_s),
        reconciliation.reconcile(folder, stack.sites, in_prometheus),
        watched_s=watched_s * sites,
    )


def changes_in_journal(folder: Path, boottime_offsets_s: Mapping[str, int]) -> list[RecordedChange]:
    """Return every verdict change that the collector of a stack has stored, in order."""
    journal = folder / "collector" / "state" / JOURNAL_FILE
    changes = [
        change
        for batch in stored_batches(journal)
        for change in recorded_changes(batch, boottime_offsets_s)
    ]
    return sorted(changes, key=lambda change: change.decided_ns)


LEARNED_WITHIN_S = 300.0
_POLL_EVERY_S = 1.0


def has_learned(stack: CityStack, site: str) -> bool:
    """
    Return whether the agent of a site has sent every anchor as many echoes as a baseline needs.

    Reads the agent's log, so it works only for agents that log each run.
    """
    log = SiteReconciliation()
    log.read_log(stack.agent(site).log)
    echoes = Counter(run[:-1] for run in log.logged_runs if run[0] == icmp.KIND.name)
    links = {link for _, link, _, _ in echoes}
    all_links = {uplink.name for uplink in stack.lab.topology.site(site).uplinks}
    return links == all_links and min(echoes.values()) > Settings().learn_runs


def wait_until_learned(stack: CityStack, *, patience: float) -> None:
    """
    Let every agent learn its baselines.

    Raises:
        StackError: an agent did not in time, or a part of the stack ended unexpectedly.
    """
    deadline_s = time.monotonic() + LEARNED_WITHIN_S * patience
    learning = list(stack.sites)
    while learning := [site for site in learning if not has_learned(stack, site)]:
        if time.monotonic() > deadline_s:
            raise StackError(f"agents have not learned their baselines: {', '.join(learning)}")
        stack.check()
        time.sleep(_POLL_EVERY_S)
