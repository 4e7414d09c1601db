"""The work of a follower: shows the leader's decisions, passes on the pushes that it receives."""

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.registry import IncidentRegistry, RegistrySnapshot
from thongsuot_collector.ingest.batch_dating import PushClock
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.store import heard_reports
from thongsuot_collector.store.heard_reports import PassedReport
from thongsuot_collector.store.snapshot import snapshot
from thongsuot_collector.store.term import Leader, LeaderObserver
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.settings import ns
from thongsuot_collector.timeline.subject import Subject

_LOOK_EVERY_S = 1.0
_ANYWAY_EVERY_S = 15.0
_SILENT_S = 10.0
"""
After this time without a sign of life a leader counts as lost: another one should have taken over.
The same applies if it cannot be checked because the database does not answer.
"""


class IncidentReplica:
    """
    A registry loaded from the store, as of one moment; it decides nothing and writes nothing.
    """

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
        with snapshot(self._store) as store:
            return (
                rows.load_live(store, known_since_ns=since_ns),
                rows.load_current_intervals(store),
            )


class Following:
    """
    The leader and its decisions, from the store.

    A revision is seen before the last of its decisions may be visible, so each is read twice.
    """

    def __init__(
        self,
        store: Engine,
        registry: IncidentRegistry,
        notifications: NotificationService,
        metrics: Metrics,
    ) -> None:
        self._observer = LeaderObserver(store)
        self._replica = IncidentReplica(store, registry)
        self._notifications = notifications
        self._metrics = metrics
        self._seen = (-1, -1)
        self._again = False
        self._refreshed_s = 0.0
        self._looked_s = time.monotonic()
        self.leader: Leader | None = None

    async def refresh(self) -> None:
        """Read the leader's results."""
        self._refreshed_s = time.monotonic()
        await self._replica.refresh(time.time_ns())
        await self._notifications.load()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self.refresh_leader()
            leader = self.leader
            seen = (0, 0) if leader is None else (leader.term, leader.revision)
            is_due = time.monotonic() - self._refreshed_s > _ANYWAY_EVERY_S
            if seen != self._seen or self._again or is_due:
                self._again = seen != self._seen
                await self.refresh()
            self._seen = seen
            await asyncio.sleep(_LOOK_EVERY_S)

    async def watch(self) -> None:
        """Only follow who leads, until cancelled; for the leader itself."""
        while True:
            await self.refresh_leader()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def refresh_leader(self) -> None:
        """Read who leads."""
        self.leader = await asyncio.to_thread(self._observer.look)
        self._looked_s = time.monotonic()
        self._metrics.leader_term.set(0 if self.leader is None else self.leader.term)

    def problem(self) -> str:
        """Return the problem with the leader; empty if there is none."""
        unknown_s = time.monotonic() - self._looked_s
        if unknown_s > _SILENT_S:
            return f"nobody is known to lead: the database has not said for {unknown_s:.0f} s"
        if self.leader is None:
            return "nobody leads: what is pushed is kept, and not judged"
        if self.leader.age_s > _SILENT_S:
            return (
                f"nobody leads: {self.leader.holder} was the last, and has shown no sign of life "
                f"for {self.leader.age_s:.0f} s"
            )
        return ""


class ReportPassing:
    """Passes on devices' reports about their record to the leader, which keeps the accounts."""

    def __init__(self, store: Engine, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._newest: dict[str, PassedReport] = {}

    def hear(self, site: str, text: str, moment: PushClock) -> None:
        """Process a device's report from a push that is durable now."""
        self._newest[site] = PassedReport(
            site=site,
            report=text,
            boot_id=moment.boot_id,
            boottime_ns=moment.boottime_ns or 0,
            head=self._journal.head,
            heard_ns=time.time_ns(),
        )

    async def run(self) -> None:
        """Pass on until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Pass on the pushes since the last time."""
        newest, self._newest = self._newest, {}
        try:
            await asyncio.to_thread(heard_reports.pass_on, self._store, newest.values())
        except BaseException:
            self._newest = newest | self._newest
            raise
