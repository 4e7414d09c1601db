"""Periodic work: trimming the journal, saving the state of boots, gauges."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from sqlalchemy import Engine

from thongsuot_collector.config.model import CollectorConfig
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.journal.journal import Cursor, Extent, HasRead, Journal, Readers
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.progress import read_by
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.store import boots
from thongsuot_schema.certificate import validity_of

_EVERY_S = 10.0
_TRIM_EVERY = 6
_TRIM_FOR_AGE_EVERY_S = 3600.0
_TRIM_AT_MOST_NS = 86_400 * 10**9
"""The time span removed at once: a day per hour, 24 times as fast as it grows."""

_ROOM_BYTES = 1 << 30
"""With less free disk space, the journal removes entries that all consumers have read early."""

_PARTS = 16
"""The part of the record's time removed per hour for lack of space."""

_BOOTS_KEPT_NS = 400 * 86_400 * 10**9
"""The boots of an agent that was away for a year still have their dates."""

_log = logging.getLogger(__name__)


class Consumer(Protocol):
    """A reader of the journal at its own pace."""

    @property
    def lag(self) -> int:
        """The number of journal entries that it has not processed."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A consumer that has entries in memory which its cursor has not passed."""

    def has_taken(self, sequence: int, site: str) -> bool:
        """Return whether an entry is processed, or will be without being read again."""


class Housekeeping:
    """
    Runs beside everything else; nothing waits for it.

    ``consumers`` are all readers of the journal, by the names of their cursors: entries that one of
    them has not processed are kept.
    """

    def __init__(
        self,
        settings: CollectorConfig,
        *,
        journal: Journal,
        store: Engine,
        clocks: BootClocks,
        states: StateConsumer,
        consumers: Mapping[str, Consumer],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._free_bytes: Callable[[], int] | None = None
        # The first time an hour after the start: by then the machine's clock is set.
        self._trimmed_s = clock()
        self._waits_for_standby: bool | None = None
        self._settings = settings
        self._journal = journal
        self._store = store
        self._clocks = clocks
        self._states = states
        self._consumers = consumers
        self._metrics = metrics

    def keep_room(self, free_bytes: Callable[[], int]) -> None:
        """Keep space on the journal's disk from now on; ``free_bytes`` returns the free space."""
        self._free_bytes = free_bytes

    async def run_following(self) -> None:
        """Do the work that is also due on a follower, periodically until cancelled."""
        while True:
            await self.save_boots()
            await self.measure_certificate()
            await asyncio.sleep(_EVERY_S)

    async def run(self) -> None:
        """Do it periodically until cancelled."""
        turn = 0
        while True:
            await self.save_boots()
            await self.measure_journal()
            if turn % _TRIM_EVERY == 0:
                await self.measure_certificate()
                await self.trim()
            turn += 1
            await asyncio.sleep(_EVERY_S)

    async def save_boots(self) -> None:
        """Save new knowledge of boots since the last time."""
        changed = [
            boots.DeviceBoot(site=site, boot_id=boot_id, epoch_ns=epoch_ns, heard_ns=heard_ns)
            for site, boot_id, epoch_ns, heard_ns in self._clocks.take_changed()
        ]
        if changed:
            before_ns = time.time_ns() - _BOOTS_KEPT_NS
            await asyncio.to_thread(boots.put, self._store, changed, forget_before_ns=before_ns)

    def measure(self) -> None:
        """Update the gauges that cost nothing to read."""
        for name, consumer in self._consumers.items():
            self._metrics.lag_entries.labels(name).set(consumer.lag)
        self._states.set_heard_gauge(silent_after_s=self._settings.page.silent_after_s)
        self._states.set_version_gauge()

    async def measure_journal(self) -> None:
        """Update the gauges that have to be read from the journal."""
        extent = await self._journal.extent()
        self._metrics.journal_bytes.set(extent.size_bytes)
        limit_bytes = self._settings.journal.max_bytes
        room_bytes = self._room_bytes(extent)
        if room_bytes is not None:
            limit_bytes = min(limit_bytes, extent.size_bytes + room_bytes)
        self._metrics.journal_limit.set(limit_bytes)
        self._metrics.journal_entries.set(extent.head - extent.tail + 1 if extent.tail else 0)
        self._metrics.journal_oldest_seconds.set(extent.tail_received_ns / 1e9)
        self._measure_standby(extent.waits_for_standby)
        damage = await self._journal.damage()
        self._metrics.journal_damaged_seconds.set(damage.found_ns / 1e9)
        self._metrics.journal_damaged_entries.set(damage.lost_entries)
        for consumer in self._consumers:
            cursor = await self._journal.cursor(consumer)
            self._metrics.lost_entries.labels(consumer).set(cursor.lost)

    def _measure_standby(self, waits: bool) -> None:
        self._metrics.journal_waits_for_standby.set(waits)
        if self._waits_for_standby and not waits:
            _log.warning(
                "the journal's server no longer waits for a standby: from now on acknowledged data "
                "is on one machine only"
            )
        elif waits and self._waits_for_standby is False:
            _log.info("the journal's server waits for its standby before a push is acknowledged")
        self._waits_for_standby = waits

    async def measure_certificate(self) -> None:
        """
        Update the expiry of the certificate in the file: after a renewal, that of the new one.

        The server continues with the one that it read at its start.
        """
        file = self._settings.listen.certificate_file
        if not file:
            return
        try:
            pem = await asyncio.to_thread(Path(file).read_text, "ascii")
            expiry_s = validity_of(pem).not_after_s
        except (OSError, ValueError) as error:
            _log.warning("cannot read certificate (%s): %s; retrying in a minute", file, error)
            return
        self._metrics.certificate_expiry.labels(Path(file).name).set(expiry_s)

    async def trim(self) -> None:
        """Trim the journal by age and size, slice by slice."""
        settings = self._settings.journal
        before_ns = 0
        now_s = self._clock()
        if now_s - self._trimmed_s >= _TRIM_FOR_AGE_EVERY_S:
            self._trimmed_s = now_s
            before_ns = await self._before_ns()
        removed, first, last = 0, 0, 0
        over_share: dict[str, list[int]] = {}
        while True:
            trimmed = await self._journal.trim(
                Readers(names=tuple(self._consumers), read_by=self._read_by),
                received_before_ns=before_ns,
                max_bytes=settings.max_bytes,
            )
            for consumer, count in trimmed.lost.items():
                _log.error(
                    "journal over its size (%d bytes): %d entries removed that consumer=%s had not "
                    "read; raise journal.max_bytes or repair the sink",
                    settings.max_bytes,
                    count,
                    consumer,
                )
            if not trimmed.removed:
                break
            if trimmed.site:
                of_site = over_share.setdefault(trimmed.site, [0, trimmed.first, 0])
                of_site[0], of_site[2] = of_site[0] + trimmed.removed, trimmed.last
                continue
            removed, first, last = removed + trimmed.removed, first or trimmed.first, trimmed.last
        for site, (count, site_first, site_last) in over_share.items():
            _log.warning(
                "journal over its size (%d bytes): %d entries of site=%s removed, within sequences "
                "%d to %d: it holds far more than other sites",
                settings.max_bytes,
                count,
                site,
                site_first,
                site_last,
            )
        if removed:
            _log.info(
                "journal trimmed: %d entries, sequences %d to %d, received before %s or over the "
                "size of %d bytes",
                removed,
                first,
                last,
                datetime.fromtimestamp(before_ns / 1e9, UTC).isoformat(timespec="seconds"),
                settings.max_bytes,
            )

    def _read_by(self, name: str, cursor: Cursor) -> HasRead:
        """
        Return what a consumer has read: also what is being delivered, because that was read before
        it is removed. If the process ends before the delivery does, the account has it as skipped,
        once it has begun.
        """
        consumer, saved = self._consumers[name], read_by(cursor)
        if cursor.begun is None or not isinstance(consumer, ReadsAhead):
            return saved
        return lambda sequence, site: saved(sequence, site) or consumer.has_taken(sequence, site)

    async def _before_ns(self) -> int:
        """
        Return the time before which entries may be removed because of their age.

        It follows the journal's own clock if that is behind the wall clock, and is at most a day
        after the oldest entry: a clock that is wrong for some hours (a resumed machine, a start
        before the time was set) costs hours of the oldest record, not all of it.
        """
        extent = await self._journal.extent()
        now_ns = min(time.time_ns(), extent.head_received_ns)
        old_ns = now_ns - int(self._settings.journal.retention_s * 1e9)
        room_bytes = self._room_bytes(extent)
        if room_bytes is not None and room_bytes < _ROOM_BYTES:
            part_ns = max(0, extent.head_received_ns - extent.tail_received_ns) // _PARTS
            old_ns = max(old_ns, extent.tail_received_ns + part_ns)
            _log.warning(
                "the journal's disk is nearly full: %d bytes are free; the oldest entries that "
                "all consumers have read are removed early",
                room_bytes,
            )
        return max(0, min(old_ns, extent.tail_received_ns + _TRIM_AT_MOST_NS))

    def _room_bytes(self, extent: Extent) -> int | None:
        """Return the space that the journal may still use on its disk; ``None``: unknown here."""
        return None if self._free_bytes is None else extent.unused_bytes + self._free_bytes()
