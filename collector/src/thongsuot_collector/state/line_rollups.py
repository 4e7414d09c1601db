"""Line rollups of a site: aggregates of its batches by link and by fixed time slots. Pure."""

from collections.abc import Collection, Iterator, Sequence

from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.catalogue.icmp import KIND as ICMP
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.line_rollup import FINE_S, LineRollup

Rollups = dict[str, LineRollup]
"""Rollups of a site by ``<link>\\n<start, Unix seconds>``, each of ``FINE_S``."""


def record_runs(
    rollups: Rollups, columns: Columns, offset_ms: int, of_line: Collection[str]
) -> None:
    """
    Add the echoes of a batch; ``offset_ms`` is the wall time of boottime 0, ``of_line`` the targets
    that stand for the line itself.
    """
    if not of_line:
        return
    for block in columns.blocks:
        if block.block.kind != ICMP.name:
            continue
        by_metric = dict(zip(block.block.metrics, block.columns, strict=True))
        losses = by_metric.get(LOSS.name)
        if losses is None:
            continue
        rtts = by_metric.get(RTT.name, (None,) * len(losses))
        all_series, times_ms, counts = (
            columns.layout.layout.series,
            columns.times_ms,
            columns.counts,
        )
        last = block.first_row
        for position in range(block.block.first, min(block.block.last, len(counts))):
            first, last = last, last + counts[position]
            series = all_series[position]
            if first == last or series.target not in of_line:
                continue
            for begin, end, start_s in _stretches(times_ms, first, last, offset_ms):
                key = f"{series.link}\n{start_s}"
                rollup = rollups.get(key)
                of_block = slice(begin - block.first_row, end - block.first_row)
                lost = losses[of_block]
                if rollup is None:
                    if all(loss is None for loss in lost):
                        continue
                    rollup = rollups[key] = LineRollup()
                rollup.add_runs(rtts[of_block], lost)


def _stretches(
    times_ms: Sequence[int], first: int, last: int, offset_ms: int
) -> Iterator[tuple[int, int, int]]:
    """
    Yield the rows of a series (from, until) that begin in one slot, and the start of the slot.
    """
    start_s = _start_of(times_ms[first], offset_ms)
    if start_s == _start_of(times_ms[last - 1], offset_ms):
        yield first, last, start_s  # nearly always: they are in order of time
        return
    for row in range(first, last):
        yield row, row + 1, _start_of(times_ms[row], offset_ms)


def _start_of(time_ms: int, offset_ms: int) -> int:
    return (offset_ms + time_ms) // 1000 // FINE_S * FINE_S


def take_complete(rollups: Rollups) -> Rollups:
    """Remove and return all but those of the newest slot of each link."""
    newest: dict[str, int] = {}
    for key in rollups:
        link, start_s = split_key(key)
        newest[link] = max(start_s, newest.get(link, 0))
    complete = [key for key in rollups if split_key(key)[1] < newest[split_key(key)[0]]]
    return {key: rollups.pop(key) for key in complete}


def put_back(rollups: Rollups, taken: Rollups) -> None:
    """Add back rollups that were removed and could not be stored."""
    for key, rollup in taken.items():
        if key in rollups:
            rollups[key].add(rollup)
        else:
            rollups[key] = rollup


def split_key(key: str) -> tuple[str, int]:
    """Return link and start (Unix seconds)."""
    link, _, start = key.partition("\n")
    return link, int(start)
