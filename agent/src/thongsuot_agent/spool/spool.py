"""
Spool: the agent's record from the first entry to the acknowledgement.

Two tiers. A sealed batch stays in its segment store (runtime directory, no disk writes) until the
collector has acknowledged it; if that takes longer than ``disk_after_s``, all waiting batches are
written to the disk in one transaction. A batch with verdict changes is written at once. So a
healthy device writes next to nothing, and a power cut loses at most the results of
``disk_after_s``, never a verdict change.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import partial

from thongsuot_agent.clock import NS_PER_S, Clocks
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.batch_builder import SealedBatch
from thongsuot_agent.spool.disk_executor import DiskExecutor
from thongsuot_agent.spool.disk_store import DiskStore, WriteSet
from thongsuot_agent.spool.eviction import DroppedCounts, age_of_former
from thongsuot_agent.spool.frame import Entry
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.live_streams import LiveStreams, StreamEnds
from thongsuot_agent.spool.paths import SpoolPaths
from thongsuot_agent.spool.recent_batches import RecentBatches
from thongsuot_agent.spool.record_writer import RecordWriter
from thongsuot_agent.spool.recovery import recover
from thongsuot_agent.spool.reissue import ReissuedStreams
from thongsuot_agent.spool.rejected import Rejection, write_rejected
from thongsuot_agent.spool.rows import FIRST, SpoolRow
from thongsuot_agent.spool.segment_store import RuntimeSegments
from thongsuot_agent.spool.stream import BatchKey, PendingBatch
from thongsuot_agent.spool.stream_names import StreamNames
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.record_report import (
    LossReason,
    LostBatches,
    format_lost,
    format_report,
)
from thongsuot_schema.result import Series

_AGE_EVERY_NS = 3600 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolStatus:
    """The status of the record for the local page and the metrics."""

    stream: str
    waiting_batches: int
    waiting_on_disk: int
    waiting_results: int
    disk_bytes: int
    dropped_results: int
    dropped_batches: int
    rejected_batches: int
    is_in_memory: bool
    is_disk_refusing: bool


class Spool:
    """
    The record of one device; call ``open`` first.

    ``trusted_wall_ns`` returns the wall time, or ``None`` while the clock is doubted: a wrong clock
    must not drop data by age.
    """

    def __init__(
        self,
        config: SpoolConfig,
        paths: SpoolPaths,
        clock: Clocks,
        *,
        site: str,
        boot_id: str,
        trusted_wall_ns: Callable[[], int | None],
    ) -> None:
        self._config = config
        self._paths = paths
        self._clock = clock
        self._trusted_wall_ns = trusted_wall_ns
        self._layouts = Layouts(paths.layouts_dir)
        self._record = RecordWriter(
            paths.record_dir, self._layouts, clock, site=site, boot_id=boot_id
        )
        self._recent = RecentBatches()
        self._store = DiskStore(
            DiskExecutor(paths.spool_file, self._add_notice),
            config.max_bytes,
            self._layouts.layout,
        )
        self._streams = LiveStreams()
        self._stream_names = StreamNames(paths.stream_names_file)
        self._reissued = ReissuedStreams()
        self._dropped = DroppedCounts()
        self._rejected = 0
        self._aged_ns = 0
        self._early: list[Notice] | None = []
        self._is_disk_unread = False

    async def open(self, expected: Iterable[Series] = ()) -> None:
        """Recover the data of earlier processes and boots, and continue or start a stream."""
        self._layouts.load()
        self._record.expect_series(expected)
        streams = await self._store.streams()
        self._is_disk_unread, known = streams is None, streams or []
        recovered = recover(
            self._paths.record_dir,
            self._record,
            self._layouts,
            streams,
            self._stream_names.lost(streams),
        )
        for sealed in recovered.sealed:
            self._recent.add(sealed)
        self._streams.newest_numbers.update(recovered.reached)
        self._streams.add_known(known)
        for segments in recovered.former:
            self._streams.names[segments.stream.ordinal] = segments.stream.name
            self._streams.former[segments.stream.ordinal] = segments.stream
            self._streams.segments[segments.stream.ordinal] = segments
        self._streams.of_this_boot = {
            stream.ordinal
            for stream in (
                *(known_stream.stream for known_stream in known),
                *self._streams.former.values(),
            )
            if stream.boot_id == self._record.stream.boot_id
        }
        self._growing = self._record.stream
        self._streams.note_newest(self._growing, self._record.last_number)
        early, self._early = self._early or [], None
        for notice in early:
            self.add_entry(notice)
        for text in recovered.gaps:
            self._add_notice(NoticeCode.GAP, text)
        self._announce_lost(recovered.lost)
        if early or recovered.gaps:
            self.seal()
        # One transaction: another power cut loses neither the gap notice nor its streams.
        gone = [(vanished.stream, vanished.last_number) for vanished in recovered.vanished]
        await self._move_to_disk(self._due_for_disk(), gone)

    def expect_series(self, series: Iterable[Series]) -> None:
        """Add series to the next layout before they have results."""
        self._record.expect_series(series)

    def add_entry(self, entry: Entry) -> None:
        """Store one entry. Once this returns, a kill does not lose it."""
        self._record.add_entry(entry)

    def seal(self) -> bool:
        """Seal the added entries into a batch; return whether there is a new one to push."""
        sealed = self._record.seal()
        for batch in sealed:
            self._recent.add(batch)
            self._streams.note_newest(batch.stream, batch.key.number)
        # If the first entry of a log was refused, its stream has ended without another batch.
        for stream in (self._growing, *(batch.stream for batch in sealed)):
            if stream != self._record.stream:
                self._streams.former[stream.ordinal] = stream
        self._growing = self._record.stream
        self._streams.note_newest(self._growing, self._record.last_number)
        self._streams.of_this_boot.add(self._growing.ordinal)
        return bool(sealed)

    def record_report(self, besides: BatchKey) -> str:
        """Return the report about the record for the push of a batch (see ``record_report``)."""
        recent = Counter(sealed.key.ordinal for sealed in self._recent)
        waiting = (recent, self._store.totals.by_stream)
        return format_report(self._streams.report(self._record.stream, waiting, besides))

    async def maintain(self) -> None:
        """Move due batches to the disk, and keep both tiers inside their bounds."""
        now_ns = self._clock.boottime_ns()
        due = self._due_for_disk()
        is_aging = self._store.waiting > 0 and now_ns - self._aged_ns >= _AGE_EVERY_NS
        if is_aging:
            self._aged_ns = now_ns
        ended = self._streams.ended(self._recent)
        if due or ended or is_aging or self._is_disk_unread or self._store.has_acknowledged:
            await self._move_to_disk(due, is_aging=is_aging)
        room = self._recent.make_room(self._config.max_runtime_bytes, self._layouts.layout)
        self._count_dropped(room)

    def newest_recent(self, besides: Container[BatchKey] = ()) -> PendingBatch | None:
        """Return the newest batch that is not on the disk."""
        return self._recent.newest(besides)

    def has_on_disk(self) -> bool:
        """Return whether any batch is waiting on the disk."""
        return self._store.waiting > 0

    async def newest_news(self) -> PendingBatch | None:
        """Return the newest batch on the disk with news: verdict changes, gaps."""
        return await self._store.newest_news()

    async def oldest_on_disk(self, limit: int, after: BatchKey = FIRST) -> list[PendingBatch]:
        """Return the oldest batches on the disk after one, oldest first."""
        return await self._store.oldest(limit, after)

    async def layout(self, name: bytes) -> bytes | None:
        """Return the encoded layout of a batch; ``None`` if it is lost."""
        body = self._layouts.encoded(name)
        if body is None and (body := await self._store.layout(name)) is not None:
            self._layouts.add(name, body)
        return body

    def acknowledge(self, key: BatchKey) -> None:
        """Remove a batch that is durable elsewhere now."""
        sealed = self._recent.pop(key)
        if sealed is None or sealed.may_be_on_disk:
            self._store.note_acknowledged(key)

    async def forget_acknowledged(self) -> None:
        """Remove acknowledged batches from the disk now instead of at the next maintenance."""
        if self._store.has_acknowledged:
            await self._run_write_set(WriteSet())

    async def reissue(self, batch: PendingBatch) -> bool:
        """
        Give a batch another identity, because the collector has other bytes under its present one.

        It gets a number of a new, secret stream, and so do all later batches. Returns whether that
        is on the disk; otherwise the batch is unchanged.

        Raises:
            BatchError: not even this device can read the batch.
        """
        encoded = await self.layout(batch.layout) if batch.layout else None
        ordinal = self._record.stream.ordinal + 1
        reissued = self._reissued.reissue(
            batch, self._layouts.layout(batch.layout), new_ordinal=ordinal
        )
        row, stream = reissued.row, reissued.stream
        write_set = WriteSet(
            rows=[row],
            layouts={} if encoded is None else {batch.layout: encoded},
            newest_numbers=[(stream, row.key.number)],
            closed=[(stream, row.key.number)],
        )
        if not await self._run_write_set(write_set):
            return False
        self._reissued.note_kept(reissued)
        self._streams.note_newest(stream, row.key.number)
        self.acknowledge(batch.key)
        if stream.ordinal == ordinal:
            self._streams.of_this_boot.add(ordinal)
            self._begin_anew(ordinal + 1)
        self._add_notice(
            NoticeCode.NUMBER_TAKEN,
            f"{batch.results} results, kept as {stream.name}/{row.key.number}",
        )
        return True

    def _begin_anew(self, ordinal: int) -> None:
        """End the current stream, and continue in a new one."""
        self.seal()
        former = self._record.stream
        segments = self._record.begin_anew(ordinal)
        self._growing = self._record.stream
        self._streams.former[former.ordinal] = former
        if isinstance(segments, RuntimeSegments):
            self._streams.segments[former.ordinal] = segments

    async def set_aside_rejected(self, batch: PendingBatch, refusal: Rejection) -> bool:
        """
        Set a finally refused batch aside, where a person can read it.

        Returns whether that succeeded; if the disk refuses, the batch stays in the queue.
        """
        await self.layout(batch.layout)
        work = partial(
            write_rejected, self._paths.rejected_dir, batch, refusal, self._layouts.layout
        )
        written = await self._store.write_beside(work)
        if written is None:
            return False
        name, dropped = written
        self._count_dropped(dropped, LossReason.REJECTED_DELETED)
        self._announce_lost(self._streams.lost_batches([batch.key], LossReason.REJECTED))
        self._rejected += 1
        description = (
            f"{batch.results} results refused with {refusal.status}, set aside as {name}: "
        )
        self._add_notice(NoticeCode.GAP, description + refusal.error)
        self.acknowledge(batch.key)
        return True

    async def save_fact(self, name: str, value: str) -> None:
        """Save a small fact durably; ignored while the disk refuses."""
        await self._store.save_fact(name, value)

    async def load_fact(self, name: str) -> str | None:
        """Return a small fact."""
        return await self._store.load_fact(name)

    def status(self) -> SpoolStatus:
        """Return the status of the record."""
        return SpoolStatus(
            stream=self._record.stream.name,
            waiting_batches=len(self._recent) + self._store.waiting,
            waiting_on_disk=self._store.waiting,
            waiting_results=self._recent.results + self._store.totals.results,
            disk_bytes=self._store.totals.used_bytes,
            dropped_results=self._dropped.results,
            dropped_batches=self._dropped.batches,
            rejected_batches=self._rejected,
            is_in_memory=self._record.is_in_memory,
            is_disk_refusing=self._store.is_refusing,
        )

    async def close(self) -> None:
        """Seal, move all waiting batches to the disk, and mark the record as properly closed."""
        self.seal()
        await self._move_to_disk(list(self._recent))
        if not len(self._recent):
            await self._store.mark_closed(self._record.stream, self._record.last_number)
        await self._write_stream_names(is_last=True)
        self._record.close()
        await self._store.close()

    def _due_for_disk(self) -> list[SealedBatch]:
        after_ns = round(self._config.disk_after_s * NS_PER_S)
        return self._recent.due_for_disk(self._clock.boottime_ns(), after_ns)

    async def _move_to_disk(
        self, due: list[SealedBatch], gone: StreamEnds = (), *, is_aging: bool = False
    ) -> None:
        """Write the due batches, and mark ended streams as closed: those gone, and former ones."""
        rows = [row for sealed in due if (row := self._recent.row(sealed)) is not None]
        names = {row.layout for row in rows if row.layout}
        layouts = {
            name: body for name in names if (body := self._layouts.encoded(name)) is not None
        }
        written = {row.key for row in rows}
        ended = self._streams.ended(sealed for sealed in self._recent if sealed.key not in written)
        record = self._record
        reached = {record.stream.ordinal: (record.stream, record.last_number)}
        reached |= {batch.key.ordinal: (batch.stream, batch.key.number) for batch in due}
        write_set = WriteSet(
            rows=rows,
            layouts=layouts,
            newest_numbers=list(reached.values()),
            closed=[*gone, *ended],
            is_too_old=self._is_too_old if is_aging else None,
        )
        if not await self._run_write_set(write_set):
            return
        for row in rows:
            # Batches acknowledged during the write are removed with the next write set.
            if self._recent.pop(row.key) is None:
                self._store.note_acknowledged(row.key)
        for stream, _ in ended:
            self._streams.release(stream)
        if self._is_disk_unread and (known := await self._store.streams()) is not None:
            self._is_disk_unread = False
            self._streams.add_known(known)
        await self._write_stream_names()

    async def _write_stream_names(self, *, is_last: bool = False) -> None:
        reached, now_ns = self._streams.reached_by_name(), self._clock.boottime_ns()
        if self._stream_names.lack(reached, now_ns, is_last=is_last):
            await self._store.write_beside(partial(self._stream_names.write, reached, now_ns))

    async def _run_write_set(self, write_set: WriteSet) -> bool:
        is_done = await self._store.apply(write_set)
        self._count_dropped(self._store.take_dropped())
        return is_done

    def _is_too_old(self, row: SpoolRow) -> bool:
        if row.key.ordinal in self._streams.of_this_boot:
            age_ns = self._clock.boottime_ns() - row.sealed_boottime_ns
        else:
            wall_ns = self._trusted_wall_ns()
            age_ns = 0 if wall_ns is None else age_of_former(row, wall_ns)
        return age_ns > self._config.max_age_s * NS_PER_S

    def _count_dropped(
        self, dropped: DroppedCounts, reason: LossReason = LossReason.DROPPED
    ) -> None:
        self._dropped += dropped
        if dropped.batches:
            text = f"{dropped.batches} batches with {dropped.news} verdict changes and gaps dropped"
            self._add_notice(NoticeCode.GAP, f"{text}: {dropped.first} to {dropped.last}")
            self._announce_lost(self._streams.lost_batches(dropped.keys, reason))

    def _announce_lost(self, lost: Iterable[LostBatches]) -> None:
        for batches in lost:
            self._add_notice(NoticeCode.BATCHES_LOST, format_lost(batches))

    def _add_notice(self, code: NoticeCode, text: str) -> None:
        notice = Notice(code=code, boottime_ns=self._clock.boottime_ns(), text=text[:200])
        if self._early is None:
            self.add_entry(notice)
        else:
            self._early.append(notice)  # the record does not stand yet
