"""Parcel: one batch on its way out, wherever it stands."""

from dataclasses import dataclass

from thongsuot_agent.spool.stream import BatchKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingBatch:
    """One encoded batch to be pushed, and the layout it refers to (empty: none)."""

    key: BatchKey
    layout: bytes
    body: bytes
    results: int
    has_news: bool
