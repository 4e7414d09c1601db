"""BatchSummary: the content of one batch that the timeline needs."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.verdict import VerdictChange

JOINED_NS = 60 * 10**9
"""
Signs of life at most this far apart form one span of measurement: the slowest probe of a metered
link that still measures runs every 15 s, and the agent's own host probe as often.
"""

_NS_PER_MS = 1_000_000


class BatchSummary(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    One batch, without its results.

    Times are CLOCK_BOOTTIME of ``boot_id``; ``epoch_ns`` is the wall time of its 0 according to
    this batch. ``spans`` are the spans of measurement (first and last sign of life), in order,
    further than ``JOINED_NS`` apart. ``starts`` are the starts of an agent's process: earlier
    verdicts are not in force after them. ``clock_error_s`` is the device's own estimate of its
    clock's error. ``received_ns`` is the time of its arrival, Unix time; ``None`` if that is of no
    use.
    """

    site: str
    stream: str
    number: int
    digest: bytes
    boot_id: str
    epoch_ns: int
    quality: ClockQuality
    sealed_ns: int
    clock_error_s: float | None = None
    received_ns: int | None = None
    spans: tuple[tuple[int, int], ...] = ()
    starts: tuple[int, ...] = ()
    changes: tuple[VerdictChange, ...] = ()


def summarize_batch(entry: JournalEntry, columns: Columns) -> BatchSummary:
    """Return the summary of a batch."""
    header = columns.header
    return BatchSummary(
        site=entry.site,
        stream=entry.stream,
        number=entry.number,
        digest=entry.digest,
        boot_id=header.boot_id,
        epoch_ns=entry.epoch_ns,
        quality=entry.clock,
        sealed_ns=header.clock.boottime_ns,
        clock_error_s=header.clock.error_s,
        received_ns=entry.received_ns,
        spans=_spans(columns),
        starts=_starts(columns.notices),
        changes=columns.changes,
    )


def _starts(notices: tuple[Notice, ...]) -> tuple[int, ...]:
    if not notices:
        return ()
    return tuple(sorted(seen.boottime_ns for seen in notices if seen.code is NoticeCode.STARTED))


def _spans(columns: Columns) -> tuple[tuple[int, int], ...]:
    sealed_ns = columns.header.clock.boottime_ns
    if not columns.changes and not columns.notices and columns.earliest_ms is not None:
        # Nearly always, 667 times a second: results of some seconds, and nothing else.
        assert columns.latest_ms is not None
        begin_ns = min(sealed_ns, columns.earliest_ms * _NS_PER_MS)
        end_ns = max(sealed_ns, columns.latest_ms * _NS_PER_MS)
        if end_ns - begin_ns <= JOINED_NS:
            return ((begin_ns, end_ns),)
    signs = [sealed_ns]
    signs.extend(change.decided_boottime_ns for change in columns.changes)
    signs.extend(notice.boottime_ns for notice in columns.notices)
    earliest_ms, latest_ms = columns.earliest_ms, columns.latest_ms
    if earliest_ms is not None and latest_ms is not None:
        first_ns, last_ns = earliest_ms * _NS_PER_MS, latest_ms * _NS_PER_MS
        if last_ns - first_ns <= JOINED_NS:
            signs += (first_ns, last_ns)
        else:
            signs.extend(ms * _NS_PER_MS for ms in columns.times_ms)
    return spans_of([*((sign, sign) for sign in signs), *_dropped(columns.notices)])


def _dropped(notices: Iterable[Notice]) -> Iterable[tuple[int, int]]:
    """Yield the times of results that the agent has dropped since: it measured during them."""
    for notice in notices:
        from_ns = notice.from_boottime_ns
        is_dropped = notice.code is NoticeCode.DROPPED
        if is_dropped and from_ns is not None and from_ns < notice.boottime_ns:
            yield from_ns, notice.boottime_ns


def spans_of(signs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return signs of life (first, last), in any order, as spans of measurement."""
    spans: list[tuple[int, int]] = []
    for first, last in sorted(signs):
        if spans and first - spans[-1][1] <= JOINED_NS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return tuple(spans)
