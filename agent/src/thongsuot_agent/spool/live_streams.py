"""Streams that may still have batches on the device, and the report about them to the collector."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from thongsuot_agent.spool.batch_builder import SealedBatch
from thongsuot_agent.spool.rows import KnownStream
from thongsuot_agent.spool.segment_store import RuntimeSegments
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity
from thongsuot_schema.batch.record_report import (
    STREAMS_REPORTED,
    LossReason,
    LostBatches,
    RecordReport,
    StreamProgress,
)

StreamEnds = Sequence[tuple[StreamIdentity, int]]
"""Streams, each with the number of its last batch."""

_log = logging.getLogger(__name__)

_RANGES_NAMED = 32
"""Losses that are reported as separate ranges; one more range covers the others."""


@dataclass(slots=True)
class LiveStreams:
    """
    By ordinal: ``newest_numbers`` and ``names`` of streams, those that do not grow any more
    (``former``), and their ``segments``.
    """

    newest_numbers: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    former: dict[int, StreamIdentity] = field(default_factory=dict)
    segments: dict[int, RuntimeSegments] = field(default_factory=dict)
    of_this_boot: set[int] = field(default_factory=set)

    def add_known(self, known: Iterable[KnownStream]) -> None:
        """Add the streams on the disk."""
        for stream, last_number, _ in known:
            self.names[stream.ordinal] = stream.name
            reached = self.newest_numbers.get(stream.ordinal, 0)
            self.newest_numbers[stream.ordinal] = max(reached, last_number)

    def note_newest(self, stream: StreamIdentity, number: int) -> None:
        """Record the newest batch of a stream."""
        self.names[stream.ordinal] = stream.name
        self.newest_numbers[stream.ordinal] = number

    def reached_by_name(self) -> dict[str, int]:
        """Return the newest number of each stream, oldest stream first."""
        return {
            self.names[ordinal]: self.newest_numbers.get(ordinal, 0)
            for ordinal in sorted(self.names)
        }

    def ended(self, recent: Iterable[SealedBatch]) -> list[tuple[StreamIdentity, int]]:
        """Return the former streams without waiting batches in a segment store."""
        waiting = {sealed.key.ordinal for sealed in recent}
        return [
            (stream, self.newest_numbers.get(ordinal, 0))
            for ordinal, stream in self.former.items()
            if ordinal not in waiting
        ]

    def release(self, stream: StreamIdentity) -> None:
        """Forget a former stream, and remove its segment store."""
        self.former.pop(stream.ordinal, None)
        segments = self.segments.pop(stream.ordinal, None)
        if segments is None:
            return
        try:
            segments.discard()
        except OSError as error:
            # The next process finds an empty store, and removes it then.
            _log.warning("cannot remove directory=%s: %s", segments.path, error)

    def report(
        self,
        current: StreamIdentity,
        waiting: Iterable[Mapping[int, int]],
        besides: BatchKey,
    ) -> RecordReport:
        """
        Return the report about streams with waiting batches, and the current one.

        ``waiting`` counts batches by the ordinals of their streams, one mapping for each place
        where they wait; ``besides`` is the batch being sent.
        """
        counts: Counter[int] = Counter()
        for place in waiting:
            counts.update(place)
        if counts[besides.ordinal]:
            counts[besides.ordinal] -= 1
        named = {current.ordinal, besides.ordinal, *(+counts)} & self.names.keys()
        # The newest first: the oldest, which do not fit, are drained next.
        shown = sorted(named, reverse=True)[:STREAMS_REPORTED]
        return RecordReport(
            streams=tuple(
                StreamProgress(
                    stream=self.names[ordinal],
                    highest=self.newest_numbers.get(ordinal, 0),
                    waiting=counts[ordinal],
                )
                for ordinal in shown
            ),
            is_complete=len(shown) == len(named),
        )

    def lost_batches(self, keys: Iterable[BatchKey], reason: LossReason) -> list[LostBatches]:
        """Return dropped batches, merged into as few ranges as possible."""
        ranges: list[tuple[int, int, int]] = []
        for ordinal, number in sorted(keys):
            if ranges and ranges[-1][0] == ordinal and ranges[-1][2] >= number - 1:
                ranges[-1] = (ordinal, ranges[-1][1], number)
            else:
                ranges.append((ordinal, number, number))
        return [
            LostBatches(reason=reason, stream=self.names[ordinal], first=first, last=last)
            for ordinal, first, last in _bounded(ranges)
            if ordinal in self.names
        ]


def _bounded(ranges: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return at most a number of separate ranges: the others are merged by stream."""
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for ordinal, first, last in ranges[_RANGES_NAMED:]:
        begins.setdefault(ordinal, first)
        ends[ordinal] = last
    covered = [(ordinal, first, ends[ordinal]) for ordinal, first in begins.items()]
    return [*ranges[:_RANGES_NAMED], *covered]
