"""The consumers of a journal, as a trim is told of them."""

from thongsuot_collector.journal.journal import Readers
from thongsuot_collector.sinks.delivery.progress import read_by


def readers(*names: str) -> Readers:
    """Return consumers by the names of their cursors."""
    return Readers(names=names, read_by=lambda _name, cursor: read_by(cursor))
