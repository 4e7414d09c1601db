"""
How long the queries of the boards take: a city of 126 communes with two links, and thirty days.

    python -m bench.boards [--days N] [--board NAME …] [--keep FOLDER]

Data is generated (``bench.month_of_data``), made into blocks by promtool and read by a real
Prometheus. Each query of each board is asked twice as Grafana asks it: over the time with which the
board opens, and over all of the days; the second answer counts, when files are in memory, which is
what a person meets who looks around. A query of all communes at once is the dearest, so nothing is
chosen where a board allows that.

Measurements have a lower resolution than a city's (see ``bench.month_of_data``): what is told here
is a lower bound for queries that read raw measurements over weeks.

Goal: every query answers within a second.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.month_of_data import write_blocks
from tests.dashboards.board_queries import (
    Json,
    Prometheus,
    QuerySeries,
    Window,
    choices,
    fill_variables,
)
from tests.servers import PrometheusServer

GOAL_S = 1.0
BOARDS = Path(__file__).resolve().parents[1] / "dashboards" / "out" / "en"
_UNITS_S = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedQuery:
    """One query of one panel over a window, and how long its answer took."""

    board: str
    panel: str
    window: str
    took_s: float
    series: int
    expr: str


def opens_with_s(board: Json) -> float:
    """Return the seconds that a board shows when it is opened: ``now-6h`` and the like."""
    text = str(board["time"]["from"]).removeprefix("now-")
    return float(text[:-1]) * _UNITS_S[text[-1]]


def panels(board: Json) -> Iterator[Json]:
    """Yield the panels that ask something, those in closed rows, too."""
    for panel in board["panels"]:
        yield from panel.get("panels", [])
        if panel.get("targets"):
            yield panel


def timed_queries(board: Json, prometheus: Prometheus, window: Window) -> Iterator[TimedQuery]:
    """Ask everything that a board asks over a window."""
    values, _ = choices(board, prometheus, window, {})
    length_s = window.end_s - window.start_s
    shown = f"{length_s / 86400:g} d" if length_s >= 86400 else f"{length_s / 3600:g} h"
    for panel in panels(board):
        for target in panel["targets"]:
            expr = fill_variables(target["expr"], values)
            _ask(prometheus, target, expr, window)  # what it reads is in memory from now on
            started = time.monotonic()
            answer = _ask(prometheus, target, expr, window)
            took_s = time.monotonic() - started
            yield TimedQuery(
                board=str(board["uid"]).removeprefix("thongsuot-"),
                panel=str(panel["title"]),
                window=shown,
                took_s=took_s,
                series=len(answer),
                expr=target["expr"],
            )


def _ask(prometheus: Prometheus, target: Json, expr: str, window: Window) -> list[QuerySeries]:
    """Return the answer to one query as Grafana asks it."""
    if target["instant"]:
        return prometheus.instant(expr, "", window.end_s)
    return prometheus.range(expr, "", window)


@contextmanager
def month_in_prometheus(folder: Path, days: int) -> Iterator[tuple[Prometheus, float]]:
    """Yield a Prometheus that holds generated data, and when that ends (Unix time)."""
    data = folder / "data"
    end_s = float(time.time() // 3600 * 3600)
    if not data.exists():
        write_blocks(data, end_s=end_s, days=days)
        (folder / "end").write_text(f"{end_s}", encoding="ascii")
    end_s = float((folder / "end").read_text(encoding="ascii"))
    server = PrometheusServer(folder).start()
    try:
        yield Prometheus(server.url), end_s
    finally:
        server.stop()


def main() -> int:
    """Measure, print the slowest, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="of data (%(default)s)")
    parser.add_argument("--board", nargs="+", default=[], help="only these")
    parser.add_argument("--keep", type=Path, help="make the data here, or use what is there")
    options = parser.parse_args()
    seen: list[TimedQuery] = []
    with tempfile.TemporaryDirectory(prefix="thongsuot-boards-") as made:
        folder: Path = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        with month_in_prometheus(folder, options.days) as (prometheus, end_s):
            for file in sorted(BOARDS.glob("*.json")):
                if options.board and file.stem not in options.board:
                    continue
                board: Json = json.loads(file.read_text(encoding="utf-8"))
                for length_s in sorted({opens_with_s(board), options.days * 86400.0}):
                    window = Window(start_s=end_s - length_s, end_s=end_s)
                    seen += timed_queries(board, prometheus, window)
                    print(f"… {file.stem} {length_s / 3600:g} h", file=sys.stderr, flush=True)
    return report(seen)


def report(seen: list[TimedQuery]) -> int:
    """Print what was measured; return the exit code."""
    if not seen:
        print("nothing was asked", file=sys.stderr)
        return 1
    slowest = sorted(seen, key=lambda query: -query.took_s)
    print(f"{'board':11} {'window':>7} {'took':>8} {'series':>7}  panel")
    for query in slowest[:25]:
        print(
            f"{query.board:11} {query.window:>7} {query.took_s:6.2f} s {query.series:7}  "
            f"{query.panel}"
        )
    late = [query for query in seen if query.took_s > GOAL_S]
    empty = {(query.board, query.panel) for query in seen if not query.series}
    print(f"{len(seen)} queries, {len(late)} above {GOAL_S:g} s, slowest {slowest[0].took_s:.2f} s")
    for board, panel in sorted(empty):
        print(f"    found nothing: {board}: {panel}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
