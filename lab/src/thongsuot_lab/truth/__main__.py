"""
``python -m thongsuot_lab.truth``: plays generated faults through the product and prints the
results.

Exits with 1 when a goal is missed.
"""

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from thongsuot_lab.spaces import privilege
from thongsuot_lab.stack.session import StopRequested, print_progress, stop_on_signals
from thongsuot_lab.truth.assessment import Assessment
from thongsuot_lab.truth.grammar import Scenario, scenario, with_metered_lines
from thongsuot_lab.truth.healthy import play_healthy_day
from thongsuot_lab.truth.packet_run import SITES, EngineComparison, run_packets
from thongsuot_lab.truth.report import SHOWN, TruthReport, agreement
from thongsuot_lab.truth.scenario_run import play, story, write_recordings

FOLDER = Path("artefacts/truth")
PROGRESS_S = 20.0
"""Between two progress messages."""
T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.packets:
        return _on_packets(options)
    if options.play:
        return _play_again(options.play, options.recordings, is_metered=options.metered)
    if options.healthy_days:
        return _healthy(options)
    started = time.monotonic()
    report = TruthReport()
    assess = partial(
        assess_scenario, options.seed, folder=options.recordings, is_metered=options.metered
    )
    numbers = range(options.first, options.first + options.count)
    for assessment in _played(assess, numbers, options.jobs, "scenarios"):
        report.add(assessment)
    took_s = time.monotonic() - started
    print("\n".join(report.summary()))
    print(f"took             {took_s:.0f} s in {options.jobs} processes")
    print("\n".join(["", *report.table()]))
    if options.page is not None:
        command = f"./run truth --seed {options.seed} --count {options.count}"
        command += " --metered" if options.metered else ""
        day = datetime.now(tz=UTC).date().isoformat()
        written = report.page(options.page.read_text(encoding="utf-8"), command, day)
        options.page.write_text(written, encoding="utf-8")
    failures = report.failures()
    if failures:
        print("\n".join(["", "What goes wrong:", *report.kinds()]))
    for assessment, lines in failures[: options.show]:
        print(f"\n{assessment.text}")
        print("\n".join(f"    {line}" for line in lines))
        metered = " --metered" if options.metered else ""
        print(f"    again: ./run truth --play {assessment.name}{metered}")
        files = sorted(options.recordings.glob(f"{assessment.name.replace(':', '-')}-*.jsonl"))
        print("\n".join(f"    recording: thongsuot-agent replay {file}" for file in files))
    if len(failures) > options.show:
        print(f"\n… and {len(failures) - options.show} more scenarios (--show N)")
    return 0 if report.is_good else 1


def assess_scenario(
    seed: int, index: int, *, folder: Path | None = None, is_metered: bool = False
) -> Assessment:
    """Play one scenario; one that fails is played again to be recorded into a folder."""
    made = _drawn(seed, index, is_metered=is_metered)
    assessment = play(made).assessment
    if folder is not None and assessment.failures():
        write_recordings(play(made, is_recording=True), folder)
    return assessment


def _drawn(seed: int, index: int, *, is_metered: bool) -> Scenario:
    made = scenario(seed, index)
    return with_metered_lines(made) if is_metered else made


def _played(
    function: Callable[[int], T], numbers: Sequence[int], jobs: int, unit: str
) -> Iterator[T]:
    """Yield the result of each number, in order, and print the progress from time to time."""
    started = printed = time.monotonic()
    with ProcessPoolExecutor(jobs, initializer=_collect_rarely) as pool:
        for done, outcome in enumerate(pool.map(function, numbers, chunksize=2), start=1):
            yield outcome
            now = time.monotonic()
            if now - printed >= PROGRESS_S and done < len(numbers):
                left_s = (now - started) / done * (len(numbers) - done)
                print_progress(f"{done} of {len(numbers)} {unit}, about {left_s:.0f} s left")
                printed = now


def _collect_rarely() -> None:
    """Look for cycles of garbage a hundred times less often: a seventh of a site-day's time."""
    gc.freeze()
    gc.set_threshold(70_000, 50, 50)


def _healthy(options: argparse.Namespace) -> int:
    """Simulate healthy days; every message to a carrier is a failure."""
    carriers = others = periods = 0
    days, first = options.healthy_days, options.first
    play_day = partial(play_healthy_day, options.seed, is_shortened=options.shortened)
    for day in _played(play_day, range(first, first + days), options.jobs, "site-days"):
        to_carriers = [text for text in day.messages if text.startswith("carrier:")]
        carriers, others = (
            carriers + len(to_carriers),
            others + len(day.messages) - len(to_carriers),
        )
        periods += len(day.periods)
        for line in (*day.messages, *day.periods):
            print(f"{day.name} {line}")
    print(f"site-days        {days}, healthy")
    print(f"messages         {carriers} to carriers (goal 0), {others} to others")
    print(f"verdicts         {periods} other than up")
    return 1 if carriers else 0


def _on_packets(options: argparse.Namespace) -> int:
    """Play on the lab's packets, compare with the simulation, print both."""
    privilege.require()
    stop_on_signals()
    seed, only = options.seed, None
    if options.play:
        seed, only = map(int, options.play.split(":"))
    packets, simulated = TruthReport(), TruthReport()
    unlike: list[EngineComparison] = []
    try:
        with tempfile.TemporaryDirectory(prefix="thongsuot-truth-") as folder:
            for comparison in run_packets(
                seed,
                options.count,
                Path(folder),
                print_progress,
                sites=options.sites,
                labs=options.labs,
                only=only,
                is_metered=options.metered,
            ):
                packets.add(comparison.packets)
                simulated.add(comparison.simulated)
                if not comparison.is_alike:
                    unlike.append(comparison)
                if comparison.packets.failures() or not comparison.is_alike:
                    _keep_recordings(comparison, options.recordings)
    except StopRequested:
        return 1
    for name, report in (("on packets", packets), ("simulated", simulated)):
        print("\n".join([f"{name}:", *report.summary(), "", *report.table(), ""]))
    again = f"./run truth --packets --count {options.count} --sites {options.sites}"
    again += " --metered --play" if options.metered else " --play"
    for assessment, lines in packets.failures():
        print(f"{assessment.text}")
        print("\n".join(f"    on packets: {line}" for line in lines))
        print(f"    again: {again} {assessment.name}")
    print(f"alike in both    {agreement(len(packets.assessments), len(unlike))}")
    for differing in unlike:
        print(
            "\n".join(
                [str(differing.scenario), *(f"    {line}" for line in differing.differences())]
            )
        )
    return 0 if packets.is_good else 1


def _keep_recordings(comparison: EngineComparison, folder: Path) -> None:
    """Keep the judges' input during a scenario; the lab's own files are deleted with the lab."""
    folder.mkdir(parents=True, exist_ok=True)
    name = comparison.scenario.name.replace(":", "-")
    for file in comparison.recordings:
        site = file.parent.parent.name.removeprefix("agent-")
        kept = folder / f"{name}-packets-{site}-{file.name}"
        shutil.copyfile(file, kept)
        print_progress(f"recording: thongsuot-agent replay {kept}")


def _play_again(name: str, folder: Path, *, is_metered: bool) -> int:
    seed, _, index = name.partition(":")
    made = _drawn(int(seed), int(index), is_metered=is_metered)
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
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=cores, help="processes (%(default)s)")
    parser.add_argument("--show", type=int, default=SHOWN, help="failures printed (%(default)s)")
    parser.add_argument("--healthy-days", type=int, default=0, metavar="N", help="site-days")
    parser.add_argument("--shortened", action="store_true", help="site-days with less quiet")
    parser.add_argument("--metered", action="store_true", help="every second line metered")
    parser.add_argument("--packets", action="store_true", help="on the lab's namespaces (root)")
    parser.add_argument("--sites", type=int, default=SITES, help="with --packets (%(default)s)")
    parser.add_argument("--labs", type=int, default=1, help="with --packets (%(default)s)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the table into a page")
    parser.add_argument("--play", metavar="SEED:INDEX", help="play one again and tell its story")
    parser.add_argument(
        "--recordings", type=Path, default=FOLDER, metavar="FOLDER", help="(%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
