"""
Line rollups of a site: what its batches add up to, link by link and stretch by stretch. Pure.
"""

from collections.abc import Callable

from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.catalogue.icmp import KIND as ICMP
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.line_rollup import FINE_S, LineRollup

Rollups = dict[str, LineRollup]
"""Rollups of a site by ``<link>\\n<start, Unix seconds>``, each of ``FINE_S``."""


def record_runs(
    rollups: Rollups, columns: Columns, offset_ms: int, is_of_line: Callable[[str], bool]
) -> None:
    """
    Add the echoes of a batch; ``offset_ms`` is the wall time of boottime 0, ``is_of_line`` returns
    whether a target stands for the line itself.
    """
    for block in columns.blocks:
        if block.block.kind != ICMP.name:
            continue
        by_metric = dict(zip(block.block.metrics, block.columns, strict=True))
        rtts, losses = by_metric.get(RTT.name), by_metric.get(LOSS.name)
        if losses is None:
            continue
        for rows in columns.series_of(block):
            series = columns.layout.layout.series[rows.position]
            if not is_of_line(series.target):
                continue
            for row in range(rows.first_row, rows.last_row):
                loss = losses[row - block.first_row]
                if loss is None:
                    continue
                at_s = (offset_ms + columns.times_ms[row]) // 1000
                key = f"{series.link}\n{at_s // FINE_S * FINE_S}"
                rollup = rollups.get(key)
                if rollup is None:
                    rollup = rollups[key] = LineRollup()
                rollup.add_run(None if rtts is None else rtts[row - block.first_row], loss)


def take_complete(rollups: Rollups) -> Rollups:
    """Take out and return all but those of the newest stretch of time of each link."""
    newest: dict[str, int] = {}
    for key in rollups:
        link, start_s = split_key(key)
        newest[link] = max(start_s, newest.get(link, 0))
    complete = [key for key in rollups if split_key(key)[1] < newest[split_key(key)[0]]]
    return {key: rollups.pop(key) for key in complete}


def put_back(rollups: Rollups, taken: Rollups) -> None:
    """Add what was taken out and could not be kept."""
    for key, rollup in taken.items():
        if key in rollups:
            rollups[key].add(rollup)
        else:
            rollups[key] = rollup


def split_key(key: str) -> tuple[str, int]:
    """Return link and start (Unix seconds)."""
    link, _, start = key.partition("\n")
    return link, int(start)
