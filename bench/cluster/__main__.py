"""
``./run cluster``: three machines that together form one collector, and lose parts at random.

Machines are network namespaces, joined by a cable each: two with a collector and a PostgreSQL, a
primary and its synchronous standby, a VictoriaMetrics and an Alertmanager, and a third one with the
monitor of pg_auto_failover. Devices push to the collector that answers. Any process is killed or
stopped, any cable between two machines, or of one of the pair to devices and people, is cut, any
machine is removed with all its processes and brought back; one at a time, because a pair tolerates
one loss at a time. Each service is started again a second after it has ended, as systemd does.

At the end the results are compared: acknowledged batches that are missing or stored twice; samples
that each VictoriaMetrics lacks; incidents that the Alertmanagers never notified, or notified more
than once; and incidents, the carriers' tickets and statements against those that a single collector
with embedded files makes of the very batches that the cluster has acknowledged, each at the moment
at which the cluster received it (``replay``).

Not covered: everything shares one disk and one clock, and no power is cut. Needs root and the
packages pg-auto-failover-cli, victoria-metrics and prometheus-alertmanager.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
from bench.cluster.faults import KINDS, Faults
from bench.cluster.load import LoadOrder, LoadRecord
from bench.cluster.machines import Service, python_program, topology
from bench.cluster.report import report
from bench.cluster.stage import Stage, stage_of
from sqlalchemy import Engine

from thongsuot_collector.store import tokens
from thongsuot_lab.lab import Lab

STORM_RATIO = 0.2
"""This share of the fibres that fail do so within two seconds, in the middle of a run."""

_FIRST_FALL_S = 5.0
_TOLD_S = 20.0
"""Goal for the time until a recovery is notified."""

_ALERTS_S = 90.0
"""A second Alertmanager waits for the first one, a turn of their groups each."""

_LAST_PUSH_S = 600.0
"""Devices end together, once the backlog of the last fault has been pushed."""


def play_on(stage: Stage) -> bool:
    """Run and print; return whether all goals were met."""
    try:
        stage.build()
        store = stage.city.open_store()
        try:
            faults, record = _played(stage, store)
            return report(stage, store, faults, record)
        finally:
            store.dispose()
    except BaseException:
        stage.print_logs()
        raise
    finally:
        stage.play.close()
        if stage.options.logs is not None:
            stage.copy_logs(stage.options.logs)


def _played(stage: Stage, store: Engine) -> tuple[Faults, LoadRecord]:
    options, play = stage.options, stage.play
    chance = random.Random(options.seed)
    order = _order(stage, store, chance)
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


def _await_alerts(stage: Stage) -> None:
    """Wait until every end was notified, too, while devices still push."""
    incidents = len(stage.city.tickets())

    def are_over() -> bool:
        statuses = Counter(status for _, status in stage.receivers.alerts_told())
        return statuses["resolved"] >= incidents

    stage.play.wait_until(are_over, within_s=_ALERTS_S)


def _order(stage: Stage, store: Engine, chance: random.Random) -> LoadOrder:
    options, city = stage.options, stage.city
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
        urls=city.urls,
        secrets={site: tokens.create(store, site) for site in city.sites},
        falls=falls,
        down_s=options.down,
        every_s=options.every,
        seed=options.seed,
        record=str(stage.folder / "record.json"),
        finish=str(stage.folder / "finish"),
    )


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
