"""Recent batches: sealed, neither acknowledged nor on the disk yet."""

import logging
from collections.abc import Container, Iterator

from thongsuot_agent.spool.batch_builder import SealedBatch
from thongsuot_agent.spool.eviction import TARGET_RATIO, DroppedCounts, Layouts, strip_results
from thongsuot_agent.spool.rows import SpoolRow
from thongsuot_agent.spool.stream import BatchKey, PendingBatch
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)


class RecentBatches:
    """
    Batches in their segment stores, by key.

    A batch whose file has disappeared (no other process should touch it) is lost, logged and
    counted, and does not block the others. One that is temporarily unreadable (no file descriptor
    left, a failing card) waits.
    """

    def __init__(self) -> None:
        self._sealed: dict[BatchKey, SealedBatch] = {}
        self._unreadable: set[BatchKey] = set()
        self._lost = DroppedCounts()

    def __len__(self) -> int:
        """Return how many batches there are."""
        return len(self._sealed)

    def __iter__(self) -> Iterator[SealedBatch]:
        """Return the batches, oldest first."""
        return iter([self._sealed[key] for key in sorted(self._sealed)])

    @property
    def results(self) -> int:
        """The number of results in all of them."""
        return sum(sealed.results for sealed in self._sealed.values())

    def add(self, sealed: SealedBatch) -> None:
        """Add a batch."""
        self._sealed[sealed.key] = sealed

    def newest(self, besides: Container[BatchKey]) -> PendingBatch | None:
        """Return the newest batch, with its bytes."""
        for key in sorted(self._sealed, reverse=True):
            sealed = self._sealed[key]
            if key not in besides and (body := self.read_body(sealed)) is not None:
                return PendingBatch(
                    key=key,
                    layout=sealed.layout,
                    body=body,
                    results=sealed.results,
                    has_news=sealed.news > 0,
                    is_whole=sealed.is_whole,
                )
        return None

    def row(self, sealed: SealedBatch) -> SpoolRow | None:
        """Return a batch as the disk keeps it; ``None`` as for ``read_body``."""
        body = self.read_body(sealed)
        if body is None:
            return None
        return SpoolRow(
            key=sealed.key,
            sealed_boottime_ns=sealed.sealed_boottime_ns,
            sealed_wall_ns=sealed.sealed_wall_ns,
            results=sealed.results,
            news=sealed.news,
            is_whole=sealed.is_whole,
            layout=sealed.layout,
            body=body,
        )

    def read_body(self, sealed: SealedBatch) -> bytes | None:
        """
        Return the bytes of a batch; ``None`` if they are lost, together with the batch, or cannot
        be read now.
        """
        try:
            body = sealed.read()
        except FileNotFoundError as error:
            _log.error("cannot read batch key=%s: %s; it is lost", sealed.key, error)
        except OSError as error:
            if sealed.key not in self._unreadable:
                _log.warning("cannot read batch key=%s: %s; retrying", sealed.key, error)
            self._unreadable.add(sealed.key)
            return None
        else:
            self._unreadable.discard(sealed.key)
            return body
        self.pop(sealed.key)
        self._lost += _dropped_whole(sealed)
        return None

    def pop(self, key: BatchKey) -> SealedBatch | None:
        """Forget a batch that is safe elsewhere; return its metadata, if it was here."""
        self._unreadable.discard(key)
        sealed = self._sealed.pop(key, None)
        if sealed is None:
            return None
        try:
            sealed.segments.remove(key.number)
        except OSError as error:
            # After a restart it is pushed again, and recognised as a repetition.
            _log.warning("cannot remove batch key=%s: %s", key, error)
        return sealed

    def due_for_disk(self, now_ns: int, after_ns: int) -> list[SealedBatch]:
        """
        Return the batches that are due for the disk.

        Batches with verdict changes or gaps at once; all of them once the oldest has waited for
        ``after_ns``, so that they share one transaction.
        """
        waiting = list(self)
        if any(now_ns - sealed.sealed_boottime_ns >= after_ns for sealed in waiting):
            return waiting
        return [sealed for sealed in waiting if sealed.news]

    def make_room(self, max_bytes: int, layouts: Layouts) -> DroppedCounts:
        """Reduce the total size to a bound: oldest detail first, then whole batches."""
        dropped, self._lost = self._lost, DroppedCounts()
        used = sum(sealed.size_bytes for sealed in self._sealed.values())
        if used <= max_bytes:
            return dropped
        target_bytes = max_bytes * TARGET_RATIO
        for sealed in self:
            if used <= target_bytes:
                return dropped
            if sealed.results:  # stripped ones have none
                before_bytes = sealed.size_bytes
                dropped += self._strip(sealed, layouts)
                used -= before_bytes - (sealed.size_bytes if sealed.key in self._sealed else 0)
        for has_news in (False, True):
            for sealed in self:
                if used <= target_bytes:
                    return dropped
                if (sealed.news > 0) is has_news:
                    used -= sealed.size_bytes
                    self.pop(sealed.key)
                    dropped += _dropped_whole(sealed)
        return dropped

    def _strip(self, sealed: SealedBatch, layouts: Layouts) -> DroppedCounts:
        body = self.read_body(sealed)
        if body is None:
            return DroppedCounts()
        try:
            bare, results = strip_results(body, layouts)
            sealed.segments.replace(sealed.key.number, bare)
        except (BatchError, OSError) as error:
            _log.error("cannot strip batch key=%s: %s; it is dropped", sealed.key, error)
            self.pop(sealed.key)
            return _dropped_whole(sealed)
        sealed.size_bytes, sealed.results, sealed.is_whole = len(bare), 0, False
        return DroppedCounts(results=results)


def _dropped_whole(sealed: SealedBatch) -> DroppedCounts:
    return DroppedCounts(
        results=sealed.results,
        batches=1,
        news=sealed.news,
        first=sealed.key,
        last=sealed.key,
        keys=(sealed.key,),
    )
