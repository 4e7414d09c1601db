"""Records: the commissioning runs of all sites, from the pushes of their devices."""

import asyncio
from collections.abc import Iterable, Mapping

from sqlalchemy import Engine

from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.store import commissioning
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import Notice
from thongsuot_schema.commissioning.events import DatedEvent, parse_event, run_from_events
from thongsuot_schema.commissioning.run import CommissioningRun


class CommissioningRecords:
    """Keeps the newest run of each site in memory, because every page of a site needs it."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._newest: dict[str, CommissioningRun] = {}

    async def load(self) -> None:
        """Load the runs from the store."""
        newest = await asyncio.to_thread(commissioning.newest_runs, self._store)
        self._newest = {
            site: run for site, events in newest.items() if (run := run_from_events(events))
        }

    async def apply_batch(self, entry: JournalEntry, columns: Columns) -> None:
        """Store the steps in a batch; reading it again changes nothing."""
        if not columns.notices:
            return  # nearly always
        events = dated_events(entry, columns.notices)
        if not events:
            return
        kept = await asyncio.to_thread(commissioning.add_events, self._store, entry.site, events)
        run = run_from_events(kept)
        if run is not None:
            self._newest[entry.site] = run

    @property
    def newest(self) -> Mapping[str, CommissioningRun]:
        """The newest run of each site that has one."""
        return self._newest


def dated_events(entry: JournalEntry, notices: Iterable[Notice]) -> list[DatedEvent]:
    """Return the steps in a batch, with times by its clock."""
    return [
        DatedEvent(at_ns=entry.epoch_ns + notice.boottime_ns, event=event)
        for notice in notices
        if (event := parse_event(notice)) is not None
    ]
