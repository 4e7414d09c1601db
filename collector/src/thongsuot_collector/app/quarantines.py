"""Connects the budgets of sites to the parts that they limit, and audits sites over budget."""

import asyncio
import logging
import time

from sqlalchemy import Engine

from thongsuot_collector.correlation.turns import TurnTimer
from thongsuot_collector.ingest.settings import IngestSettings
from thongsuot_collector.ingest.site_budgets import Budget, SiteBudgets
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction

_WAITING = 1_000
"""Maximum number of lines to be written; a site is quarantined at most once in ten minutes."""

_BY = "collector"

_log = logging.getLogger(__name__)


class SiteQuarantines:
    """
    Holds the budgets; writes quarantined sites into the audit log, because metrics name no site.

    The time of ``turns`` is charged to the sites that they are for.
    """

    def __init__(
        self,
        settings: IngestSettings,
        directory: InventoryDirectory,
        *,
        store: Engine,
        metrics: Metrics,
        turns: TurnTimer,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._waiting: asyncio.Queue[tuple[str, Budget]] = asyncio.Queue(maxsize=_WAITING)
        for budget in Budget:
            metrics.over_budget.labels(budget.value)
        self.budgets = SiteBudgets(
            settings,
            directory,
            on_refusal=lambda budget: metrics.over_budget.labels(budget.value).inc(),
            on_quarantine=self._note,
        )
        turns.on_work = self._note_work

    async def run(self) -> None:
        """Write the audit log until cancelled."""
        while True:
            site, budget = await self._waiting.get()
            await asyncio.to_thread(self._write, site, f"over its budget of {budget.value}")

    def has(self, site: str) -> bool:
        """Return whether a site is quarantined now."""
        return site in self.budgets.quarantined(now_s=time.monotonic())

    def measure(self) -> None:
        """Update the gauge."""
        count = len(self.budgets.quarantined(now_s=time.monotonic()))
        self._metrics.quarantined_sites.set(count)

    def _note(self, site: str, budget: Budget) -> None:
        _log.warning(
            "quarantined site=%s: over its budget of %s; it pushes once a second at most",
            site,
            budget.value,
        )
        if not self._waiting.full():
            self._waiting.put_nowait((site, budget))

    def _note_work(self, site: str, took_s: float) -> None:
        self.budgets.note_work(site, took_s, now_s=time.monotonic())

    def _write(self, site: str, detail: str) -> None:
        with self._store.begin() as connection:
            audit.write(connection, AuditAction.SITE_QUARANTINED, site, by=_BY, detail=detail)
