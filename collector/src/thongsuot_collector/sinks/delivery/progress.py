"""The progress of a sink over all sites, from its cursor."""

from thongsuot_collector.accounts.site_account import SinkProgress, sink_progress
from thongsuot_collector.journal.journal import Cursor
from thongsuot_collector.sinks.delivery.lanes import decode_lanes


def progress_of(sink: str, cursor: Cursor, head: int) -> SinkProgress:
    """Return the done and remaining work of a sink, up to the journal's head."""
    lanes = decode_lanes(cursor.sequence, cursor.note)
    return sink_progress(sink, cursor, done=lanes.done, behind=lanes.behind(head))
