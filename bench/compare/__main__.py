"""
Other tools beside ours: the same faults in the same lab, each tool at a site of its own.

    ./run compare [--only WORD …] [--fault NAME …] [--write]

Prints who was notified of what and how soon, which results of a time without the centre were kept,
bytes on the lines and memory on the device.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from bench.compare.contract import PeerKind, all_kinds
from bench.compare.faults import FAULTS
from bench.compare.observations import ComparisonRun, PeerObservations
from bench.compare.run import ToolComparison, comparison_topology, say
from bench.compare.table import put_into_page, table_lines

from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces import privilege

ARTEFACT = Path(__file__).resolve().parents[2] / "artefacts" / "compare.json"


def main() -> int:
    """Run, and print the table."""
    options = _parser().parse_args()
    kept: Path | None = options.from_file
    if kept is not None:
        run = msgspec.json.decode(kept.read_bytes(), type=ComparisonRun)
    else:
        privilege.require()
        run = _play(options)
        ARTEFACT.parent.mkdir(exist_ok=True)
        ARTEFACT.write_bytes(msgspec.json.format(msgspec.json.encode(run)))
        say(f"kept in {ARTEFACT}")
    print("\n".join(table_lines(run)))
    if options.write:
        put_into_page(run)
    return 0


def _play(options: argparse.Namespace) -> ComparisonRun:
    words: list[str] = options.only
    wanted = [
        kind
        for kind in all_kinds()
        if not words or any(word.lower() in kind.name.lower() for word in words)
    ]
    run = ComparisonRun(
        date=time.strftime("%Y-%m-%d", time.gmtime()),
        machine=f"{os.cpu_count()} cores, Linux {platform.release()}",
        hold_s=options.hold,
        window_s=options.window,
        outage_s=options.outage,
    )
    ready: dict[str, PeerKind] = {}
    for kind in wanted:
        if missing := kind.missing():
            say(f"{kind.name} is left out: {missing}")
            run.peers.append(
                PeerObservations(
                    name=kind.name, settings=kind.settings, version="", missing=missing
                )
            )
        else:
            ready[f"s{len(ready) + 1}"] = kind
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-compare-") as made,
        Lab(comparison_topology(list(ready))) as lab,
    ):
        folder: Path = options.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        comparison = ToolComparison(lab, folder, options.hold, options.window, options.outage)
        try:
            comparison.start(ready)
            if options.window:
                comparison.measure_rest()
            if options.outage:
                comparison.play_outage()
            for fault in FAULTS:
                if not options.fault or fault.name in options.fault:
                    comparison.play(fault)
        finally:
            comparison.stop()
    run.peers[:0] = [played.seen for played in comparison.played]
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="tools by a word")
    parser.add_argument(
        "--fault",
        nargs="+",
        default=[],
        choices=[fault.name for fault in FAULTS],
        help="only these faults",
    )
    parser.add_argument("--hold", type=float, default=150.0, help="duration of a fault, s")
    parser.add_argument("--window", type=float, default=300.0, help="duration of the byte count, s")
    parser.add_argument("--outage", type=float, default=180.0, help="time without the centre, s")
    parser.add_argument("--folder", type=Path, help="keep records and logs here")
    parser.add_argument(
        "--from", dest="from_file", type=Path, metavar="FILE", help="of a run before"
    )
    parser.add_argument("--write", action="store_true", help="put the table into its page")
    return parser


if __name__ == "__main__":
    sys.exit(main())
