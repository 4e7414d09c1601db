"""The results of a run: lost, duplicate, different and late notifications; printed, and judged."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from bench.cluster.account import read_account
from bench.cluster.city import City, replay_settings, told_s
from bench.cluster.comparison import ComparisonOutcome, outcome_of, read_incidents
from bench.cluster.faults import FaultKind, Faults
from bench.cluster.load import Fall, LoadRecord
from bench.cluster.receivers import PAIR, Telling
from bench.cluster.replay import NS_PER_S, RecordedJournal, Replay
from bench.cluster.stage import Stage
from sqlalchemy import Engine

from thongsuot_collector.timeline.settings import TimelineSettings

GOALS_S = {
    FaultKind.NONE: 15.0,
    FaultKind.PROCESS: 15.0,
    FaultKind.THIRD_MACHINE: 15.0,
    FaultKind.CABLE: 40.0,
    FaultKind.MACHINE: 40.0,
}
"""Goal for the time until a fallen fibre is notified, 95th percentile."""

_ALERTS_REJOIN_S = 30.0
"""
After this time an Alertmanager that was cut off or killed has received everything from the other
one.
"""

_ANNOUNCED_S = 5.0
"""
Within this time an Alertmanager has announced a notification to the other one: it does so when the
receiver has answered, and in a storm that takes a second or two. Two that notify within it do not
know of each other.
"""

_ALERTS_END_S = 90.0
"""An end is told within two group intervals and a wait for the other Alertmanager."""

_FLAWS_SHOWN = 20

_SILENT_S = TimelineSettings().silent_after_s
_SPARE_S = 5.0
"""What has to be over before the first site counts as silent is over this long before."""


def report(stage: Stage, store: Engine, faults: Faults, record: LoadRecord) -> bool:
    """Print what a run has shown, and stop the collectors; return whether all goals were met."""
    city = stage.city
    # Devices push no more, and their silence is not compared.
    until_s = _first_silence_s(record) - _SPARE_S
    # The last recoveries are still being notified.
    stage.play.wait_until(lambda: _are_over(city, record), within_s=until_s - time.time())
    missing = _missing_samples(stage, record, until_s)
    _await_cursors(stage, record, until_s)
    # What is judged later than this is not compared. Statements end at the last state that a
    # collector has saved, which it does periodically and when it is stopped.
    ended_ns = time.time_ns()
    city.stop_collectors()
    untold = _report_alerts(stage, faults)
    recorded, tickets = city.recorded(), city.tickets()
    flaws = _report_account(stage, record, len(recorded.entries))
    kept = Counter((stored.entry.site, stored.entry.number) for stored in recorded.entries)
    acknowledged = {
        (site, batch.number) for site, batches in record.acknowledged.items() for batch in batches
    }
    lost, doubled = len(acknowledged - set(kept)), sum(count - 1 for count in kept.values())
    leader = city.leader(store)
    print(f"faults: {dict(faults.counts())}; terms: {0 if leader is None else leader.term}")
    print(f"acknowledged: {len(acknowledged)}, lost: {lost}, doubled: {doubled}")
    print(f"longest wait for an acknowledgement: {record.longest_s:.1f} s; {record.refused}")
    ours = outcome_of(store, city.inventory, tickets)
    theirs, told_alone_s = _replayed(stage, recorded, ended_ns)
    differences = _report_differences(ours, theirs, record)
    ended = [text for machine in stage.play.machines.values() for text in machine.died_by_itself]
    for text in ended:
        print(f"ENDED BY ITSELF: {text}")
    is_in_time = _report_told(faults, record.falls, told_s(tickets), told_alone_s)
    broken = record.refused.get("500", 0)
    if broken:
        print(f"ANSWERED 500: {broken} pushes; what cannot be taken now is a 503")
    print(f"CPU of the load: {record.cpu_s:.0f} s")
    missed = lost or doubled or flaws or differences or ended or broken or faults.never_whole
    is_good = is_in_time and not (missed or missing or untold)
    print(f"load average {os.getloadavg()[0]:.1f}; {'good' if is_good else 'NOT GOOD'}")
    return is_good


def _report_account(stage: Stage, record: LoadRecord, stored: int) -> int:
    """Print what the product itself says of its record; return how much of that does not close."""
    account = read_account(stage.play.machines["m1"], stage.city.config_of("m1"))
    for line in account.lines():
        print(line)
    flaws = account.flaws(record.made, stored)
    for flaw in flaws[:_FLAWS_SHOWN]:
        print(f"DOES NOT CLOSE: {flaw}")
    return len(flaws)


def _are_over(city: City, record: LoadRecord) -> bool:
    """Return whether every fibre that fell has a ticket, and all tickets are resolved."""
    tickets = city.tickets()
    is_told = {fall.site for fall in record.falls} <= told_s(tickets).keys()
    return is_told and all(ticket["status"] == "resolved" for ticket in tickets)


def _replayed(
    stage: Stage, recorded: RecordedJournal, ended_ns: int
) -> tuple[ComparisonOutcome, Mapping[str, float]]:
    """
    Return what a single collector makes of the journal, and when it decided to tell of each site.
    """
    city, folder = stage.city, stage.folder / "replay"
    folder.mkdir()
    replay = Replay(folder, city.inventory, recorded, replay_settings())
    try:
        asyncio.run(replay.play(ended_ns))
        told_alone_s = {
            incident.key.partition("/")[0]: incident.notifications[0].at_ns / NS_PER_S
            for incident in read_incidents(replay.store)
            if incident.notifications
        }
        return outcome_of(replay.store, city.inventory, replay.tickets), told_alone_s
    finally:
        replay.store.dispose()


def _first_silence_s(record: LoadRecord) -> float:
    """Return when (Unix time) the first site counts as silent."""
    heard_s = min(batches[-1].sealed_s for batches in record.acknowledged.values())
    return heard_s + _SILENT_S


def _missing_samples(stage: Stage, record: LoadRecord, until_s: float) -> int:
    """Return how many samples the databases lack, when both have all or at a Unix time."""
    receivers, measured = stage.receivers, sum(map(len, record.measured_ms.values()))
    missing: dict[str, int] = {}

    def have_all() -> bool:
        missing.update({name: receivers.missing(name, record.measured_ms) for name in PAIR})
        return not any(missing.values())

    stage.play.wait_until(have_all, within_s=until_s - time.time())
    for name, count in missing.items():
        print(f"VictoriaMetrics on {name}: of {measured} samples {count} missing")
    print(f"started: {dict(receivers.starts())}")
    return sum(missing.values())


def _await_cursors(stage: Stage, record: LoadRecord, until_s: float) -> None:
    """
    Wait for the cursors of the sinks, or until a Unix time; the account counts what is behind them.

    A cursor follows its deliveries by the time after which they are certainly on a database's disk.
    """
    sinks = stage.receivers.sinks
    have_come = stage.play.wait_until(
        lambda: stage.city.is_read_by(sinks), within_s=until_s - time.time()
    )
    last_s = max(batches[-1].acknowledged_s for batches in record.acknowledged.values())
    print(
        f"cursors of {len(sinks)} databases: {'' if have_come else 'NOT '}at the journal's end "
        f"{time.time() - last_s:.1f} s after the last push"
    )


def _report_alerts(stage: Stage, faults: Faults) -> int:
    """
    Print how often people were notified of an alert.

    Returns how many alerts and ends they never received, or received twice although no fault had
    hit or separated the Alertmanagers: these prefer a duplicate where they cannot reach each other.
    """
    incidents = len(stage.city.tickets())
    stage.play.wait_until(
        lambda: not _without_end(stage.receivers.alerts_told()), within_s=_ALERTS_END_S
    )
    told = stage.receivers.alerts_told()
    unexplained = len(_without_end(told))
    for status in ("firing", "resolved"):
        every = {name: sorted(told[name]) for name in told if name[1] == status}
        again = {name: tellings for name, tellings in every.items() if len(tellings) > 1}
        unstruck = []
        for (alert, _), tellings in again.items():
            # Of an alert that both had called firing both tell the end. An Alertmanager that was
            # away when the alert began has other moments to tell: then one that has waited for the
            # other tells at the same moment as that one.
            firing = told.get((alert, "firing"), ())
            is_at_once = max(tellings).at_s - min(tellings).at_s <= _ANNOUNCED_S
            since = firing if len(firing) > 1 or is_at_once else ()
            if not _were_struck(faults, [*tellings, *since]):
                unstruck.append(tellings)
        unexplained += len(unstruck)
        print(
            f"Alertmanager pair, {status}: {len(every)} of {incidents} incidents told, "
            f"{len(again)} of them more than once, {len(unstruck)} of these while nothing had "
            "struck the pair"
        )
        for tellings in unstruck:
            first_s = faults.played[0].from_s if faults.played else tellings[0].at_s
            print(f"  {[(told.machine, round(told.at_s - first_s, 1)) for told in tellings]}")
    ever_told = sum(status == "firing" for _, status in told)
    return max(0, incidents - ever_told) + unexplained


def _without_end(told: Mapping[tuple[str, str], Sequence[Telling]]) -> set[str]:
    """Return the alerts whose end was not told, or was followed by another telling of them."""
    return {
        alert
        for (alert, status), tellings in told.items()
        if status == "firing" and max(tellings) >= max(told.get((alert, "resolved"), tellings))
    }


def _were_struck(faults: Faults, tellings: Sequence[Telling]) -> bool:
    """Return whether anything kept the Alertmanagers from knowing of each other's telling."""
    first_s, last_s = min(tellings).at_s, max(tellings).at_s
    return any(
        fault.kind in {FaultKind.CABLE, FaultKind.MACHINE} or "alertmanager" in fault.text
        for fault in faults.during(first_s - _ALERTS_REJOIN_S, last_s)
    )


def _report_differences(
    ours: ComparisonOutcome, theirs: ComparisonOutcome, record: LoadRecord
) -> int:
    """Print how the cluster differs from the single collector; return by how much."""
    differences = ours.differences(theirs)
    for side, outcome in (("cluster", ours), ("alone", theirs)):
        untrue = [
            silence
            for silence in outcome.silences.values()
            if not silence.was_true(record.acknowledged.get(silence.site, ()))
        ]
        differences += [f"{side}: {silence} while it was heard" for silence in untrue]
        if outcome.silences:
            print(
                f"{side}: {len(outcome.silences)} silences withdrawn, {len(untrue)} of them untrue "
                "when they were opened"
            )
    for line in differences[:20]:
        print(f"DIFFERENT: {line}")
    if not differences:
        print(
            f"identical: {len(theirs.incidents)} incidents, {theirs.tickets.total()} tickets, "
            f"{len(theirs.statements)} statements"
        )
    return len(differences)


def _report_told(
    faults: Faults,
    falls: Sequence[Fall],
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
) -> bool:
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
        print(
            f"decided by the one alone: p50 {_at(alone, 0.5):.1f} s, p95 {_at(alone, 0.95):.1f} s"
        )
    return is_good


def _at(waits: Sequence[float], ratio: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * ratio))]
