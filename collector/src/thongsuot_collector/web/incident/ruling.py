"""Ruling: where an engineer of the city decides a dispute, for one side and with a reason."""

import logging
import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.answer import Ruling
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.forms import TEXT_CHARACTERS, read_form
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive, IncidentReport
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, not_found
from thongsuot_schema.words.language import Text

_log = logging.getLogger(__name__)

_SIDES = {"for": True, "against": False}


class RulingPages:
    """The form by which a dispute is decided."""

    def __init__(self, archive: IncidentArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access

    def routes(self) -> list[Route]:
        """Return where it stands."""
        return [Route("/incidents/{name}/ruling", self.ruling, methods=["GET", "POST"])]

    async def ruling(self, request: Request) -> Response:
        """Let an engineer decide: the form, and what it sends."""
        visitor = await self._access.visitor(request)
        if not visitor.is_engineer:
            return await self._access.refusal(request, labels.WHO_ARE_YOU)
        language, name = language_of(request), request.path_params["name"]
        report = await self._archive.report(name)
        if report is None or not report.incident.is_disputed:
            return not_found(labels.NOT_FOUND.read(language))
        reader = PageReader(language=language, now_s=time.time())
        if request.method != "POST":
            return self._page(report, visitor, reader)
        form = await read_form(request)
        is_upheld, reason = _SIDES.get(form.get("side", "")), form.get("reason", "")
        if is_upheld is None or not reason:
            return self._page(report, visitor, reader, mistake=labels.DECIDE_MISSING)
        ruling = Ruling(
            is_upheld=is_upheld,
            reason=reason,
            by=visitor.title,
            at_ns=round(reader.now_s * NS_PER_S),
        )
        try:
            await self._archive.consumer.rule(name, ruling, by=visitor.audited_as)
        except (AnswerImpossible, KeyError):
            # Somebody else was faster, or it was closed long ago: the page says how it stands.
            return RedirectResponse(reader.url(f"/incidents/{name}"), 303, headers=HEADERS)
        _log.info("dispute decided incident=%s upheld=%s by=%s", name, is_upheld, visitor.name)
        return RedirectResponse(reader.url(f"/incidents/{name}"), 303, headers=HEADERS)

    def _page(
        self,
        report: IncidentReport,
        visitor: Visitor,
        reader: PageReader,
        *,
        mistake: Text | None = None,
    ) -> Response:
        language, incident = reader.language, report.incident
        path = f"/incidents/{incident.id}"
        party = party_name(incident.party, report.context.directory, language)
        frame = Frame(
            title=labels.DECIDE_TITLE.read(language),
            state=incident.state,
            url_in=lambda other: reader.url(f"{path}/ruling", other),
            home_url=reader.url(path),
            place=text.headline_of(report.context, language),
        )
        content = {
            "labels": labels,
            "action": reader.url(f"{path}/ruling"),
            "mistake": mistake,
            "statement": sections.dispute_line(
                incident.dispute, report.context.directory, language
            ),
            "sides": (
                ("for", labels.FOR_PARTY.read(language, party=party)),
                ("against", labels.AGAINST_PARTY.read(language, party=party)),
            ),
            "text_characters": TEXT_CHARACTERS,
            "button": labels.DECIDE_AS.read(language, title=visitor.title),
        }
        response = html_page(render("ruling", frame, language, content), CONTENT_SECURITY_POLICY)
        response.status_code = 200 if mistake is None else 422
        return response
