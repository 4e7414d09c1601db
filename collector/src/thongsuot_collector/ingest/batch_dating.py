"""Dates batches as they come in: by the clocks of their pushes, and by those stored beside them."""

import logging

import msgspec

from thongsuot_collector.errors import JournalRefused
from thongsuot_collector.ingest.device_clock import BootClocks, ClockDecision
from thongsuot_collector.ingest.slew import span_of
from thongsuot_collector.journal.journal import Journal, StreamNeighbours
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.header import BatchHeader

_log = logging.getLogger(__name__)


class PushClock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    The clocks of a push, from its headers and the collector's clock.

    ``boot_id`` is the sender's present boot (empty: not sent), ``boottime_ns`` its boot time of
    sending (``None``: not sent), ``received_ns`` the collector's clock when the headers arrived.
    """

    received_ns: int
    boot_id: str = ""
    boottime_ns: int | None = None


class BatchDating:
    """Dates the batches of all sites."""

    def __init__(self, journal: Journal, clocks: BootClocks) -> None:
        self._journal = journal
        self._clocks = clocks
        self._warnings = RepeatedWarnings()

    async def date(self, columns: Columns, moment: PushClock) -> ClockDecision:
        """
        Return how to interpret the times of a batch that came with a push.

        Raises:
            JournalDamaged: the journal's file is damaged.
        """
        header = columns.header
        site = header.site
        stored = await self._neighbours(header)
        if moment.boottime_ns is not None and moment.boot_id:
            self._clocks.observe_push(
                site,
                moment.boot_id,
                boottime_ns=moment.boottime_ns,
                received_ns=moment.received_ns,
            )
        return self._clocks.decide(
            site,
            header.boot_id,
            header.clock,
            batch=span_of(columns),
            received_ns=moment.received_ns,
            stored=stored,
        )

    async def _neighbours(self, header: BatchHeader) -> StreamNeighbours:
        """
        Return the neighbours of a batch that does not follow one dated here; none if they cannot be
        read, because that keeps no batch from being stored.
        """
        site, stream, number = header.site, header.stream, header.number
        if self._clocks.follows(site, header.boot_id, stream, number):
            return StreamNeighbours()
        try:
            return await self._journal.neighbours(site, stream, number)
        except JournalRefused as error:
            ending = self._warnings.ending("neighbours")
            if ending is not None:
                _log.warning(
                    "cannot read how the batches beside site=%s stream=%s number=%d are dated: %s; "
                    "its own date may jump by up to two seconds%s",
                    site,
                    stream,
                    number,
                    error,
                    ending,
                )
            return StreamNeighbours()

    def forget(self, header: BatchHeader) -> None:
        """Forget how a batch was dated: it is not stored, or was stored before."""
        self._clocks.forget_dating(header.site, header.boot_id, header.stream, header.number)
