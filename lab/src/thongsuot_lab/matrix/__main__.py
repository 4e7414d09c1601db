"""
``python -m thongsuot_lab.matrix [ROW …]``: play the matrix, or some rows of it, and print what came
of it. Exits with 1 when a row failed, anyone was blamed who was not at fault, or anything was lost.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from thongsuot_lab.matrix.all_rows import NOT_PLAYED, ROWS
from thongsuot_lab.matrix.profile import QUICK, SHIPPED
from thongsuot_lab.matrix.runner import run_matrix
from thongsuot_lab.matrix.table import table_lines
from thongsuot_lab.matrix.trial import RowTrial
from thongsuot_lab.spaces import privilege
from thongsuot_lab.stack.session import StopRequested, print_progress, stop_on_signals


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns the exit code."""
    options = _parser().parse_args(arguments)
    unknown = set(options.rows) - {row.name for row in ROWS}
    if unknown:
        known = ", ".join(row.name for row in ROWS)
        print_progress(f"matrix: no row {', '.join(sorted(unknown))}; known: {known}")
        return 2
    privilege.require()
    rows = [
        row if options.hold is None or not row.hold_s else replace(row, hold_s=options.hold)
        for row in ROWS
        if not options.rows or row.name in options.rows
    ]
    stop_on_signals()
    try:
        with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made:
            folder = options.folder or Path(made)
            result = run_matrix(
                rows,
                folder,
                sites=options.sites,
                patience=options.patience,
                played=SHIPPED if options.shipped else QUICK,
                done=_print_trial,
                say=print_progress,
            )
    except StopRequested:
        return 1
    for line in table_lines(result):
        print(line)
    for name, reason in NOT_PLAYED.items():
        print(f"not played: {name}: {reason}")
    return 0 if result.passed else 1


def _print_trial(trial: RowTrial) -> None:
    words = "; ".join(trial.failures) or "done"
    print_progress(f"{trial.row.name} at {trial.place.name}: {words}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="thongsuot_lab.matrix", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: all")
    parser.add_argument("--sites", type=int, default=6, help="service points (%(default)s)")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="stretches every bound (%(default)s)"
    )
    parser.add_argument(
        "--shipped",
        action="store_true",
        help="by the intervals and the patience that agents have by themselves, five times slower",
    )
    parser.add_argument(
        "--hold", type=float, metavar="S", help="how long rows last in which nothing may be said"
    )
    parser.add_argument("--folder", type=Path, help="keep records and logs here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
