"""Archive: where statements are made, issued and looked up; and what issues them by itself."""

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
    """Makes statements from what the store holds. Everything blocks; use a thread."""

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
        Return a statement as it is known now; of a month that goes on, up to what is proven.

        What a device has not told of yet is not unknown for good, as it is once the month is over.
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
        Return the newest revision of a statement; where it says something else now, issue one.

        Of a month that is not over, or in which nothing was ever measured, a draft: nothing is
        issued of it.
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
                # The command line and a running collector issued it at once: the first has it.
                return self.newest_or_draft(circuit, month)
            _log.info("statement issued number=%s changes=%d", new.number, len(new.changes))
            return new
        assert before is not None
        return before

    def circuit(self, name: str, month: Month) -> Circuit | None:
        """Return the circuit of a name, also one that only has a statement of that month left."""
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
        """Return a statement to look at: the newest revision, else a draft. Issues nothing."""
        newest = revision_store.latest(self.store, str(month), circuit.site, circuit.link)
        return newest or draft_of(self.statement(circuit, month))


class StatementIssuer:
    """Issues the statements of months that are over, and again when late data changes them."""

    def __init__(self, archive: StatementArchive, settings: SlaSettings) -> None:
        self._archive = archive
        self._settings = settings

    async def run(self) -> None:
        """Look periodically until cancelled."""
        while True:
            await self.issue_due()
            await asyncio.sleep(self._settings.recheck_s)

    async def issue_due(self) -> list[IssuedStatement]:
        """Issue what is due now; return the newest revisions of all that was looked at."""
        wanted = [
            (circuit, month)
            for month in self.due()
            for circuit in circuits(self._archive.directory)
        ]
        # One at a time: others use the store, and the two cores, as well.
        return [
            await run_to_completion(self._archive.issue_revision, *circuit_month)
            for circuit_month in wanted
        ]

    def due(self) -> list[Month]:
        """Return the months whose statements are to be looked at, oldest first."""
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
