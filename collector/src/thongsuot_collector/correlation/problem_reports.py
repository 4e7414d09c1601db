"""
Problem reports: reports by people at service points, on the pages or in their device's record.
"""

import time

from thongsuot_collector.correlation.audited import AuditedAction
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.incidents.incident import Incident, ProblemReport
from thongsuot_collector.incidents.problem_report import answer_report, report_problem
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.store.audit import AuditAction
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.problem import ProblemKind


class ProblemReports:
    """Opens and closes the incidents that are reports; each is written and audited at once."""

    def __init__(self, consumer: IncidentConsumer) -> None:
        self._consumer = consumer
        consumer.hear_batch = self.apply_batch

    async def report(self, site: str, report: ProblemReport, *, by: str, at_ns: int) -> bool:
        """Record a report; return whether it is new. ``by`` is the author in the audit log."""
        incident = report_problem(
            self._consumer.registry, site, report, at_ns=at_ns, now_ns=time.time_ns()
        )
        if incident is None:
            return False
        await self._consumer.write_audited(
            incident,
            AuditedAction(
                action=AuditAction.PROBLEM_REPORTED,
                incident=incident.id,
                by=by,
                note=f"{site}: {report.kind}",
            ),
        )
        return True

    async def answer(self, name: str, *, person: str, text: str, by: str) -> Incident:
        """Close a report with the city's answer; raises as ``problem_report.answer_report``."""
        incident = answer_report(
            self._consumer.registry, name, person=person, text=text, now_ns=time.time_ns()
        )
        return await self._consumer.write_audited(
            incident,
            AuditedAction(
                action=AuditAction.PROBLEM_ANSWERED, incident=name, by=by, note=f"{person}: {text}"
            ),
        )

    async def apply_batch(self, entry: JournalEntry, columns: Columns) -> None:
        """Record the reports made on the device's own page, whenever they arrive."""
        for notice in columns.notices:
            if notice.code is not NoticeCode.PROBLEM_REPORTED:
                continue
            known = notice.text in set(ProblemKind)
            kind = ProblemKind(notice.text) if known else ProblemKind.OTHER
            await self.report(
                entry.site,
                ProblemReport(kind=kind),
                by=f"device:{entry.site}",
                at_ns=entry.epoch_ns + notice.boottime_ns,
            )
