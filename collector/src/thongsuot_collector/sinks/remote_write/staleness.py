"""
Staleness markers at the ends of series, so that no value is shown longer than it was valid.

A database shows the last value of a series for five minutes. So a series gets a marker if its value
is missing (the run failed, the link is gone), if its link is no longer measured at all, and if the
inventory has given it other labels since the collector started: then the one with the old labels
ends, and there are no duplicates. The series with a value are recorded for each site; one that
never had any gets no marker, which would create it. The record is kept across restarts in a file
beside the journal.
"""

import logging
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.samples.labels import LabelsOf, are_labels
from thongsuot_collector.samples.series import EncodedSeries, WallTimes, times_of
from thongsuot_collector.sinks.remote_write.labels import (
    LabelCache,
    LayoutSeriesLabels,
    SeriesLabels,
)
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, STALE, series
from thongsuot_collector.sinks.remote_write.snappy import elements_of
from thongsuot_schema.batch.columns import ColumnBlock, Columns
from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.outcome import Outcome

_log = logging.getLogger(__name__)

_LINK_GONE_MS = 90_000
"""
A link without any run for this long, while its site continues, is no longer measured: links are
probed every five seconds and pushed every fifteen.
"""

Ends = list[tuple[bytes, int]]
"""The labels of a series (as in ``SeriesLabels``) and the time of its end in ms."""


class LiveSeries(msgspec.Struct, array_like=True):
    """
    The series of a site that last had a value.

    ``masks`` holds a number for each series of the layout: bit ``n`` is set while metric ``n`` of
    its block has a value, the next one while runs succeed or fail, the one after that while they
    cannot be made. ``labels`` are the inventory's labels of each link, ``seen_ms`` is the time of
    its last run.
    """

    layout: bytes
    sealed_ms: int
    masks: list[int]
    labels: dict[str, dict[str, str]]
    seen_ms: dict[str, int]


LiveSeriesBySite = dict[str, LiveSeries]
"""By site."""

_LastOfLinks = dict[str, int]
"""The position in a layout of the last series of each link."""


class StalenessMarkers:
    """
    Finds the ends of series, from batches in the order of their sealing.

    Older ones, from a backlog, are ignored because they do not affect the live series. ``live`` is
    the final state of a previous instance.
    """

    def __init__(self, labels_of: LabelsOf, memory: LiveSeriesBySite | None = None) -> None:
        self._labels_of = labels_of
        self.live: LiveSeriesBySite = {} if memory is None else memory
        self._layouts: dict[str, CompiledLayout] = {}
        """The layouts of the masks in memory; a site from before the start has none yet."""
        self._last_of_links: dict[str, _LastOfLinks] = {}
        """Of the same layouts."""
        self._labels: dict[str, LayoutSeriesLabels] = {}
        """Of the same layouts, in the last batch: the same object while nothing has changed."""
        self._complete: set[str] = set()
        """The sites of which every series of the layout had a value in the last batch."""

    def markers_of(
        self, entry: JournalEntry, columns: Columns, labels: LayoutSeriesLabels
    ) -> EncodedSeries | None:
        """Return the markers for a batch, ``None`` for none."""
        sealed_ms = (entry.epoch_ns + columns.header.clock.boottime_ns) // 1_000_000
        before = self.live.get(entry.site)
        if not columns.times_ms or (before is not None and sealed_ms <= before.sealed_ms):
            return None
        ends: Ends = []
        alive = before
        if alive is None or self._labels.get(entry.site) is not labels:
            self._labels[entry.site] = labels
            if (
                alive is None
                or self._layouts.get(entry.site) is not columns.layout
                or not are_labels(alive.labels, self._labels_of, entry.site)
            ):
                begin_ms = times_of(columns, epoch_ns=entry.epoch_ns).earliest_ms
                alive = self._carried_over(entry, columns, before, begin_ms, ends)
        if entry.site in self._complete and _has_all(columns):
            # Nearly always, 667 times a second: every series goes on.
            self._see_links(entry, columns, alive)
        else:
            times = _RowTimes(columns, entry.epoch_ns)
            for block in columns.blocks:
                _follow_block(block, alive, labels, times, ends)
            self._note_complete(entry.site, columns, alive)
        alive.sealed_ms = sealed_ms
        gone = _of_gone_links(columns, alive, labels)
        if gone:
            self._complete.discard(entry.site)
            ends += gone
        return _encode_markers(ends)

    def _see_links(self, entry: JournalEntry, columns: Columns, alive: LiveSeries) -> None:
        """Update when each link was last seen, by a batch with runs of every series."""
        offset_ms, counts = entry.epoch_ns // 1_000_000, columns.counts
        for link, position in self._last_of_links[entry.site].items():
            last_row = sum(counts[: position + 1]) - 1
            alive.seen_ms[link] = offset_ms + columns.times_ms[last_row]

    def _note_complete(self, site: str, columns: Columns, alive: LiveSeries) -> None:
        """Note whether every series of a site's layout has a value now."""
        masks = alive.masks
        is_complete = all(
            masks[kind.first : kind.last].count((2 << len(kind.metrics)) - 1)
            == kind.last - kind.first
            for kind in columns.layout.blocks
        )
        (self._complete.add if is_complete else self._complete.discard)(site)

    def _carried_over(
        self,
        entry: JournalEntry,
        columns: Columns,
        before: LiveSeries | None,
        at_ms: int,
        ends: Ends,
    ) -> LiveSeries:
        """Return the live series of a site for a batch's layout and the present labels."""
        all_series = columns.layout.layout.series
        labels = {
            link: self._labels_of(entry.site, link)
            for link in {member.link for member in all_series}
        }
        alive = LiveSeries(entry.layout, 0, [0] * len(all_series), labels, {})
        compiled = self._layouts.get(entry.site)
        if compiled is None and before is not None and before.layout == entry.layout:
            compiled = columns.layout
        if before is not None and compiled is not None:
            alive.seen_ms = before.seen_ms
            places = {key: position for position, key in enumerate(all_series)}
            old = LabelCache(lambda _site, link: before.labels.get(link, {}))
            names = old.for_layout(entry.site, before.layout, compiled).series
            for position, key in enumerate(compiled.layout.series):
                place, mask = places.get(key), before.masks[position]
                if place is not None and before.labels.get(key.link) == labels[key.link]:
                    alive.masks[place] = mask
                else:
                    ends += [(name, at_ms - 1) for name in _names(names[position], mask)]
        self.live[entry.site] = alive
        self._layouts[entry.site] = columns.layout
        self._last_of_links[entry.site] = _last_of_links(columns.layout)
        self._complete.discard(entry.site)
        return alive


class _RowTimes:
    """The times of a batch's rows in the request; computed on demand."""

    def __init__(self, columns: Columns, epoch_ns: int) -> None:
        self.columns = columns
        self.offset_ms = epoch_ns // 1_000_000
        self._epoch_ns = epoch_ns

    @cached_property
    def wall(self) -> WallTimes:
        """Return one per row."""
        return times_of(self.columns, epoch_ns=self._epoch_ns)


def _last_of_links(layout: CompiledLayout) -> _LastOfLinks:
    return {series.link: position for position, series in enumerate(layout.layout.series)}


def _has_all(columns: Columns) -> bool:
    """Return whether every series of a batch's layout has runs, all of them with every value."""
    blocks = columns.layout.blocks
    return (
        not columns.not_ok
        and len(columns.counts) == (blocks[-1].last if blocks else 0)
        and 0 not in columns.counts
        and all(block.whole for block in columns.blocks)
    )


def _follow_block(
    block: ColumnBlock,
    alive: LiveSeries,
    labels: LayoutSeriesLabels,
    times: _RowTimes,
    ends: Ends,
) -> None:
    """Update the live series from a block's rows, and add the ends."""
    columns, offset_ms = times.columns, times.offset_ms
    masks, all_series = alive.masks, columns.layout.layout.series
    success = 1 << len(block.columns)
    everything = 2 * success - 1
    is_whole = block.whole and not any(
        block.first_row <= row < block.last_row for row in columns.not_ok
    )
    for rows in columns.series_of(block):
        position = rows.position
        seen_ms = offset_ms + columns.times_ms[rows.last_row - 1]
        alive.seen_ms[all_series[position].link] = seen_ms
        mask = masks[position]
        if is_whole and not mask & ~everything:
            masks[position] = everything
            continue
        for row in range(rows.first_row, rows.last_row):
            has = 0
            for place, column in enumerate(block.columns):
                if column[row - block.first_row] is not None:
                    has |= 1 << place
            row_outcome = columns.not_ok.get(row)
            is_unmeasured = row_outcome is not None and row_outcome.outcome is Outcome.UNMEASURED
            has |= 2 * success if is_unmeasured else success
            gone = mask & ~has
            if gone:
                ends += [
                    (name, times.wall.ms[row]) for name in _names(labels.series[position], gone)
                ]
            mask = has
        masks[position] = mask


def _of_gone_links(columns: Columns, alive: LiveSeries, labels: LayoutSeriesLabels) -> Ends:
    """Return the ends of all series of links without a run for a long time."""
    before_ms = alive.sealed_ms - _LINK_GONE_MS
    if min(alive.seen_ms.values(), default=before_ms) >= before_ms:
        return []
    gone = {link for link, seen_ms in alive.seen_ms.items() if link and seen_ms < before_ms}
    ends: Ends = []
    if gone:
        for position, series_gone in enumerate(columns.layout.layout.series):
            if series_gone.link in gone:
                names = _names(labels.series[position], alive.masks[position])
                ends += [(name, alive.sealed_ms) for name in names]
                alive.masks[position] = 0
        for link in gone:
            del alive.seen_ms[link]
    return ends


def _names(labels: SeriesLabels, mask: int) -> Iterator[bytes]:
    """Yield the labels of the series whose bits are set."""
    for place, name in enumerate((*labels.metrics, labels.success, labels.unmeasured)):
        if mask >> place & 1:
            yield name


def _encode_markers(ends: Ends) -> EncodedSeries | None:
    if not ends:
        return None
    times_ms = [time_ms for _, time_ms in ends]
    plain = b"".join(
        [series(name.removesuffix(SAMPLE_HEAD), [(at_ms, STALE)]) for name, at_ms in ends]
    )
    return EncodedSeries(
        body=elements_of(plain),
        unpacked_bytes=len(plain),
        samples=len(ends),
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )


def load_checkpoint(path: Path) -> LiveSeriesBySite:
    """
    Return the saved state; an empty one if there is none or it cannot be read.

    Its loss shows series for five minutes after their end, which is better than a failed start.
    """
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=LiveSeriesBySite)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("cannot read the state of a sink file=%s: %s; starting empty", path, error)
        return {}


def save_checkpoint(path: Path, memory: LiveSeriesBySite) -> None:
    """Save it, atomically."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(msgspec.msgpack.encode(memory))
        part.replace(path)
    except OSError as error:
        _log.warning(
            "cannot write the state of a sink file=%s: %s; a restart starts empty", path, error
        )
