"""
Packet run: generated scenarios on the lab's namespaces, several sites at once, under real agents.

Faults of single sites are played side by side, one per site; a fault that affects more than one
site is played alone. Each scenario is then played in the simulated network, too, and both are
compared.
"""

import fcntl
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.store.engine import open_store
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.journal_reader import RecordedChange
from thongsuot_lab.matrix.runner import changes_in_journal
from thongsuot_lab.stack.city import RECORDING, CityStack, StackOptions
from thongsuot_lab.stack.session import StopRequested
from thongsuot_lab.topology.city import DOMAIN
from thongsuot_lab.topology.model import Topology
from thongsuot_lab.truth.assessment import Assessment, SentMessage, VerdictPeriod, assess
from thongsuot_lab.truth.centre import message_of
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.harm import Harm, harm_from
from thongsuot_lab.truth.packet_citizen import PacketCitizen
from thongsuot_lab.truth.packet_faults import PacketFault
from thongsuot_lab.truth.packet_scenarios import Batch, PacketGrammar, lab_topology
from thongsuot_lab.truth.scenario_run import play, sent_message, verdict_periods_of
from thongsuot_schema.verdict import Verdict, VerdictChange

WARM_S = 90.0
"""Agents learn the normal values before any fault."""

REST_S = 60.0
"""Between two batches, after the time for recovery that each scenario ends with."""

FOLLOW_EVERY_S = 0.1
PUSH_EVERY_S = 15.0
SITES = 6
FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineComparison:
    """One scenario in both engines."""

    scenario: Scenario
    packets: Assessment
    simulated: Assessment
    is_harm_alike: bool
    is_seen_alike: bool
    is_told_alike: bool
    recordings: tuple[Path, ...]
    """The recordings of the judges of the affected sites, up to its end and possibly beyond."""

    @property
    def is_alike(self) -> bool:
        """Whether both engines have the same result."""
        return self.is_harm_alike and self.is_seen_alike and self.is_told_alike

    def differences(self) -> list[str]:
        """Return the differences between the engines, one line each."""
        lines = []
        for name, is_alike, of in (
            ("sustained harm", self.is_harm_alike, _hurt),
            ("harm seen", self.is_seen_alike, _seen),
            ("told", self.is_told_alike, _told),
        ):
            if not is_alike:
                here, there = (
                    sorted(map(str, of(self.packets))),
                    sorted(map(str, of(self.simulated))),
                )
                lines.append(f"{name}: on packets {here or 'none'}, simulated {there or 'none'}")
        return lines


@dataclass(slots=True)
class _Window:
    """When a scenario was played: Unix time and CLOCK_BOOTTIME of its second 0."""

    scenario: Scenario
    wall_s: float
    boot_s: float


def run_packets(
    seed: int,
    count: int,
    folder: Path,
    report: Callable[[str], None],
    *,
    sites: int = SITES,
    labs: int = 1,
    only: int | None = None,
    is_metered: bool = False,
) -> Iterator[EngineComparison]:
    """
    Play scenarios on packets, then each in the simulation; yield both, in order.

    With several ``labs`` the batches are divided among as many labs side by side, each in a process
    of its own: a fault at many sites needs a lab for itself, and waits most of the time. ``only``
    is the index of a single scenario to play. ``is_metered``: every second line has an allowance,
    in both engines.
    """
    topology = lab_topology(sites, is_metered=is_metered)
    drawn = PacketGrammar(topology, seed)
    batches = drawn.batches(count)
    if only is not None:
        batches = [(known,) for batch in batches for known in batch if known.index == only]
    report(f"{len(batches)} batches of scenarios; the lab has no means for:")
    for reason, times in sorted(drawn.refused.items()):
        report(f"  {reason} (drawn {times} times)")
    shares = [batches[number::labs] for number in range(labs) if batches[number::labs]]
    if len(shares) == 1:
        yield from _play_in_lab(batches, folder, topology, report)
        return
    comparisons: list[EngineComparison] = []
    # Workers that are ended take their labs down first, as ``stop_on_signals`` has it.
    with get_context("fork").Pool(len(shares)) as pool:
        tasks = [
            (share, folder / f"lab{number}", topology, folder / "starting", report)
            for number, share in enumerate(shares, start=1)
        ]
        for played in pool.imap_unordered(_play_share, tasks, chunksize=1):
            comparisons += played
        pool.close()
        pool.join()
    yield from sorted(comparisons, key=lambda comparison: comparison.scenario.index)


def _play_share(
    task: tuple[Sequence[Batch], Path, Topology, Path, Callable[[str], None]],
) -> list[EngineComparison]:
    """Play one lab's share of the batches, in a process of its own."""
    batches, folder, topology, starting, report = task
    folder.mkdir(mode=stat.S_IMODE(folder.parent.stat().st_mode))

    def named(text: str) -> None:
        report(f"{folder.name}: {text}")

    try:
        return list(_play_in_lab(batches, folder, topology, named, starting=starting))
    except StopRequested:
        # The lab is down by now, and nobody waits for an outcome.
        sys.exit(1)


def _play_in_lab(
    batches: Sequence[Batch],
    folder: Path,
    topology: Topology,
    report: Callable[[str], None],
    *,
    starting: Path | None = None,
) -> Iterator[EngineComparison]:
    """Play batches one after the other in one lab; only one at a time is ``starting``."""
    with ExitStack() as undo:
        with ExitStack() as turn:
            if starting is not None:
                fcntl.flock(turn.enter_context(starting.open("w")), fcntl.LOCK_EX)
            lab = undo.enter_context(Lab(topology))
            stack = CityStack(
                lab,
                folder,
                StackOptions(with_prometheus=False, push_every_s=PUSH_EVERY_S, is_recording=True),
            )
            stack.start()
            undo.callback(stack.stop)
        citizens = _citizens(lab, folder)
        report(f"{len(topology.sites)} agents and citizens are up; warming for {WARM_S:.0f} s")
        time.sleep(WARM_S)
        try:
            for number, batch in enumerate(batches, start=1):
                windows = _play_batch(lab, stack, batch, f"{number} of {len(batches)}", report)
                yield from _concluded(windows, citizens, stack, report)
        finally:
            for citizen in citizens.values():
                citizen.stop()


def _concluded(
    windows: Sequence[_Window],
    citizens: dict[str, PacketCitizen],
    stack: CityStack,
    report: Callable[[str], None],
) -> Iterator[EngineComparison]:
    """
    Compare the results of a batch, and report them at once, because an hour of batches is long.
    """
    turns, messages = (
        changes_in_journal(stack.folder, stack.boottime_offsets_s),
        _messages(stack.folder),
    )
    for window in windows:
        recordings = tuple(
            file
            for site in _sites_of(window.scenario)
            for file in sorted(stack.agent_folder(site).glob(f"{RECORDING.with_suffix('')}*"))
        )
        compared = _compared(window, citizens, turns, messages, recordings)
        report(f"{window.scenario.name} {'alike' if compared.is_alike else 'unlike'} in both")
        for line in (*compared.packets.failures(), *compared.differences()):
            report(f"{window.scenario.name}     {line}")
        yield compared


def _citizens(lab: Lab, folder: Path) -> dict[str, PacketCitizen]:
    urls = [
        f"https://{name}/" for name in sorted(lab.topology.names) if name != f"collector.{DOMAIN}"
    ]
    return {
        site.name: PacketCitizen(lab, site.client, urls, folder / f"visits-{site.name}.txt")
        for site in lab.topology.sites
        if site.client is not None
    }


def _play_batch(
    lab: Lab, stack: CityStack, batch: Batch, title: str, report: Callable[[str], None]
) -> list[_Window]:
    """Play the faults of a batch concurrently; return when each was played."""
    for scenario in batch:
        report(
            f"batch {title}: {scenario.name} {' + '.join(map(str, scenario.faults)) or 'healthy'}"
        )
    wall_s, boot_s = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    started_s = time.monotonic()
    faults = [
        PacketFault(lab, fault, f"truth_{scenario.seed}_{scenario.index}_{number}")
        for scenario in batch
        for number, fault in enumerate(scenario.faults)
    ]
    until_s = max(scenario.until_s for scenario in batch)
    try:
        while (at_s := time.monotonic() - started_s) < until_s:
            for fault in faults:
                fault.follow(at_s)
            stack.check()
            time.sleep(FOLLOW_EVERY_S)
    finally:
        for fault in faults:
            fault.end()
    time.sleep(REST_S)
    return [_Window(scenario, wall_s, boot_s) for scenario in batch]


def _messages(folder: Path) -> list[tuple[float, SentMessage]]:
    """Return every ``opened`` of the collector's incidents, with its Unix time."""
    store = open_store(folder / "collector" / "state" / STORE_FILE)
    try:
        incidents = rows.load_live(store, known_since_ns=0).incidents
    finally:
        store.dispose()
    messages = [
        (message.at_s, sent_message(message))
        for incident in incidents
        for entry in incident.notifications
        if (message := message_of(incident, entry, epoch_s=0.0)).kind == "opened"
    ]
    return sorted(messages, key=lambda entry: entry[0])


def _compared(
    window: _Window,
    citizens: dict[str, PacketCitizen],
    turns: Sequence[RecordedChange],
    messages: Sequence[tuple[float, SentMessage]],
    recordings: tuple[Path, ...],
) -> EngineComparison:
    scenario = window.scenario
    end_s = window.wall_s + scenario.until_s
    played_sites = _sites_of(scenario)
    harms: dict[tuple[str, str], Harm] = {}
    for site in played_sites:
        made = citizens[site].visits(window.wall_s, end_s)
        harms[site, FIXED] = harm_from(
            site, FIXED, made, is_demanded=True, until_s=scenario.until_s
        )
    sent_messages = [
        _at(message, at_s - window.wall_s)
        for at_s, message in messages
        if window.wall_s <= at_s < end_s + REST_S
        and any(subject[0] in played_sites for subject in message.subjects)
    ]
    periods: list[VerdictPeriod] = []
    for site in played_sites:
        changes = [
            _change(turn, window.boot_s)
            for turn in turns
            if turn.site == site and 0.0 <= turn.decided_ns / 1e9 - window.boot_s < scenario.until_s
        ]
        periods += verdict_periods_of(site, changes, scenario.until_s, boot_s=0.0)
    packets = assess(scenario, harms, sent_messages, periods)
    simulated = play(after_warming(scenario)).assessment
    return EngineComparison(
        scenario=scenario,
        packets=packets,
        simulated=simulated,
        is_harm_alike=_hurt(packets) == _hurt(simulated),
        is_seen_alike=_seen(packets) == _seen(simulated),
        is_told_alike=_told(packets) == _told(simulated),
        recordings=recordings,
    )


def after_warming(scenario: Scenario) -> Scenario:
    """
    Return a scenario with ``WARM_S`` before it, as the lab's agents have: an agent that has just
    started does not know yet how long pages usually take, and takes slow ones for usual.
    """
    faults = tuple(
        replace(fault, start_s=fault.start_s + WARM_S, end_s=fault.end_s + WARM_S)
        for fault in scenario.faults
    )
    return replace(scenario, faults=faults, until_s=scenario.until_s + WARM_S)


def _sites_of(scenario: Scenario) -> list[str]:
    """Return the sites that a scenario may touch: one, or all of them."""
    names = [site.name for site in scenario.city.sites]
    own = {fault.place.name.partition(".")[0] for fault in scenario.faults}
    return sorted(own) if own and own <= set(names) else names


def _hurt(assessment: Assessment) -> set[tuple[str, str]]:
    return {
        (record.site, record.line) for record in assessment.harm_records if record.line == FIXED
    }


def _seen(assessment: Assessment) -> set[tuple[str, str]]:
    return {
        (record.site, record.line)
        for record in assessment.harm_records
        if record.line == FIXED and record.seen_s is not None
    }


def _told(assessment: Assessment) -> set[str]:
    return {judged.message.party for judged in assessment.assessed}


def _at(message: SentMessage, at_s: float) -> SentMessage:
    return SentMessage(
        at_s=at_s,
        party=message.party,
        subjects=message.subjects,
        is_unlocated=message.is_unlocated,
        words=message.words,
    )


def _change(turn: RecordedChange, boot_s: float) -> VerdictChange:
    return VerdictChange(
        verdict=Verdict(
            link=turn.link,
            service=turn.service,
            state=turn.state,
            segment=turn.segment,
            symptom=turn.symptom,
        ),
        before=turn.before,
        onset_boottime_ns=turn.onset_ns - round(boot_s * 1e9),
        decided_boottime_ns=turn.decided_ns - round(boot_s * 1e9),
    )
