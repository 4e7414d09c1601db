"""
The order of eviction: the oldest detail first; verdict changes and notices stay longest.

A batch that loses its results keeps its place, number and ``previous``; it is replaced by a
skeleton with its changes, its notices and one ``dropped`` notice: ``count`` is the number of lost
results, ``text`` the digest of the original in the chain (hex), which is the ``previous`` of the
next batch. So numbers have no gaps and the chain can still be followed. Pure, except for the disk
parameter.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from thongsuot_agent.spool.disk import Disk
from thongsuot_agent.spool.rows import SpoolRow
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Batch, Layout, Notice, NoticeCode
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)

Layouts = Callable[[bytes], Layout | None]
"""Returns a layout by its name, as required by ``decode_batch``."""

OnDropped = Callable[["DroppedCounts"], None]
"""Called with the dropped data as soon as it is gone: later steps may fail."""

TARGET_RATIO = 0.95
"""
Eviction continues down to this share of the bound, so that it is not repeated with each batch.
"""

_ROWS_AT_ONCE = 64
_NO_SERIES = index_layout(sorted_layout(()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCounts:
    """
    The dropped data. ``batches`` were dropped as a whole, with ``news`` (see ``SealedBatch``) in
    them; ``keys`` are theirs.
    """

    results: int = 0
    batches: int = 0
    news: int = 0
    first: BatchKey | None = None
    last: BatchKey | None = None
    keys: tuple[BatchKey, ...] = field(default=(), compare=False)

    def __add__(self, other: "DroppedCounts") -> "DroppedCounts":
        """Return the sum; ``other`` is the later one."""
        return DroppedCounts(
            results=self.results + other.results,
            batches=self.batches + other.batches,
            news=self.news + other.news,
            first=self.first or other.first,
            last=other.last or self.last,
            keys=(*self.keys, *other.keys),
        )


def strip_results(body: bytes, layouts: Layouts) -> tuple[bytes, int]:
    """
    Return a batch without its results, and their number.

    Raises:
        BatchError: the batch cannot be read; no part of it can be kept.
    """
    # Imported when space runs out: 0.3 MiB that a device with a good line never needs.
    from thongsuot_schema.batch.decode import decode_batch  # noqa: PLC0415

    batch = decode_batch(body, layouts)
    dropped = Notice(
        code=NoticeCode.DROPPED,
        boottime_ns=batch.clock.boottime_ns,
        text=digest_of(body).hex(),
        count=len(batch.results),
        from_boottime_ns=min(
            (result.boottime_ns for result in batch.results), default=batch.clock.boottime_ns
        ),
    )
    bare = Batch(
        site=batch.site,
        stream=batch.stream,
        number=batch.number,
        boot_id=batch.boot_id,
        clock=batch.clock,
        previous=batch.previous,
        changes=batch.changes,
        notices=(*batch.notices, dropped),
    )
    return encode_batch(bare, _NO_SERIES), len(batch.results)


def make_room(disk: Disk, max_bytes: int, layouts: Layouts, note: OnDropped) -> None:
    """
    Reduce the disk's usage to its bound if exceeded; ``note`` is called with the dropped data.
    """
    if disk.totals().used_bytes <= max_bytes:
        return
    target_bytes = max_bytes * TARGET_RATIO
    while disk.totals().used_bytes > target_bytes:
        rows = disk.oldest_whole(_ROWS_AT_ONCE)
        if rows:
            _strip_rows(disk, rows, layouts, note)
            continue
        rows = disk.oldest_without_news(_ROWS_AT_ONCE) or disk.oldest(_ROWS_AT_ONCE)
        if not rows:
            break
        _remove_whole(disk, rows, note)


def strip_expired(
    disk: Disk, before: Callable[[SpoolRow], bool], layouts: Layouts, note: OnDropped
) -> None:
    """Strip the detail of batches older than ``before``, oldest first."""
    while rows := [row for row in disk.oldest_whole(_ROWS_AT_ONCE) if before(row)]:
        _strip_rows(disk, rows, layouts, note)


def age_of_former(row: SpoolRow, wall_ns: int) -> int:
    """
    Return the age of a batch of a former boot, in nanoseconds; 0 if nobody vouched for the wall
    clock by which it was sealed.

    A device that boots without network has the time of its image, or 1970: what it measured in an
    outage would be decades old as soon as the next boot knows the time.
    """
    from thongsuot_schema.batch.decode import read_header  # noqa: PLC0415 - as in strip_results

    try:
        is_vouched = read_header(row.body).clock.error_s is not None
    except BatchError:
        return 0
    return wall_ns - row.sealed_wall_ns if is_vouched else 0


def _remove_whole(disk: Disk, rows: list[SpoolRow], note: OnDropped) -> None:
    """Remove batches completely: they are skeletons already, or cannot be read."""
    disk.remove_batches([row.key for row in rows])
    note(
        DroppedCounts(
            results=sum(row.results for row in rows),
            batches=len(rows),
            news=sum(row.news for row in rows),
            first=rows[0].key,
            last=rows[-1].key,
            keys=tuple(row.key for row in rows),
        )
    )


def _strip_rows(disk: Disk, rows: list[SpoolRow], layouts: Layouts, note: OnDropped) -> None:
    stripped: list[SpoolRow] = []
    broken: list[SpoolRow] = []
    for row in rows:
        try:
            body, _ = strip_results(row.body, layouts)
        except BatchError as error:
            _log.error("cannot read batch key=%s on disk: %s; it is dropped", row.key, error)
            broken.append(row)
            continue
        stripped.append(row._replace(body=body, results=0, is_whole=False))
    disk.replace_bodies(stripped)
    note(
        DroppedCounts(results=sum(row.results for row in rows) - sum(row.results for row in broken))
    )
    if broken:
        _remove_whole(disk, broken, note)
