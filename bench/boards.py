"""
Duration of the boards' queries: a city of 126 communes with two links, over thirty days.

    python -m bench.boards [--days N] [--board NAME …] [--keep FOLDER]

Data is generated (``bench.month_of_data``), made into blocks by promtool and read by a real
Prometheus; promtool also evaluates the hourly recording rules over it. Each query of each board is
sent as Grafana sends it: over the time range with which the board opens, and over all of the days.
The first answer does not count: from the second one on the files are in memory, as for a person who
browses the boards. A query that then takes longer than the goal is repeated twice, and the fastest
answer counts, so that other load on the machine is not attributed to the database; the database's
CPU time is printed beside it. A query over all communes at once is the most expensive, so nothing
is selected where a board allows that.

Measurements have a lower resolution than a city's (see ``bench.month_of_data``): the result is a
lower bound for queries that read raw measurements over weeks.

Goal: every query answers within a second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ingest import cpu_s
from bench.month_of_data import BLOCK_S, say, write_blocks
from tests.dashboards.board_queries import (
    Json,
    Prometheus,
    QuerySeries,
    Window,
    choices,
    fill_variables,
    step_s_of,
)
from tests.servers import PrometheusServer

from thongsuot_dashboards import link_minutes
from thongsuot_dashboards.rule_file import rule_file_text

GOAL_S = 1.0
TRIES = 3
BOARDS = Path(__file__).resolve().parents[1] / "dashboards" / "out" / "en"
KEPT = "10y"
_UNITS_S = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedQuery:
    """
    One query of one panel over a window: the duration of its answer, and the CPU time of the
    database.
    """

    board: str
    panel: str
    window: str
    took_s: float
    cpu_s: float
    series: int
    expr: str


def opens_with_s(board: Json) -> float:
    """Return the initial time range of a board in seconds: ``now-6h`` and similar values."""
    text = str(board["time"]["from"]).removeprefix("now-")
    return float(text[:-1]) * _UNITS_S[text[-1]]


def panels(board: Json) -> Iterator[Json]:
    """Yield the panels that have queries, including those in collapsed rows."""
    for panel in board["panels"]:
        yield from panel.get("panels", [])
        if panel.get("targets"):
            yield panel


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDatabase:
    """A Prometheus with a month of data, which ends at ``end_s`` (Unix time)."""

    prometheus: Prometheus
    pid: int
    end_s: float

    def timed(self, target: Json, expr: str, window: Window) -> tuple[float, float, int]:
        """Send the query once; return wall time, CPU time, and the number of series."""
        started, before_s = time.monotonic(), cpu_s(self.pid)
        answer = _ask(self.prometheus, target, expr, window)
        return time.monotonic() - started, cpu_s(self.pid) - before_s, len(answer)


def timed_queries(board: Json, database: MonthDatabase, window: Window) -> Iterator[TimedQuery]:
    """Send all queries of a board over a window."""
    prometheus = database.prometheus
    values, _ = choices(board, prometheus, window, {})
    length_s = window.end_s - window.start_s
    shown = f"{length_s / 86400:g} d" if length_s >= 86400 else f"{length_s / 3600:g} h"
    for panel in panels(board):
        for target in panel["targets"]:
            expr = fill_variables(target["expr"], values)
            _ask(
                prometheus, target, expr, window
            )  # from now on the data that it reads is in memory
            took = database.timed(target, expr, window)
            for _ in range(TRIES - 1):
                if took[0] > GOAL_S:
                    took = min(took, database.timed(target, expr, window))
            took_s, spent_s, series = took
            yield TimedQuery(
                board=str(board["uid"]).removeprefix("thongsuot-"),
                panel=str(panel["title"]),
                window=shown,
                took_s=took_s,
                cpu_s=spent_s,
                series=series,
                expr=target["expr"],
            )


def _ask(prometheus: Prometheus, target: Json, expr: str, window: Window) -> list[QuerySeries]:
    """Return the answer to one query as Grafana asks it."""
    if target["instant"]:
        return prometheus.instant(expr, "", window.end_s)
    return prometheus.range(expr, "", window, step_s_of(target, window))


@contextmanager
def month_in_prometheus(folder: Path, days: int) -> Iterator[MonthDatabase]:
    """Yield a Prometheus with generated data."""
    data = folder / "data"
    end_s = float(time.time() // 3600 * 3600)
    if not data.exists():
        write_blocks(data, end_s=end_s, days=days)
        (folder / "end").write_text(f"{end_s}", encoding="ascii")
    end_s = float((folder / "end").read_text(encoding="ascii"))
    server = PrometheusServer(folder, retention=KEPT).start()
    try:
        if not (folder / "hours").exists():
            say("promtool evaluates the hourly rules")
            record_hours(folder, server.url, end_s - days * 86400, end_s)
            (folder / "hours").touch()
            server.stop()  # it loads blocks that it has not written itself only at start
            server.start()
        yield MonthDatabase(prometheus=Prometheus(server.url), pid=server.pid, end_s=end_s)
    finally:
        server.stop()


def record_hours(folder: Path, url: str, start_s: float, end_s: float) -> None:
    """Let promtool write what the hourly rules would have recorded in a period."""
    rules = folder / "hours.yml"
    rules.write_text(rule_file_text([link_minutes.HOURS], head="For the past."), encoding="utf-8")
    command = ["promtool", "tsdb", "create-blocks-from", f"--max-block-duration={9 * BLOCK_S}s"]
    command += ["rules", f"--url={url}", f"--start={start_s:.0f}", f"--end={end_s:.0f}"]
    subprocess.run([*command, f"--output-dir={folder / 'data'}", str(rules)], check=True)


def main() -> int:
    """Measure, print the slowest queries, and return whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="of data (%(default)s)")
    parser.add_argument("--board", nargs="+", default=[], help="only these")
    parser.add_argument("--keep", type=Path, help="folder for the data; existing data is used")
    options = parser.parse_args()
    seen: list[TimedQuery] = []
    with tempfile.TemporaryDirectory(prefix="thongsuot-boards-") as made:
        folder: Path = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        with month_in_prometheus(folder, options.days) as database:
            for file in sorted(BOARDS.glob("*.json")):
                if options.board and file.stem not in options.board:
                    continue
                board: Json = json.loads(file.read_text(encoding="utf-8"))
                for length_s in sorted({opens_with_s(board), options.days * 86400.0}):
                    window = Window(start_s=database.end_s - length_s, end_s=database.end_s)
                    seen += timed_queries(board, database, window)
                    say(f"{file.stem} over {length_s / 3600:g} h: {len(seen)} queries so far")
    return report(seen)


def report(seen: list[TimedQuery]) -> int:
    """Print the results; return the exit code."""
    if not seen:
        print("nothing was asked", file=sys.stderr)
        return 1
    slowest = sorted(seen, key=lambda query: -query.took_s)
    print(f"{'board':11} {'window':>7} {'took':>8} {'CPU':>8} {'series':>7}  panel")
    for query in slowest[:25]:
        print(
            f"{query.board:11} {query.window:>7} {query.took_s:6.2f} s "
            f"{query.cpu_s:6.2f} s {query.series:7}  "
            f"{query.panel}"
        )
    late = [query for query in seen if query.took_s > GOAL_S]
    empty = {(query.board, query.panel) for query in seen if not query.series}
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"{len(seen)} queries, {len(late)} above {GOAL_S:g} s, slowest {slowest[0].took_s:.2f} s")
    for board, panel in sorted(empty):
        print(f"    found nothing: {board}: {panel}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
