"""Encodes entries into a batch, whatever the entries contain."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from thongsuot_agent.spool.frame import Entry, LogHeading
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.segment_store import SegmentStore
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity
from thongsuot_schema.batch.encode import encode_checked_batch
from thongsuot_schema.batch.model import Batch, ClockReading, Notice, NoticeCode
from thongsuot_schema.result import Result, Series
from thongsuot_schema.verdict import VerdictChange

_log = logging.getLogger(__name__)

MAX_ENTRIES = 4_000
"""Entries at which a batch is sealed early; receivers accept five times that."""


@dataclass(slots=True, kw_only=True)
class SealedBatch:
    """
    A batch in its segment store: the data that is needed without reading it.

    ``news`` counts the entries that must survive even a power cut: verdict changes, and notices of
    gaps.
    """

    key: BatchKey
    stream: StreamIdentity
    segments: SegmentStore
    size_bytes: int
    results: int
    news: int
    sealed_boottime_ns: int
    sealed_wall_ns: int
    layout: bytes
    is_whole: bool = True
    may_be_on_disk: bool = False
    """An earlier process left it here; a kill may have interrupted its move to the disk."""

    def read(self) -> bytes:
        """Return the encoded batch. Raises ``OSError``."""
        return self.segments.read(self.key.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBuilder:
    """Encodes entries into batches with the layouts and the expected series."""

    layouts: Layouts
    expected: frozenset[Series] = frozenset()

    def build(
        self,
        entries: Sequence[Entry],
        stream: StreamIdentity,
        heading: LogHeading,
        clock: ClockReading,
        segments: SegmentStore,
    ) -> tuple[bytes, SealedBatch]:
        """Return an encoded batch of entries, with its metadata."""
        results = tuple(
            sorted(
                (entry for entry in entries if isinstance(entry, Result)),
                key=lambda result: result.boottime_ns,
            )
        )
        batch = Batch(
            site=stream.site,
            stream=stream.name,
            number=heading.number,
            boot_id=stream.boot_id,
            clock=clock,
            previous=heading.previous,
            results=results,
            changes=tuple(entry for entry in entries if isinstance(entry, VerdictChange)),
            notices=tuple(entry for entry in entries if isinstance(entry, Notice)),
        )
        layout, body = self._encode(batch)
        return body, SealedBatch(
            key=BatchKey(stream.ordinal, heading.number),
            stream=stream,
            segments=segments,
            size_bytes=len(body),
            results=len(results),
            news=len(batch.changes) + sum(n.code is NoticeCode.GAP for n in batch.notices),
            sealed_boottime_ns=clock.boottime_ns,
            sealed_wall_ns=clock.wall_ns,
            layout=layout,
        )

    def _encode(self, batch: Batch) -> tuple[bytes, bytes]:
        try:
            return self._encode_strictly(batch)
        except ValueError as error:
            _log.error(
                "cannot encode batch number=%d: %s; looking for the entry", batch.number, error
            )
        # An entry that cannot be encoded is our own bug. It must not cause the loss of the others.
        results = tuple(
            result for result in batch.results if self._is_encodable(batch, results=(result,))
        )
        kept_changes = [self._encodable_change(batch, change) for change in batch.changes]
        changes = tuple(change for change in kept_changes if change is not None)
        notices = tuple(
            kept_notice
            for kept_notice in batch.notices
            if self._is_encodable(batch, notices=(kept_notice,))
        )
        left_out = (
            len(batch.results) - len(results),
            sum(
                kept is not change for kept, change in zip(kept_changes, batch.changes, strict=True)
            ),
            len(batch.notices) - len(notices),
        )
        notice = Notice(
            code=NoticeCode.PROBE_BROKEN,
            boottime_ns=batch.clock.boottime_ns,
            text="entries, or their evidence, that cannot be encoded were left out; the log names "
            "them",
            count=sum(left_out),
        )
        return self._encode_strictly(
            _batch_with(batch, results=results, changes=changes, notices=(*notices, notice))
        )

    def _encode_strictly(self, batch: Batch) -> tuple[bytes, bytes]:
        index = self.layouts.index_with(
            self.expected.union(result.series for result in batch.results)
        )
        return (index.layout_id if batch.results else b""), encode_checked_batch(batch, index)

    def _encodable_change(self, batch: Batch, change: VerdictChange) -> VerdictChange | None:
        """Return a change, without its evidence if that cannot be encoded, or nothing of it."""
        bare = replace(change, verdict=replace(change.verdict, evidence=()))
        for candidate in (change, bare):
            if self._is_encodable(batch, changes=(candidate,)):
                return candidate
        return None

    def _is_encodable(
        self,
        batch: Batch,
        *,
        results: tuple[Result, ...] = (),
        changes: tuple[VerdictChange, ...] = (),
        notices: tuple[Notice, ...] = (),
    ) -> bool:
        alone = _batch_with(batch, results=results, changes=changes, notices=notices)
        try:
            self._encode_strictly(alone)
        except ValueError as error:
            entries = (*results, *changes, *notices)
            _log.error("cannot encode %s: %s; it is omitted", entries, error)
            return False
        return True


def _batch_with(
    batch: Batch,
    *,
    results: tuple[Result, ...],
    changes: tuple[VerdictChange, ...],
    notices: tuple[Notice, ...],
) -> Batch:
    return Batch(
        site=batch.site,
        stream=batch.stream,
        number=batch.number,
        boot_id=batch.boot_id,
        clock=batch.clock,
        previous=batch.previous,
        results=results,
        changes=changes,
        notices=notices,
    )
