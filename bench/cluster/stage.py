"""The stage of a run: the machines, what runs on them, and the options."""

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.cluster.city import City
from bench.cluster.failover import DatabasePair
from bench.cluster.machines import Play
from bench.cluster.receivers import Receivers

from thongsuot_lab.lab import Lab


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
