"""
The state of one site: what its batches told, in a form that can be kept and taken up again. Pure.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.ranges import missing_between
from thongsuot_collector.state.counter import counter_runs
from thongsuot_collector.state.equipment import EquipmentReading, readings_in
from thongsuot_collector.state.line_rollups import Rollups
from thongsuot_collector.state.verdicts import StreamVerdicts
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import Notice, NoticeCode, is_generated
from thongsuot_schema.catalogue import failover
from thongsuot_schema.catalogue.icmp import KIND as ICMP
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.catalogue.path import KIND as PATH
from thongsuot_schema.counter_path import CounterPath, SwitchOver, recent, with_run
from thongsuot_schema.line import RECENT_RUNS, EchoRun
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.path import RouteHistory, parse_path, with_observation

KEPT_NS = 72 * 3600 * 10**9
"""
The page shows the last 24 hours; a sink that catches up on more than this sends the older results
without the verdicts that stood.
"""

STREAMS_KEPT = 24
"""A device that reboots more often than that loses the picture of its earliest boots."""

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
"""
Of figures, of covered time, of missing numbers, of ways: what an honest agent never comes near.
"""

_FORGET_EVERY = 32
"""Batches between two looks at what may be forgotten: eight minutes."""

JOINED_WITHIN_MS = 60_000
"""Batches with less than this between them are one stretch of record: pushes are 15 s apart."""


class LatestEchoes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    The latest runs of one icmp series: wall time and round trip of the newest, and what each lost.

    The losses are in thousandths, the ages in milliseconds before the newest: a state is kept for
    each site, and small whole numbers take a byte or three.
    """

    time_ms: int
    rtt_s: float | None
    losses_permille: tuple[int, ...] = ()
    ages_ms: tuple[int, ...] = ()

    @property
    def runs(self) -> tuple[EchoRun, ...]:
        """Return the runs by wall time, in order."""
        # A state that was kept before ages were has losses alone: a minute later it is renewed.
        return tuple(
            EchoRun((self.time_ms - age_ms) / 1000, loss / 1000)
            for age_ms, loss in zip(self.ages_ms, self.losses_permille, strict=False)
        )


def with_runs(
    before: LatestEchoes | None,
    runs: tuple[tuple[int, ...], tuple[int, ...]],
    time_ms: int,
    rtt_s: float | None,
) -> LatestEchoes:
    """
    Return the latest runs with those of a batch, at most ``RECENT_RUNS`` of them in order: their
    ages at ``time_ms``, and what they lost.
    """
    ages_ms, losses = runs
    room = RECENT_RUNS - len(ages_ms)
    # A state from before ages were kept has losses alone: it is left behind.
    if before is not None and room and len(before.ages_ms) == len(before.losses_permille):
        since_ms = time_ms - before.time_ms
        ages_ms = (*[age_ms + since_ms for age_ms in before.ages_ms[-room:]], *ages_ms)
        losses = before.losses_permille[-room:] + losses
    return LatestEchoes(time_ms, rtt_s, losses_permille=losses, ages_ms=ages_ms)


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
        """Wall time up to which the stream tells anything."""
        return self.epoch_ns + self.sealed_ns


class SiteState(msgspec.Struct, kw_only=True):
    """
    What is known of a site.

    ``heard_ns`` is when its newest push came in, ``applied`` how many batches were taken over.
    ``covered`` are the stretches of wall time, in ms, that its record tells of: outside of them
    nothing is known. ``echoes`` are by link, target and family; so are ``routes``, whose times are
    Unix times. ``carrying`` is by link, ``equipment`` by kind, link and target. ``counter`` and
    ``switch_overs`` have Unix times; the latter are of the last 31 days. ``rollups`` and
    ``new_switch_overs`` are those that the store does not have yet. Up to ``generated_until_ms``
    (wall time; 0: nothing) the record was made up for a demonstration.
    """

    heard_ns: int = 0
    applied: int = 0
    clock: ClockQuality = ClockQuality.UNCERTAIN
    version: str = ""
    streams: dict[str, StreamState] = {}
    covered: tuple[tuple[int, int], ...] = ()
    echoes: dict[str, LatestEchoes] = {}
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
        Take over one batch; a batch that was applied before changes nothing but ``heard_ns``.

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
        self.version = _version(columns.notices) or self.version
        if is_generated(entry.stream):
            sealed_ms = (entry.epoch_ns + header.clock.boottime_ns) // 1_000_000
            self.generated_until_ms = max(self.generated_until_ms, sealed_ms)
        self._cover(entry, columns)
        self._record_figures(entry, columns)
        self._record_routes(entry, columns)
        self._record_carrying(entry, columns)
        self._record_counter(entry, columns)
        for key, reading in readings_in(columns, entry.epoch_ns // 1_000_000):
            if key not in self.equipment or self.equipment[key].time_ms < reading.time_ms:
                self.equipment[key] = reading
        self.applied += 1
        if self.applied % _FORGET_EVERY == 0 or len(self.streams) > STREAMS_KEPT:
            self._forget()
        return True

    def newest(self) -> StreamState | None:
        """Return the stream that tells of the latest moment."""
        return max(self.streams.values(), key=lambda stream: stream.latest_ns, default=None)

    def backlog(self) -> int:
        """
        Return how many batches are known to wait on the device: numbers missing in its streams.
        """
        return sum(missing_between(stream.verdicts.held) for stream in self.streams.values())

    def _cover(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        sealed_ms = columns.header.clock.boottime_ns // 1_000_000
        first_ms = sealed_ms if columns.earliest_ms is None else columns.earliest_ms
        stretch = (offset_ms + min(first_ms, sealed_ms), offset_ms + sealed_ms)
        self.covered = joined((*self.covered, stretch), within_ms=JOINED_WITHIN_MS)

    def _record_figures(self, entry: JournalEntry, columns: Columns) -> None:
        offset_ms = entry.epoch_ns // 1_000_000
        keys = _figure_keys(entry.layout, columns)
        known = self.echoes
        for block in columns.blocks:
            if block.block.kind != ICMP.name:
                continue
            by_metric = dict(zip(block.block.metrics, block.columns, strict=True))
            rtts, losses = by_metric.get(RTT.name), by_metric.get(LOSS.name)
            if losses is None:
                losses = (None,) * (block.last_row - block.first_row)
            is_lossless = block.whole and not any(losses)
            times_ms, counts, last = columns.times_ms, columns.counts, block.first_row
            # Of every push, and there are 667 a second: no object is made for a run.
            for position in range(block.block.first, min(block.block.last, len(counts))):
                first, last = last, last + counts[position]
                if first == last:
                    continue
                key, newest_ms = keys[position], times_ms[last - 1]
                before, time_ms = known.get(key), offset_ms + newest_ms
                if before is None or before.time_ms < time_ms:
                    # From the newest on, as many as are kept: a batch may hold 20,000 of them.
                    start = max(first, last - RECENT_RUNS)
                    lost = losses[start - block.first_row : last - block.first_row]
                    ages_ms = tuple([newest_ms - run_ms for run_ms in times_ms[start:last]])
                    if is_lossless:
                        runs = ages_ms, _NOTHING_LOST[: last - start]
                    elif None not in lost:
                        runs = ages_ms, tuple([round(loss * 1000) for loss in lost])  # type: ignore[operator]
                    else:
                        lost = losses[first - block.first_row : last - block.first_row]
                        runs = _measured_runs(newest_ms, times_ms[first:last], lost)
                    rtt_s = None if rtts is None else rtts[last - 1 - block.first_row]
                    known[key] = with_runs(before, runs, time_ms, rtt_s)

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


_NOTHING_LOST = (0,) * RECENT_RUNS


def _measured_runs(
    newest_ms: int, times_ms: Sequence[int], losses: Sequence[float | None]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the ages and losses (in thousandths) of the newest runs that have a loss."""
    newest = islice(
        (
            (newest_ms - run_ms, round(loss * 1000))
            for run_ms, loss in zip(reversed(times_ms), reversed(losses), strict=True)
            if loss is not None
        ),
        RECENT_RUNS,
    )
    runs = [*newest][::-1]
    return tuple([age_ms for age_ms, _ in runs]), tuple([loss for _, loss in runs])


_KEYS: dict[bytes, tuple[str, ...]] = {}
_KEYS_KEPT = 20_000


def _figure_keys(layout_id: bytes, columns: Columns) -> tuple[str, ...]:
    """Return the key of each series of a layout in ``SiteState.echoes``, worked out once."""
    keys = _KEYS.get(layout_id)
    if keys is None:
        if len(_KEYS) >= _KEYS_KEPT:
            _KEYS.clear()
        series = columns.layout.layout.series
        keys = tuple(f"{member.link}\n{member.target}\n{member.family}" for member in series)
        _KEYS[layout_id] = keys
    return keys


def joined(stretches: Iterable[tuple[int, int]], *, within_ms: int) -> tuple[tuple[int, int], ...]:
    """Return stretches of time in order, those that overlap or nearly touch as one."""
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
