"""From the notices of a batch to dated events of commissioning runs. Pure."""

from collections.abc import Iterable

from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_schema.batch.model import Notice
from thongsuot_schema.commissioning.events import DatedEvent, parse_event


def dated_events(entry: JournalEntry, notices: Iterable[Notice]) -> list[DatedEvent]:
    """Return the steps in a batch, with times by its clock."""
    return [
        DatedEvent(at_ns=entry.epoch_ns + notice.boottime_ns, event=event)
        for notice in notices
        if (event := parse_event(notice)) is not None
    ]
