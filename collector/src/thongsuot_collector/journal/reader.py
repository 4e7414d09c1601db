"""
Entries of the journal as columns, for consumers.

Recent pushes are still decoded in memory, so consumers without a lag decode nothing again.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.journal.entry import JournalEntry, StoredEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_schema.batch.columns import Columns, decode_columns, part_count
from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.batch.limits import BatchLimits
from thongsuot_schema.errors import BatchError

_RECENT_PARTS = 200_000
"""
Decoded results, remarks and pieces of evidence kept in memory, about 60 MB: some seconds of ten
thousand agents.
"""


class BatchReader:
    """Decodes entries; caches the most recent ones."""

    def __init__(self, layouts: LayoutCache, limits: BatchLimits) -> None:
        self._layouts = layouts
        self._limits = limits
        self._recent: OrderedDict[bytes, Columns] = OrderedDict()
        self._recent_parts = 0

    def remember(self, digest: bytes, columns: Columns) -> None:
        """
        Cache the decoded content of a push, under the digest of its bytes.

        Call it before the append: consumers may be faster than the appending task.
        """
        if digest in self._recent:
            return
        self._recent[digest] = columns
        self._recent_parts += part_count(columns)
        while self._recent_parts > _RECENT_PARTS and len(self._recent) > 1:
            _, oldest = self._recent.popitem(last=False)
            self._recent_parts -= part_count(oldest)

    async def layouts_of(self, entries: Sequence[StoredEntry]) -> dict[bytes, CompiledLayout]:
        """
        Return the known layouts of entries.

        Including those of cached entries: the cache may drop them before they are used.
        """
        wanted = {kept.entry.layout for kept in entries if kept.entry.layout}
        layouts = {layout_id: await self._layouts.find(layout_id) for layout_id in wanted}
        return {layout_id: layout for layout_id, layout in layouts.items() if layout is not None}

    def columns(self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> Columns:
        """
        Return the columns of an entry. Safe to call in another thread.

        Raises:
            Undigestible: it cannot be decoded.
        """
        recent = self._recent.get(kept.entry.digest)
        if recent is not None:
            return recent
        return decode_entry(kept.entry, layouts, self._limits)


def decode_entry(
    entry: JournalEntry, layouts: Mapping[bytes, CompiledLayout], limits: BatchLimits
) -> Columns:
    """
    Return the columns of an entry.

    Raises:
        Undigestible: its body is not a batch, refers to an unknown layout, or does not match the
            entry.
    """
    try:
        columns = decode_columns(entry.body, layouts.get, limits)
    except BatchError as error:
        raise UndecodableEntry(f"cannot decode ({len(entry.body)} bytes): {error}") from error
    header = columns.header
    if (header.site, header.stream, header.number) != (entry.site, entry.stream, entry.number):
        raise UndecodableEntry(
            f"the body is batch {header.number} of stream {header.stream} of site {header.site}, "
            f"the journal has it as {entry.number} of {entry.stream} of {entry.site}"
        )
    return columns
