"""
``python -m thongsuot_lab.matrix [ROW …]``: run the matrix, or some of its rows, and print the
results. ``--shape NAME`` runs the rows of a shape of site, ``--shape all`` those of every shape.
Exits with 1 when a row failed, a party that was not at fault was blamed, or anything was lost.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from thongsuot_lab.matrix.all_rows import NOT_PLAYED, ROWS, SHAPE_ROWS, SHAPES_NOT_PLAYED
from thongsuot_lab.matrix.profile import PROFILES, shaped_profile, shaped_topology
from thongsuot_lab.matrix.profile import topology as city_topology
from thongsuot_lab.matrix.result import MatrixResult
from thongsuot_lab.matrix.row import MatrixRow
from thongsuot_lab.matrix.runner import play_matrix
from thongsuot_lab.matrix.shape_table import shape_lines
from thongsuot_lab.matrix.table import table_lines
from thongsuot_lab.matrix.trial import RowTrial
from thongsuot_lab.spaces import privilege
from thongsuot_lab.stack.session import StopRequested, print_progress, stop_on_signals
from thongsuot_lab.topology.model import Topology
from thongsuot_lab.topology.shapes import SHAPES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix; return the exit code."""
    options = _parser().parse_args(arguments)
    shapes = _shapes(options.shape)
    offered = [row for row in SHAPE_ROWS if row.shape in shapes] if shapes else list(ROWS)
    if mistake := _mistake(options.rows, shapes, offered):
        print_progress(f"matrix: {mistake}")
        return 2
    privilege.require()
    rows = [
        row if options.hold is None or not row.hold_s else replace(row, hold_s=options.hold)
        for row in offered
        if not options.rows or row.name in options.rows
    ]
    stop_on_signals()
    try:
        with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made:
            folder = options.folder or Path(made)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
            results = _play_shapes(rows, shapes, folder, options) if shapes else []
            if not shapes:
                results.append(_play(rows, city_topology(options.sites), folder, options))
    except StopRequested:
        return 1
    for result in results:
        for line in table_lines(result):
            print(line)
    for line in shape_lines(results) if shapes else ():
        print(line)
    print(f"thresholds: {PROFILES[options.thresholds].name}")
    for name, reason in (SHAPES_NOT_PLAYED if shapes else NOT_PLAYED).items():
        print(f"not played: {name}: {reason}")
    return 0 if all(result.passed for result in results) else 1


def _shapes(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(SHAPES) if text == "all" else tuple(text.split(","))


def _play_shapes(
    rows: Sequence[MatrixRow], shapes: Sequence[str], folder: Path, options: argparse.Namespace
) -> list[MatrixResult]:
    """Run some shapes in parallel, then the next ones: each lab has its own city."""
    played = [shape for shape in shapes if any(row.shape == shape for row in rows)]
    results = []
    for first in range(0, len(played), options.at_once):
        together = played[first : first + options.at_once]
        results.append(
            _play(
                [row for row in rows if row.shape in together],
                shaped_topology(together),
                folder / "-".join(("shapes", *together)),
                options,
            )
        )
    return results


def _play(
    rows: Sequence[MatrixRow], topology: Topology, folder: Path, options: argparse.Namespace
) -> MatrixResult:
    played = PROFILES[options.thresholds]
    return play_matrix(
        rows,
        topology,
        folder,
        patience=options.patience,
        played=shaped_profile(played) if options.shape else played,
        done=_print_trial,
        say=print_progress,
    )


def _mistake(
    names: Sequence[str], shapes: Sequence[str], offered: Sequence[MatrixRow]
) -> str | None:
    """Return the error in the arguments, if there is one."""
    if strange := set(shapes) - set(SHAPES):
        return f"no shape {', '.join(sorted(strange))}; known: all, {', '.join(SHAPES)}"
    if strange := set(names) - {row.name for row in offered}:
        known = ", ".join(row.name for row in offered)
        return f"no row {', '.join(sorted(strange))}; known: {known}"
    return None


def _print_trial(trial: RowTrial) -> None:
    words = "; ".join(trial.failures) or "done"
    print_progress(f"{trial.row.name} at {trial.place.name}: {words}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="thongsuot_lab.matrix", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: all")
    parser.add_argument(
        "--shape",
        metavar="NAME[,NAME…]",
        help="run the rows of these shapes of site, or of all shapes",
    )
    parser.add_argument("--at-once", type=int, default=3, help="shapes in one lab (%(default)s)")
    parser.add_argument("--sites", type=int, default=6, help="service points (%(default)s)")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="factor for every time limit (%(default)s)"
    )
    parser.add_argument(
        "--thresholds",
        choices=sorted(PROFILES),
        default="fifth",
        help="with a fifth of the shipped intervals and patience of agents, or with"
        " the shipped ones, five times slower (%(default)s)",
    )
    parser.add_argument(
        "--hold", type=float, metavar="S", help="how long rows last that must produce no verdict"
    )
    parser.add_argument("--folder", type=Path, help="keep records and logs here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
