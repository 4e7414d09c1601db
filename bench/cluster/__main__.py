"""
``./run cluster``: three machines that together form one collector, and lose parts at random.

Machines are network namespaces, joined by a cable each: two with a collector and a PostgreSQL, a
primary and its synchronous standby, a VictoriaMetrics and an Alertmanager, and a third one with the
monitor of pg_auto_failover. Devices push to the collector that answers, and push the same batches
to a single collector with embedded files. Any process is killed or stopped, any cable between two
machines, or of one of the pair to devices and people, is cut, any machine is removed with all its
processes and brought back; one at a time, because a pair tolerates one loss at a time. Each service
is started again a second after it has ended, as systemd does.

At the end the results are compared: acknowledged batches that are missing or stored twice; samples
that each VictoriaMetrics lacks; incidents that the Alertmanagers never notified, or notified more
than once; and incidents, the carrier's tickets and statements against those of the single
collector.

Not covered: everything shares one disk and one clock, and no power is cut. Needs root and the
packages pg-auto-failover-cli, victoria-metrics and prometheus-alertmanager.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from bench.cluster.city import City, told_s
from bench.cluster.comparison import ComparisonOutcome, outcome_of
from bench.cluster.failover import DatabasePair
from bench.cluster.faults import KINDS, FaultKind, Faults
from bench.cluster.load import Fall, LoadOrder, LoadRecord, TargetOrder
from bench.cluster.machines import Play, Service, python_program, topology
from bench.cluster.receivers import PAIR, Receivers, Telling
from sqlalchemy import Engine

from thongsuot_collector.store import tokens
from thongsuot_lab.lab import Lab

GOALS_S = {
    FaultKind.NONE: 15.0,
    FaultKind.PROCESS: 15.0,
    FaultKind.THIRD_MACHINE: 15.0,
    FaultKind.CABLE: 40.0,
    FaultKind.MACHINE: 40.0,
}
"""Goal for the time until a fallen fibre is notified, 95th percentile."""

STORM_RATIO = 0.2
"""This share of the fibres that fail do so within two seconds, in the middle of a run."""

_FIRST_FALL_S = 5.0
_TOLD_S = 20.0
"""Goal for the time until a recovery is notified."""

_ALERTS_S = 90.0
"""A second Alertmanager waits for the first one, a turn of their groups each."""

_ALERTS_REJOIN_S = 30.0
"""An Alertmanager that was cut off or killed has heard everything from the other one after this."""

_CAUGHT_UP_S = 20.0
"""No fault lasted long: a database has everything moments after the last push."""

_LAST_PUSH_S = 600.0
"""Devices end together, once the backlog of the last fault has been pushed."""

_EQUAL_WITHIN_S = 30.0
"""Later than this, all sites count as silent, because nothing is pushed any more."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The stage of a run, and its options."""

    options: argparse.Namespace
    folder: Path
    play: Play
    pair: DatabasePair
    city: City
    receivers: Receivers

    def build(self) -> None:
        """Start everything."""
        self.pair.build()
        self.receivers.build()
        self.city.build()
        print(f"built after {time.monotonic() - self.play.began_s:.0f} s", flush=True)

    def is_whole(self) -> bool:
        """Return whether both servers are in sync, and both collectors accept pushes."""
        return self.pair.is_whole() and self.city.are_ready()

    def copy_logs(self, folder: Path) -> None:
        """Keep every log."""
        folder.mkdir(parents=True, exist_ok=True)
        for log in self.folder.rglob("*.log"):
            shutil.copy(log, folder / f"{log.parent.name}-{log.name}")

    def print_logs(self) -> None:
        """Print the end of every log, for debugging."""
        for log in sorted(self.folder.rglob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}", file=sys.stderr)


def stage_of(options: argparse.Namespace, folder: Path, lab: Lab) -> Stage:
    """Return a stage; nothing is started yet."""
    play = Play(lab)
    pair = DatabasePair(play, folder)
    receivers = Receivers(play, folder)
    city = City(play, folder, pair, options.agents, receivers)
    return Stage(
        options=options, folder=folder, play=play, pair=pair, city=city, receivers=receivers
    )


def play_on(stage: Stage) -> bool:
    """Run and print; return whether all goals were met."""
    stores: list[Engine] = []
    try:
        stage.build()
        stores += [stage.city.open_cluster_store(), stage.city.open_alone_store()]
        faults, record = _played(stage, stores)
        return _report(stage, stores, faults, record)
    except BaseException:
        stage.print_logs()
        raise
    finally:
        for store in stores:
            store.dispose()
        stage.play.close()
        if stage.options.logs is not None:
            stage.copy_logs(stage.options.logs)


def _played(stage: Stage, stores: Sequence[Engine]) -> tuple[Faults, LoadRecord]:
    options, play = stage.options, stage.play
    chance = random.Random(options.seed)
    order = _order(stage, stores, chance)
    file = stage.folder / "order.json"
    file.write_bytes(msgspec.json.encode(order))
    load = Service(
        name="load",
        argv=[python_program("python"), "-m", "bench.cluster.load", str(file)],
        folder=Path.cwd(),
        log_folder=stage.folder,
        is_kept=False,
    )
    play.machines["sites"].add(load)
    began_s = time.monotonic()
    kinds = [KINDS[name] for name in options.faults]
    faults = Faults(play, chance, stage.is_whole, began_s=began_s, kinds=kinds)
    faults.play_until(began_s + options.minutes * 60)
    # The last fibre must have recovered, and the recovery be notified, while its site still
    # reports.
    back_s = began_s + options.minutes * 60 + options.down + options.every + _TOLD_S
    play.wait(max(_TOLD_S, back_s - time.monotonic()))
    # And everything about it must be notified, no matter by which collector.
    _await_alerts(stage)
    Path(order.finish).touch()
    record = Path(order.record)
    play.wait_until(lambda: record.exists() or not load.is_running, within_s=_LAST_PUSH_S)
    if not record.exists():
        raise TimeoutError(f"the load did not end:\n{load.log.read_text(errors='replace')[-3000:]}")
    return faults, msgspec.json.decode(record.read_bytes(), type=LoadRecord)


def _order(stage: Stage, stores: Sequence[Engine], chance: random.Random) -> LoadOrder:
    options, city = stage.options, stage.city
    secrets = [{site: tokens.create(store, site) for site in city.sites} for store in stores]
    ends_s = options.minutes * 60
    falling = chance.sample(city.sites, min(len(city.sites), options.falls))
    in_storm = round(len(falling) * STORM_RATIO)
    falls = {
        site: ends_s / 2 + chance.uniform(0, 2)
        if place < in_storm
        else chance.uniform(_FIRST_FALL_S, ends_s)
        for place, site in enumerate(falling)
    }
    return LoadOrder(
        sites=tuple(city.sites),
        cluster=TargetOrder(urls=city.urls, secrets=secrets[0]),
        alone=TargetOrder(urls=(city.alone_url,), secrets=secrets[1]),
        falls=falls,
        down_s=options.down,
        every_s=options.every,
        seed=options.seed,
        record=str(stage.folder / "record.json"),
        finish=str(stage.folder / "finish"),
    )


def _report(stage: Stage, stores: Sequence[Engine], faults: Faults, record: LoadRecord) -> bool:
    city = stage.city
    kept = Counter((batch.site, batch.number) for batch in city.kept())
    acknowledged = {
        (site, number) for site, numbers in record.acknowledged.items() for number in numbers
    }
    lost, doubled = len(acknowledged - set(kept)), sum(count - 1 for count in kept.values())
    leader = city.leader(stores[0])
    print(f"faults: {dict(faults.counts())}; terms: {0 if leader is None else leader.term}")
    print(f"acknowledged: {len(acknowledged)}, lost: {lost}, doubled: {doubled}")
    print(f"longest wait for an acknowledgement: {record.longest_s:.1f} s; {record.refused}")
    missing = _missing_samples(stage, record)
    differences = _differences(stage, stores)
    for line in differences[:20]:
        print(f"DIFFERENT: {line}")
    _report_dating(city)
    untold = _report_alerts(stage, faults)
    ended = [text for machine in stage.play.machines.values() for text in machine.died_by_itself]
    for text in ended:
        print(f"ENDED BY ITSELF: {text}")
    is_in_time = _report_told(city, faults, record.falls)
    broken = record.refused.get("500", 0)
    if broken:
        print(f"ANSWERED 500: {broken} pushes; what cannot be taken now is a 503")
    missed = lost or doubled or differences or ended or broken or faults.never_whole
    is_good = is_in_time and not (missed or missing or untold)
    print(f"load average {os.getloadavg()[0]:.1f}; {'good' if is_good else 'NOT GOOD'}")
    return is_good


def _missing_samples(stage: Stage, record: LoadRecord) -> int:
    """Return how many samples the databases lack, once both have had time to catch up."""
    receivers, measured = stage.receivers, sum(map(len, record.measured_ms.values()))
    missing: dict[str, int] = {}

    def have_all() -> bool:
        missing.update({name: receivers.missing(name, record.measured_ms) for name in PAIR})
        return not any(missing.values())

    stage.play.wait_until(have_all, within_s=_CAUGHT_UP_S)
    for name, count in missing.items():
        print(f"VictoriaMetrics on {name}: of {measured} samples {count} missing")
    print(f"started: {dict(receivers.starts())}")
    return sum(missing.values())


def _report_dating(city: City) -> None:
    """Print the batches that the two sides have dated differently: a reason for any difference."""
    alone = {(batch.site, batch.number): batch for batch in city.kept_alone()}
    pairs = [(batch, alone.get((batch.site, batch.number))) for batch in city.kept()]
    unlike = [(ours, theirs) for ours, theirs in pairs if theirs and ours[2:] != theirs[2:]]
    moved = [(ours, theirs) for ours, theirs in unlike if ours.epoch_ns != theirs.epoch_ns]
    print(f"dated otherwise: {len(unlike)} of {len(pairs)} batches, {len(moved)} at another time")
    for ours, theirs in moved[:10]:
        print(f"  {ours.site} {ours.number}: cluster {ours[2:]}, alone {theirs[2:]}")


def _await_alerts(stage: Stage) -> None:
    """Wait until every end was notified, too, while devices still push."""
    incidents = len(stage.city.tickets("cluster"))

    def are_over() -> bool:
        statuses = Counter(status for _, status in stage.receivers.alerts_told())
        return statuses["resolved"] >= incidents

    stage.play.wait_until(are_over, within_s=_ALERTS_S)


def _report_alerts(stage: Stage, faults: Faults) -> int:
    """
    Print how often people were notified of an alert.

    Returns how many alerts they never received, or received twice although no fault had hit or
    separated the Alertmanagers: these prefer a duplicate where they cannot reach each other.
    """
    incidents = len(stage.city.tickets("cluster"))
    told = stage.receivers.alerts_told()
    unexplained = 0
    for status in ("firing", "resolved"):
        every = [tellings for (_, its_status), tellings in told.items() if its_status == status]
        again = [sorted(tellings) for tellings in every if len(tellings) > 1]
        unstruck = [tellings for tellings in again if not _were_struck(faults, tellings)]
        unexplained += len(unstruck)
        print(
            f"Alertmanager pair, {status}: {len(every)} of {incidents} incidents told, "
            f"{len(again)} of them more than once, {len(unstruck)} of these while nothing had "
            "struck the pair"
        )
        for tellings in unstruck:
            first_s = tellings[0].at_s
            print(f"  {[(told.machine, round(told.at_s - first_s, 1)) for told in tellings]}")
    firing = sum(status == "firing" for _, status in told)
    return max(0, incidents - firing) + unexplained


def _were_struck(faults: Faults, tellings: Sequence[Telling]) -> bool:
    """Return whether anything kept the Alertmanagers from knowing of each other's telling."""
    first_s, last_s = min(tellings).at_s, max(tellings).at_s
    return any(
        fault.kind in {FaultKind.CABLE, FaultKind.MACHINE} or "alertmanager" in fault.text
        for fault in faults.during(first_s - _ALERTS_REJOIN_S, last_s)
    )


def _differences(stage: Stage, stores: Sequence[Engine]) -> list[str]:
    """
    Return the differences between the cluster and the single collector, after all notifications;
    this stops both.
    """
    city = stage.city

    def outcomes() -> list[ComparisonOutcome]:
        return [
            outcome_of(store, city.inventory, city.tickets(side))
            for store, side in zip(stores, ("cluster", "alone"), strict=True)
        ]

    def have_told_alike() -> bool:
        ours, theirs = outcomes()
        return (ours.incidents, ours.tickets) == (theirs.incidents, theirs.tickets)

    # The last recoveries are still being notified.
    stage.play.wait_until(have_told_alike, within_s=_EQUAL_WITHIN_S)
    # Statements end at the last state that a collector has saved, which it does periodically.
    city.stop_collectors()
    ours, theirs = outcomes()
    differences = ours.differences(theirs)
    if not differences:
        print(
            f"identical: {len(theirs.incidents)} incidents, {theirs.tickets.total()} tickets, "
            f"{len(theirs.statements)} statements"
        )
    return differences


def _report_told(city: City, faults: Faults, falls: Sequence[Fall]) -> bool:
    ours, theirs = (told_s(city.tickets(side)) for side in ("cluster", "alone"))
    waits_s: dict[FaultKind, list[float]] = {kind: [] for kind in FaultKind}
    for fall in falls:
        at_s = ours.get(fall.site, float("inf"))
        waits_s[faults.kind_between(fall.at_s, at_s)].append(at_s - fall.at_s)
    is_good = True
    for kind, waits in waits_s.items():
        if not waits:
            print(f"told, {kind}: nothing fell meanwhile")
            continue
        p95_s, goal_s = _at(waits, 0.95), GOALS_S[kind]
        is_good &= p95_s <= goal_s
        print(
            f"told, {kind}: {len(waits)} falls, p50 {_at(waits, 0.5):.1f} s, p95 {p95_s:.1f} s, "
            f"longest {max(waits):.1f} s (goal {goal_s:g} s{'' if p95_s <= goal_s else ': MISSED'})"
        )
    alone = [theirs.get(fall.site, float("inf")) - fall.at_s for fall in falls]
    if alone:
        print(f"told by the one alone: p50 {_at(alone, 0.5):.1f} s, p95 {_at(alone, 0.95):.1f} s")
    return is_good


def _at(waits: Sequence[float], ratio: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * ratio))]


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="./run cluster", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="default %(default)s")
    parser.add_argument("--agents", type=int, default=500, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="seed for the order of events")
    parser.add_argument("--falls", type=int, default=300, help="fibres that fall, each once")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two pushes")
    parser.add_argument("--down", type=float, default=90.0, help="seconds that a fibre is down")
    parser.add_argument(
        "--faults", nargs="+", choices=list(KINDS), default=list(KINDS), help="default: all"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="copy all logs there")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-cluster-") as name,
        Lab(topology()) as lab,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        return 0 if play_on(stage_of(options, folder, lab)) else 1


if __name__ == "__main__":
    sys.exit(main())
