"""Archive: makes, issues and finds statements; and issues them automatically."""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.sla.calendar import MS_PER_S, NS_PER_MS, Month, month_at
from thongsuot_collector.sla.revision import IssuedStatement, draft_of, next_revision
from thongsuot_collector.sla.statement import Circuit, Statement, record_span, statement_of
from thongsuot_collector.statements import revision_store
from thongsuot_collector.statements.circuit_record import proven_until_ms, read_circuit_record
from thongsuot_collector.statements.circuits import circuit_named, circuits, names_of, terms_for
from thongsuot_collector.statements.settings import SlaSettings
from thongsuot_collector.store.threads import run_to_completion
from thongsuot_collector.timeline.settings import TimelineSettings

_log = logging.getLogger(__name__)


class StatementArchive:
    """Makes statements from the store. All methods block; call them in a thread."""

    def __init__(
        self,
        store: Engine,
        directory: InventoryDirectory,
        *,
        calm_s: float = TimelineSettings().calm_s,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.store = store
        self.directory = directory
        self._calm_ms = round(calm_s * MS_PER_S)
        self._now_ns = now_ns

    @property
    def now_ms(self) -> int:
        """Now, Unix milliseconds."""
        return self._now_ns() // NS_PER_MS

    def statement(self, circuit: Circuit, month: Month) -> Statement:
        """
        Return a statement from present data; of the current month, up to the proven time.

        Time that a device has not reported yet is not final, unlike after the end of the month.
        """
        span = record_span(month, calm_ms=self._calm_ms)
        known_ms = self.now_ms
        if known_ms < month.until_ms:
            known_ms = min(known_ms, proven_until_ms(self.store, circuit.site))
        return statement_of(
            month,
            circuit,
            names_of(circuit, self.directory),
            terms_for(circuit, self.directory, month),
            read_circuit_record(self.store, circuit, self.directory, span, known_ms=known_ms),
            calm_ms=self._calm_ms,
        )

    def issue_revision(self, circuit: Circuit, month: Month) -> IssuedStatement:
        """
        Return the newest revision of a statement; if its content has changed, issue a new one.

        For a month that is not over, or without any measurement, return a draft: nothing is issued.
        """
        statement = self.statement(circuit, month)
        before = revision_store.latest(self.store, statement.month, circuit.site, circuit.link)
        if not statement.is_final or (before is None and not statement.is_measured):
            return draft_of(statement)
        new = next_revision(statement, before, self.now_ms)
        if new is not None:
            try:
                revision_store.save_revision(self.store, new)
            except IntegrityError:
                # The command line and a running collector issued it at the same time: the first one
                # counts.
                return self.newest_or_draft(circuit, month)
            _log.info("statement issued number=%s changes=%d", new.number, len(new.changes))
            return new
        assert before is not None
        return before

    def circuit(self, name: str, month: Month) -> Circuit | None:
        """Return the circuit of a name, even if only a statement of that month is left of it."""
        known = circuit_named(self.directory, name)
        if known is not None:
            return known
        left = (summary.circuit for summary in revision_store.summaries(self.store, str(month)))
        return next(
            (
                circuit
                for circuit in left
                if name in {circuit.name, f"{circuit.site}/{circuit.link}"}
            ),
            None,
        )

    def newest_or_draft(self, circuit: Circuit, month: Month) -> IssuedStatement:
        """Return a statement to view: the newest revision, else a draft. Issues nothing."""
        newest = revision_store.latest(self.store, str(month), circuit.site, circuit.link)
        return newest or draft_of(self.statement(circuit, month))


class StatementIssuer:
    """Issues the statements of past months, and new revisions when late data changes them."""

    def __init__(self, archive: StatementArchive, settings: SlaSettings) -> None:
        self._archive = archive
        self._settings = settings

    async def run(self) -> None:
        """Check periodically until cancelled."""
        while True:
            await self.issue_due()
            await asyncio.sleep(self._settings.recheck_s)

    async def issue_due(self) -> list[IssuedStatement]:
        """Issue the due statements; return the newest revisions of all checked ones."""
        wanted = [
            (circuit, month)
            for month in self.due()
            for circuit in circuits(self._archive.directory)
        ]
        # One at a time: other tasks use the store and the two cores, too.
        return [
            await run_to_completion(self._archive.issue_revision, *circuit_month)
            for circuit_month in wanted
        ]

    def due(self) -> list[Month]:
        """Return the months whose statements are to be checked, oldest first."""
        now_ms = self._archive.now_ms
        after_ms = round(self._settings.issue_after_s * MS_PER_S)
        for_ms = round(self._settings.recheck_for_s * MS_PER_S)
        months: list[Month] = []
        month = month_at(now_ms).after(-1)
        while now_ms - month.until_ms <= max(for_ms, after_ms):
            if now_ms - month.until_ms >= after_ms:
                months.append(month)
            month = month.after(-1)
        return months[::-1]
