"""Routes: reporting a problem from the page of a point, and answering it as the city."""

import logging
import time
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.correlation.problem_reports import ProblemReports
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.incident import ProblemReport
from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_collector.web.incident.form import FormFields, form_page, missing, open_form
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_collector.web.problem import labels
from thongsuot_collector.web.responses import HEADERS, language_of, not_found
from thongsuot_schema.problem import ProblemKind

_log = logging.getLogger(__name__)

_REPORTS_PER_S: Final = 1 / 60
_REPORTS_AT_ONCE: Final = 5.0
"""From one address: enough for a commune's staff behind one router."""


class ProblemPages:
    """The buttons on a point's page, and the form for the city's answer."""

    def __init__(
        self,
        reports: ProblemReports,
        archive: IncidentArchive,
        access: PageAccess,
        directory: InventoryDirectory,
    ) -> None:
        self._reports = reports
        self._archive = archive
        self._access = access
        self._directory = directory
        self._limiter = RateLimiter(
            per_second=_REPORTS_PER_S, reserve=_REPORTS_AT_ONCE, sender_of=network_of
        )

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/sites/{name}/problems/{kind}", self.report, methods=["POST"]),
            Route("/incidents/{name}/report", self.answer, methods=["GET", "POST"]),
        ]

    async def report(self, request: Request) -> Response:
        """Accept a report from a visitor who sees the point."""
        visitor = await self._access.visitor(request)
        language, name = language_of(request), request.path_params["name"]
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        kind = request.path_params["kind"]
        if name not in self._directory.sites or kind not in set(ProblemKind):
            return not_found(incident_labels.NOT_FOUND.read(language))
        await read_form(request)
        if self._limiter.acquire(address_of(request.scope), now_s=time.monotonic()):
            return PlainTextResponse(
                labels.TOO_MANY.read(language), HTTPStatus.TOO_MANY_REQUESTS, headers=HEADERS
            )
        is_new = await self._reports.report(
            name,
            ProblemReport(kind=ProblemKind(kind), by=visitor.title),
            by=visitor.audited_as,
            at_ns=time.time_ns(),
        )
        _log.info("problem reported site=%s kind=%s new=%s", name, kind, is_new)
        return RedirectResponse(f"/sites/{name}?lang={language}", 303, headers=HEADERS)

    async def answer(self, request: Request) -> Response:
        """Let an engineer answer a report, which ends it: the form, and its submission."""
        form = await open_form(request, self._archive, self._access, now_s=time.time())
        if isinstance(form, Response):
            return form
        incident, visitor = form.report.incident, form.visitor
        if incident.report is None or not incident.is_open:
            return missing(request)
        fields = FormFields(
            title=incident_labels.ANSWER_REPORT,
            button=labels.SEND_AS,
            text_label=labels.ANSWER,
            text_name="answer",
            lines=(labels.ANSWER_HOW.read(form.reader.language),),
        )
        if request.method != "POST":
            return form_page(form, fields)
        answer = (await read_form(request)).get("answer", "")
        if not answer:
            return form_page(form, fields, mistake=labels.ANSWER_MISSING)
        try:
            await self._reports.answer(
                incident.id, person=visitor.title, text=answer, by=visitor.audited_as
            )
        except (AnswerImpossible, KeyError):
            # Answered by another person: the page shows its state.
            _log.info(
                "problem had already been answered incident=%s by=%s", incident.id, visitor.name
            )
        return form.done()
