"""The layouts in use, compiled: in memory, backed by the journal."""

import re
from collections import OrderedDict

from thongsuot_collector.journal.journal import Journal
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.layout import CompiledLayout, compile_layout
from thongsuot_schema.batch.limits import BatchLimits
from thongsuot_schema.batch.model import Layout
from thongsuot_schema.errors import BatchMalformed

_WORD = re.compile(r"[a-z][a-z0-9_]*")

_LAYOUTS_KEPT = 20_000
"""Maximum number of layouts: two for each of ten thousand agents, about 10 KB each."""

_REFRESH_NS = 86_400 * 10**9
"""
A layout in use is written to the journal again after this time, so that trimming recognises its
use.
"""


class _CachedLayout:
    __slots__ = ("body", "compiled", "put_ns")

    def __init__(self, compiled: CompiledLayout, body: bytes, put_ns: int) -> None:
        self.compiled = compiled
        self.body = body
        self.put_ns = put_ns


class LayoutCache:
    """Compiled layouts by their ids."""

    def __init__(self, journal: Journal, limits: BatchLimits) -> None:
        self._journal = journal
        self._limits = limits
        self._layouts: OrderedDict[bytes, _CachedLayout] = OrderedDict()

    def cached(self, layout_id: bytes) -> CompiledLayout | None:
        """Return a layout that is in memory."""
        cached_layout = self._layouts.get(layout_id)
        return None if cached_layout is None else cached_layout.compiled

    async def find(self, layout_id: bytes) -> CompiledLayout | None:
        """Return a layout, from the journal if necessary; ``None`` if it was never stored."""
        cached_layout = self._layouts.get(layout_id)
        if cached_layout is not None:
            self._layouts.move_to_end(layout_id)
            return cached_layout.compiled
        body = await self._journal.layout(layout_id)
        return None if body is None else self._cache(layout_id, body, put_ns=0).compiled

    def decode(self, body: bytes) -> tuple[bytes, Layout]:
        """
        Return a pushed layout and its id.

        Raises:
            BatchError: the body is not a layout, or has names that no database can store.
        """
        layout_id, layout = decode_layout(body, self._limits)
        _check_names(layout)
        return layout_id, layout

    async def store(self, body: bytes, *, received_ns: int) -> bytes:
        """
        Store a pushed layout; returns its id when it is durable.

        Raises:
            BatchError: as for ``decode``.
            JournalError: it could not be stored.
        """
        layout_id, _ = self.decode(body)
        await self._journal.put_layout(layout_id, body, received_ns=received_ns)
        self._cache(layout_id, body, put_ns=received_ns)
        return layout_id

    async def refresh_if_used(self, layout_id: bytes, *, received_ns: int) -> None:
        """Record that a batch refers to a layout; written to the journal now and then."""
        cached_layout = self._layouts.get(layout_id)
        if cached_layout is not None and received_ns - cached_layout.put_ns > _REFRESH_NS:
            cached_layout.put_ns = received_ns
            await self._journal.put_layout(layout_id, cached_layout.body, received_ns=received_ns)

    def _cache(self, layout_id: bytes, body: bytes, *, put_ns: int) -> _CachedLayout:
        _, layout = decode_layout(body, self._limits)
        kept = self._layouts[layout_id] = _CachedLayout(compile_layout(layout), body, put_ns)
        if len(self._layouts) > _LAYOUTS_KEPT:
            self._layouts.popitem(last=False)
        return kept


def _check_names(layout: Layout) -> None:
    """
    Reject names that would be lost later: Prometheus answers 204 and drops names that it does not
    accept.

    Raises:
        BatchMalformed: a kind or a metric is not a word, or a name contains a control character.
    """
    for kind in layout.kinds:
        for word in (kind.kind, *(column.metric for column in kind.columns)):
            if not _WORD.fullmatch(word):
                raise BatchMalformed(f"{word!r} cannot name a kind or a metric: [a-z][a-z0-9_]*")
    for series in layout.series:
        for name in (series.link, series.target):
            if not name.isprintable():
                raise BatchMalformed(f"the name {name!r} of a link or target cannot be printed")
