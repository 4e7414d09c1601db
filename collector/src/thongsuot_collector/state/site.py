"""The state of one site, built from its batches, in a form that can be saved and restored. Pure."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.ranges import missing_between
from thongsuot_collector.state.counter import counter_runs
from thongsuot_collector.state.echoes import EchoTail, LatestEchoes, echo_batch, record_echoes
from thongsuot_collector.state.equipment import KINDS as EQUIPMENT
from thongsuot_collector.state.equipment import EquipmentReading, readings_in
from thongsuot_collector.state.line_rollups import Rollups
from thongsuot_collector.state.verdicts import StreamVerdicts
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import Notice, NoticeCode, is_generated
from thongsuot_schema.catalogue import counter, failover
from thongsuot_schema.catalogue.icmp import KIND as ICMP
from thongsuot_schema.catalogue.path import KIND as PATH
from thongsuot_schema.counter_path import CounterPath, SwitchOver, recent, with_run
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.path import RouteHistory, parse_path, with_observation

KEPT_NS = 72 * 3600 * 10**9
"""
The page shows the last 24 hours; a sink that catches up on more than this sends the older results
without the verdicts in force.
"""

STREAMS_KEPT = 24
"""A device that reboots more often than that loses the chart of its earliest boots."""

TRANSITIONS_KEPT = 5_000
"""
Verdict changes of one stream: one a minute for three days. A site that sends more loses its
oldest.
"""

SERIES_KEPT = 4_096
STRETCHES_KEPT = 2_000
GAPS_KEPT = 1_000
ROUTES_KEPT = 128
SWITCH_OVERS_KEPT = 512
"""Of figures, covered time, missing numbers and paths: far above the needs of a correct agent."""

_FORGET_EVERY = 32
"""Batches between two clean-ups: eight minutes."""

JOINED_WITHIN_MS = 60_000
"""Batches with a gap of less than this are one span of record: pushes are 15 s apart."""


class CarryingState(msgspec.Struct, frozen=True, array_like=True):
    """Whether a link carries its device's own traffic, and since when: wall times."""

    time_ms: int
    is_active: bool
    since_ms: int


class StreamState(msgspec.Struct, kw_only=True):
    """
    One stream of the site's agent.

    ``epoch_ns`` is the wall time of its boottime 0, by the newest batch; ``sealed_ns`` that
    batch's boottime.
    """

    epoch_ns: int
    sealed_ns: int
    verdicts: StreamVerdicts

    @property
    def latest_ns(self) -> int:
        """The wall time of the stream's latest data."""
        return self.epoch_ns + self.sealed_ns


class SiteState(msgspec.Struct, kw_only=True):
    """
    The state of a site.

    ``heard_ns`` is the time of its newest push, ``applied`` the number of applied batches.
    ``covered`` are the spans of wall time, in ms, that its record covers: outside of them nothing
    is known. ``echoes`` are by link, target and family, without those of the latest batches
    (``tail``; see ``latest_echoes``). ``routes`` have the same keys; their times are Unix times.
    ``carrying`` is by link, ``equipment`` by kind, link and target. ``counter`` and
    ``switch_overs`` have Unix times; the latter are of the last 31 days. ``rollups`` and
    ``new_switch_overs`` are those that the store does not have yet. Up to ``generated_until_ms``
    (wall time; 0: nothing) the record was generated for a demonstration.
    """

    heard_ns: int = 0
    applied: int = 0
    clock: ClockQuality = ClockQuality.UNCERTAIN
    version: str = ""
    streams: dict[str, StreamState] = {}
    covered: tuple[tuple[int, int], ...] = ()
    echoes: dict[str, LatestEchoes] = {}
    tail: EchoTail = EchoTail()
    routes: dict[str, RouteHistory] = {}
    carrying: dict[str, CarryingState] = {}
    equipment: dict[str, EquipmentReading] = {}
    counter: CounterPath | None = None
    switch_overs: tuple[SwitchOver, ...] = ()
    new_switch_overs: tuple[SwitchOver, ...] = ()
    rollups: Rollups = {}
    generated_until_ms: int = 0

    def apply(self, entry: JournalEntry, columns: Columns) -> bool:
        """
        Apply one batch; a batch that was applied before only changes ``heard_ns``.

        Return whether it is a new one.
        """
        self.heard_ns = max(self.heard_ns, entry.received_ns)
        header = columns.header
        stream = self.streams.get(entry.stream)
        if stream is None:
            stream = self.streams[entry.stream] = StreamState(
                epoch_ns=entry.epoch_ns, sealed_ns=0, verdicts=StreamVerdicts()
            )
        if not stream.verdicts.add(entry.number, columns.changes, columns.notices):
            return False
        if header.clock.boottime_ns >= stream.sealed_ns:
            stream.sealed_ns = header.clock.boottime_ns
            stream.epoch_ns = entry.epoch_ns
            if stream is self.newest():
                self.clock = entry.clock
        if not is_generated(entry.stream):
            self.version = _version(columns.notices) or self.version
        else:
            sealed_ms = (entry.epoch_ns + header.clock.boottime_ns) // 1_000_000
            self.generated_until_ms = max(self.generated_until_ms, sealed_ms)
        self._cover(entry, columns)
        self._record_kinds(entry, columns)
        self.applied += 1
        if self.applied % _FORGET_EVERY == 0 or len(self.streams) > STREAMS_KEPT:
            self._forget()
        return True

    def _record_kinds(self, entry: JournalEntry, columns: Columns) -> None:
        """Apply the results of a batch, by the kinds of probe in it."""
        kinds = {block.block.kind for block in columns.blocks}
        if ICMP.name in kinds:
            self._record_echoes(entry, columns)
        if PATH.name in kinds:
            self._record_routes(entry, columns)
        if failover.KIND.name in kinds:
            self._record_carrying(entry, columns)
        if counter.KIND.name in kinds:
            self._record_counter(entry, columns)
        if not EQUIPMENT.isdisjoint(kinds):
            self._record_equipment(entry, columns)

    def newest(self) -> StreamState | None:
        """Return the stream with the latest data."""
        return max(self.streams.values(), key=lambda stream: stream.latest_ns, default=None)

    def backlog(self) -> int:
        """
        Return the number of batches known to be waiting on the device: numbers missing in its
        streams.
        """
        return sum(missing_between(stream.verdicts.held) for stream in self.streams.values())

    def _cover(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        sealed_ms = columns.header.clock.boottime_ns // 1_000_000
        first_ms = sealed_ms if columns.earliest_ms is None else columns.earliest_ms
        stretch = (offset_ms + min(first_ms, sealed_ms), offset_ms + sealed_ms)
        if self.covered:
            begin_ms, end_ms = self.covered[-1]
            if begin_ms <= stretch[0] <= end_ms + JOINED_WITHIN_MS:
                # Nearly always: it continues the end of the record.
                self.covered = (*self.covered[:-1], (begin_ms, max(end_ms, stretch[1])))
                return
        self.covered = joined((*self.covered, stretch), within_ms=JOINED_WITHIN_MS)

    @property
    def latest_echoes(self) -> dict[str, LatestEchoes]:
        """The latest echoes, by link, target and family."""
        return self.tail.onto(self.echoes)

    def _record_echoes(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        keys = _figure_keys(entry.layout, columns)
        blocks = [block for block in columns.blocks if block.block.kind == ICMP.name]
        if len(blocks) == 1:
            # Runs for every push, 667 times a second.
            batch = echo_batch(columns, blocks[0], offset_ms)
            kind = blocks[0].block
            tail = None
            if batch is not None:
                tail = self.tail.followed_by(keys[kind.first : kind.last], batch)
            if tail is not None:
                self.tail = tail
                return
        self._fold_echoes()
        for block in blocks:
            record_echoes(self.echoes, keys, block, columns, offset_ms)

    def _fold_echoes(self) -> None:
        """Merge the tail into the echoes of each series."""
        self.echoes, self.tail = self.tail.onto(self.echoes), EchoTail()

    def _record_routes(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        for block in columns.blocks:
            if block.block.kind != PATH.name:
                continue
            evidence = columns.evidence()
            keys = _figure_keys(entry.layout, columns)
            for rows in columns.series_of(block):
                for row in range(rows.first_row, rows.last_row):
                    row_outcome = columns.not_ok.get(row)
                    if row_outcome is not None and row_outcome.outcome is Outcome.UNMEASURED:
                        continue
                    key = keys[rows.position]
                    path = parse_path(evidence.get(row, {}), is_reached=row_outcome is None)
                    at_ns = (offset_ms + columns.times_ms[row]) * 1_000_000
                    self.routes[key] = with_observation(self.routes.get(key), at_ns, path)

    def _record_carrying(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        for block in columns.blocks:
            if block.block.kind != failover.KIND.name:
                continue
            by_metric = dict(zip(block.block.metrics, block.columns, strict=True))
            nothing = [None] * (block.last_row - block.first_row)
            four = by_metric.get(failover.ACTIVE4.name, nothing)
            six = by_metric.get(failover.ACTIVE6.name, nothing)
            lasts = by_metric.get(failover.SINCE.name, nothing)
            for rows in columns.series_of(block):
                link = columns.layout.layout.series[rows.position].link
                row = rows.last_row - 1
                at = row - block.first_row
                time_ms, lasted_s = offset_ms + columns.times_ms[row], lasts[at]
                known = self.carrying.get(link)
                if lasted_s is None or (known is not None and known.time_ms > time_ms):
                    continue
                self.carrying[link] = CarryingState(
                    time_ms, bool(four[at] or six[at]), time_ms - round(lasted_s * 1000)
                )

    def _record_counter(self, entry: JournalEntry, columns: Columns) -> None:
        for seen in counter_runs(columns, entry.epoch_ns // 1_000_000):
            if seen.is_unknown and (self.counter is None or self.counter.at_s <= seen.at_s):
                self.counter = None
            if seen.run is not None:
                self.counter = with_run(self.counter, seen.run)
            if seen.switch_over is not None:
                self.new_switch_overs = (*self.new_switch_overs, seen.switch_over)
                known = (*self.switch_overs, seen.switch_over)
                self.switch_overs = recent(known, max(moved.at_s for moved in known))
        self.switch_overs = self.switch_overs[-SWITCH_OVERS_KEPT:]

    def _record_equipment(self, entry: JournalEntry, columns: Columns) -> None:
        for key, reading in readings_in(columns, entry.epoch_ns // 1_000_000):
            if key not in self.equipment or self.equipment[key].time_ms < reading.time_ms:
                self.equipment[key] = reading

    def _forget(self) -> None:
        newest = self.newest()
        assert newest is not None
        before_ns = newest.latest_ns - KEPT_NS
        self.covered = tuple(
            covered_span
            for covered_span in self.covered
            if covered_span[1] * 1_000_000 >= before_ns
        )
        for name, stream in list(self.streams.items()):
            if stream.latest_ns < before_ns and stream is not newest:
                del self.streams[name]
            else:
                stream.verdicts.forget_before(before_ns - stream.epoch_ns)
                stream.verdicts.bound(max_transitions=TRANSITIONS_KEPT, max_gaps=GAPS_KEPT)
        while len(self.streams) > STREAMS_KEPT:
            del self.streams[min(self.streams, key=lambda name: self.streams[name].latest_ns)]
        self.covered = self.covered[-STRETCHES_KEPT:]
        self.routes = {
            key: routes
            for key, routes in list(self.routes.items())[-ROUTES_KEPT:]
            if routes.latest.at_ns >= before_ns
        }
        self.carrying = dict(list(self.carrying.items())[-ROUTES_KEPT:])
        self.equipment = dict(list(self.equipment.items())[-ROUTES_KEPT:])
        newest_first = sorted(self.echoes.items(), key=lambda entry: -entry[1].time_ms)
        self.echoes = {
            key: figures
            for key, figures in newest_first[:SERIES_KEPT]
            if figures.time_ms * 1_000_000 >= before_ns
        }


_KEYS: dict[bytes, tuple[str, ...]] = {}
_KEYS_KEPT = 20_000


def _figure_keys(layout_id: bytes, columns: Columns) -> tuple[str, ...]:
    """Return the key of each series of a layout in ``SiteState.echoes``, computed once."""
    keys = _KEYS.get(layout_id)
    if keys is None:
        if len(_KEYS) >= _KEYS_KEPT:
            _KEYS.clear()
        series = columns.layout.layout.series
        keys = tuple(f"{member.link}\n{member.target}\n{member.family}" for member in series)
        _KEYS[layout_id] = keys
    return keys


def joined(stretches: Iterable[tuple[int, int]], *, within_ms: int) -> tuple[tuple[int, int], ...]:
    """Return spans of time in order, with overlapping or nearly adjacent ones merged."""
    joined_spans: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined_spans and start <= joined_spans[-1][1] + within_ms:
            joined_spans[-1] = (joined_spans[-1][0], max(joined_spans[-1][1], end))
        else:
            joined_spans.append((start, end))
    return tuple(joined_spans)


def _version(notices: Iterable[Notice]) -> str:
    version = ""
    for notice in notices:
        if notice.code is NoticeCode.STARTED:
            version = notice.text
    return version
