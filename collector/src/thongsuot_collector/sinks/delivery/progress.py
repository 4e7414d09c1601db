"""The progress of sinks over all sites, from their cursors."""

from collections.abc import Collection, Mapping

import msgspec

from thongsuot_collector.accounts.site_account import SinkProgress, sink_progress
from thongsuot_collector.journal.journal import Cursor, HasRead
from thongsuot_collector.sinks.delivery.lanes import decode_lanes


def read_by(cursor: Cursor) -> HasRead:
    """Return which entries the consumer with a cursor has read; only sinks do not read in order."""
    if cursor.begun is None:
        return lambda sequence, _site: sequence <= cursor.sequence
    return decode_lanes(cursor.sequence, cursor.note).has_sent


def progress_of(sink: str, cursor: Cursor, head: int) -> SinkProgress:
    """Return the done and remaining work of a sink, up to the journal's head."""
    lanes = decode_lanes(cursor.sequence, cursor.note)
    return sink_progress(sink, cursor, done=lanes.done, behind=lanes.behind(head))


def progress_of_all(
    sinks: Collection[str], cursors: Mapping[str, Cursor], head: int
) -> list[SinkProgress]:
    """
    Return the progress of the sinks in the settings, and of removed ones that lack entries.

    Nothing waits for a sink that was removed; without its losses they would leave the account
    together with its settings.
    """
    listed = [progress_of(name, cursors[name], head) for name in sorted(sinks) if name in cursors]
    for name, cursor in cursors.items():
        if name in sinks or cursor.begun is None:
            continue
        removed = progress_of(name, cursor, head)
        if removed.lost or removed.skipped:
            listed.append(msgspec.structs.replace(removed, behind=0))
    return listed
