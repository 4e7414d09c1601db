"""
``python -m thongsuot_lab.truth``: generated faults through the product, and what came of it.

Exits with 1 when a goal is missed.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from thongsuot_lab.truth.assessment import Assessment
from thongsuot_lab.truth.grammar import scenario
from thongsuot_lab.truth.report import SHOWN, TruthReport
from thongsuot_lab.truth.scenario_run import play, story, write_recordings

FOLDER = Path("artefacts/truth")


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.play:
        return _play_again(options.play, options.recordings)
    started = time.monotonic()
    report = TruthReport()
    one = partial(assess_scenario, options.seed, folder=options.recordings)
    with ProcessPoolExecutor(options.processes) as pool:
        numbers = range(options.first, options.first + options.count)
        for assessment in pool.map(one, numbers, chunksize=4):
            report.add(assessment)
    took_s = time.monotonic() - started
    print("\n".join(report.summary()))
    print(f"took             {took_s:.0f} s in {options.processes} processes")
    print("\n".join(["", *report.table()]))
    failures = report.failures()
    if failures:
        print("\n".join(["", "What goes wrong:", *report.kinds()]))
    for assessment, lines in failures[: options.show]:
        print(f"\n{assessment.text}")
        print("\n".join(f"    {line}" for line in lines))
        print(f"    again: ./run truth --play {assessment.name}")
        files = sorted(options.recordings.glob(f"{assessment.name.replace(':', '-')}-*.jsonl"))
        print("\n".join(f"    recording: thongsuot-agent replay {file}" for file in files))
    if len(failures) > options.show:
        print(f"\n… and {len(failures) - options.show} more scenarios (--show N)")
    return 0 if report.is_good else 1


def assess_scenario(seed: int, index: int, *, folder: Path | None = None) -> Assessment:
    """Play one scenario; one that fails is played again to be recorded into a folder."""
    assessment = play(scenario(seed, index)).assessment
    if folder is not None and assessment.failures():
        write_recordings(play(scenario(seed, index), is_recording=True), folder)
    return assessment


def _play_again(name: str, folder: Path) -> int:
    seed, _, index = name.partition(":")
    made = scenario(int(seed), int(index))
    played = play(made, is_recording=True)
    print("\n".join(story(made, played)))
    for file in write_recordings(played, folder):
        print(f"recording: thongsuot-agent replay {file}")
    return 1 if played.assessment.failures() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run truth", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--count", type=int, default=200, help="scenarios (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="index of the first (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--show", type=int, default=SHOWN, help="failures printed (%(default)s)")
    parser.add_argument("--play", metavar="SEED:INDEX", help="play one again and tell its story")
    parser.add_argument(
        "--recordings", type=Path, default=FOLDER, metavar="FOLDER", help="(%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
