"""
Record writer: appends entries to the open log and seals it into numbered batches.

Every entry goes to the open log as it is made. Sealing turns the open log into an immutable
numbered batch, chained to the one before. When the segment store refuses a write, the stream ends
and the next one begins (in memory, until the runtime directory takes files again): two batches
never share a number.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from thongsuot_agent.clock import Clocks
from thongsuot_agent.errors import RecordUnreadable
from thongsuot_agent.spool.batch_builder import MAX_ENTRIES, BatchBuilder, SealedBatch
from thongsuot_agent.spool.frame import Entry, LogHeading, OpenLogContent, pack_entry
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.segment_store import (
    AbandonedSegments,
    MemorySegments,
    RuntimeSegments,
    SegmentStore,
)
from thongsuot_agent.spool.stream import StreamIdentity, new_stream_name
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import ClockReading as BatchClock
from thongsuot_schema.result import Series

_log = logging.getLogger(__name__)


class RecordWriter:
    """
    The open end of the device's record.

    ``error_s``, the clock's error, is called at sealing. Never raises for a full or failing runtime
    directory.
    """

    def __init__(
        self, directory: Path, layouts: Layouts, clock: Clocks, *, site: str, boot_id: str
    ) -> None:
        self._directory = directory
        self._builder = BatchBuilder(layouts=layouts)
        self._clock = clock
        self._site = site
        self._boot_id = boot_id
        self._entries: list[Entry] = []
        self._overflow: list[SealedBatch] = []
        self._number = 1
        self._previous = b""
        self._opened = self._first_heading()
        self._stream = self._new_stream(0)
        self._segments: SegmentStore = MemorySegments()

    @property
    def stream(self) -> StreamIdentity:
        """The current stream."""
        return self._stream

    @property
    def last_number(self) -> int:
        """Number of the newest sealed batch of the stream; 0 when there is none."""
        return self._number - 1

    @property
    def is_in_memory(self) -> bool:
        """
        Whether the runtime directory refuses writes, so that only this process holds the record.
        """
        return isinstance(self._segments, MemorySegments)

    def is_own_stream(self, stream: StreamIdentity) -> bool:
        """Return whether a stream is of this site and boot, so that it can be continued."""
        return (stream.site, stream.boot_id) == (self._site, self._boot_id)

    def begin_stream(self, ordinal: int) -> None:
        """Begin a new stream, in the runtime directory if that is writable."""
        if not self._begin_in_directory(ordinal, level=logging.WARNING):
            self._begin_in_memory(ordinal)

    def begin_anew(self, ordinal: int) -> SegmentStore:
        """
        End the completely sealed stream, and begin a new one; returns the store of the old one.
        """
        former = self._segments
        former.close()
        self.begin_stream(ordinal)
        return former

    def resume_stream(self, segments: RuntimeSegments, left: OpenLogContent | None) -> None:
        """
        Continue a stream of this boot that an earlier process left.

        Raises:
            OSError: the runtime directory refuses.
            RecordUnreadable: the next number is not certain; no number may be used twice.
        """
        if left is not None:
            self._stream, self._segments = segments.stream, segments
            self._number, self._previous = left.heading.number, left.heading.previous
            self._opened, self._entries = left.heading, list(left.entries)
            segments.resume_log(self._number, left.good_bytes)
            return
        last = segments.last_sealed
        if last is None:
            raise RecordUnreadable(f"no open log in {segments.path} shows the last number")
        self._previous = digest_of(segments.read(last)) if last else b""
        self._stream, self._segments = segments.stream, segments
        self._number = last + 1
        self._opened, self._entries = self._heading(), []
        segments.open_log(self._opened)

    def expect_series(self, series: Iterable[Series]) -> None:
        """Add series to the next layout before they have results, so that there are few layouts."""
        self._builder = replace(self._builder, expected=self._builder.expected.union(series))

    def add_entry(self, entry: Entry) -> None:
        """Store one entry. Once this returns, a kill does not lose it."""
        try:
            self._segments.append(pack_entry(entry))
        except OSError as error:
            self._leave_segment(error)
        self._entries.append(entry)
        if len(self._entries) >= MAX_ENTRIES:
            self._seal_open_log()

    def seal(self) -> list[SealedBatch]:
        """Seal the added entries into batches (usually one; none if nothing was added)."""
        if self._entries:
            self._seal_open_log()
        if self.is_in_memory:
            # The directory may be writable again.
            self._begin_in_directory(self._stream.ordinal + 1)
        sealed, self._overflow = self._overflow, []
        return sealed

    def close(self) -> None:
        """Release the process's resources; the open log stays for the next process."""
        self._segments.close()

    def _seal_open_log(self) -> None:
        number = self._number
        body, sealed = self._encoded()
        # Computed before the write: the heading of the next log, which ``seal`` begins, contains
        # the digest of this batch. A kill in between leaves a chain without a gap.
        self._number, self._previous = number + 1, digest_of(body)
        self._opened, self._entries = self._heading(), []
        try:
            self._segments.seal(number, body, self._opened)
        except OSError as error:
            self._move_to_memory(number, body, sealed, error)
        self._overflow.append(sealed)

    def _leave_segment(self, error: OSError) -> None:
        """End the stream with its present content: its segment store refused an entry."""
        number = self._number
        if not self._entries:
            self._log_refusal(error)
            self._segments.close()
            self._begin_in_memory(self._stream.ordinal + 1)
            return
        body, sealed = self._encoded()
        self._move_to_memory(number, body, sealed, error)
        self._overflow.append(sealed)

    def _move_to_memory(
        self, number: int, body: bytes, sealed: SealedBatch, error: OSError
    ) -> None:
        self._log_refusal(error)
        self._segments.close()
        sealed.segments = AbandonedSegments(self._segments)
        sealed.segments.end(number, body)
        self._begin_in_memory(self._stream.ordinal + 1)

    def _log_refusal(self, error: OSError) -> None:
        _log.warning(
            "cannot write record directory=%s: %s; continuing in memory", self._directory, error
        )

    def _begin_in_directory(self, ordinal: int, *, level: int = logging.DEBUG) -> bool:
        stream, heading = self._new_stream(ordinal), self._first_heading()
        try:
            self._segments = RuntimeSegments.create(self._directory, stream, heading)
        except OSError as error:
            text = "cannot begin record directory=%s: %s; continuing in memory"
            _log.log(level, text, self._directory, error)
            return False
        self._reset_for(stream, heading)
        return True

    def _begin_in_memory(self, ordinal: int) -> None:
        self._segments = MemorySegments()
        self._reset_for(self._new_stream(ordinal), self._first_heading())

    def _reset_for(self, stream: StreamIdentity, heading: LogHeading) -> None:
        self._stream, self._opened = stream, heading
        self._number, self._previous, self._entries = 1, b"", []

    def _encoded(self) -> tuple[bytes, SealedBatch]:
        return self._builder.build(
            self._entries, self._stream, self._opened, self._clock_now(), self._segments
        )

    def _clock_now(self) -> BatchClock:
        return BatchClock(
            boottime_ns=self._clock.boottime_ns(),
            wall_ns=self._clock.wall_ns(),
            error_s=self._clock.error_s(),
        )

    def _first_heading(self) -> LogHeading:
        return LogHeading(
            number=1,
            previous=b"",
            boottime_ns=self._clock.boottime_ns(),
            wall_ns=self._clock.wall_ns(),
        )

    def _heading(self) -> LogHeading:
        return LogHeading(
            number=self._number,
            previous=self._previous,
            boottime_ns=self._clock.boottime_ns(),
            wall_ns=self._clock.wall_ns(),
        )

    def _new_stream(self, ordinal: int) -> StreamIdentity:
        return StreamIdentity(
            name=new_stream_name(),
            site=self._site,
            boot_id=self._boot_id,
            ordinal=ordinal,
            started_boottime_ns=self._clock.boottime_ns(),
            started_wall_ns=self._clock.wall_ns(),
        )
