"""
Read-only copy of the incidents maintained by another collector, for a standby's pages and answers.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.registry import IncidentRegistry, RegistrySnapshot
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.settings import ns
from thongsuot_collector.timeline.subject import Subject


class IncidentReplica:
    """A registry loaded from the store; it decides nothing and writes nothing."""

    def __init__(self, store: Engine, registry: IncidentRegistry) -> None:
        self._store = store
        self._registry = registry

    async def refresh(self, now_ns: int) -> None:
        """Load the current state of the store."""
        since_ns = now_ns - ns(self._registry.settings.kept_s)
        snapshot, standing = await asyncio.to_thread(self._read, since_ns)
        for subject, interval in standing:
            self._registry.network_state.set_state(subject, interval)
        self._registry.replace(snapshot)

    def _read(self, since_ns: int) -> tuple[RegistrySnapshot, Sequence[tuple[Subject, Interval]]]:
        return (
            rows.load_live(self._store, known_since_ns=since_ns),
            rows.load_current_intervals(self._store),
        )
