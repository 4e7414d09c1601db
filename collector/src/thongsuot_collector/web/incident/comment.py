"""Routes: commenting on an incident, as an engineer of the city."""

import logging
import time
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.correlation.comments import comment
from thongsuot_collector.notify.render import text
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.forms import TEXT_CHARACTERS, read_form
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive, IncidentReport
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, not_found

_log = logging.getLogger(__name__)


class CommentPages:
    """The form by which an engineer comments, also on what is over."""

    def __init__(self, archive: IncidentArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access

    def routes(self) -> list[Route]:
        """Return where it stands."""
        return [Route("/incidents/{name}/comment", self.comment, methods=["GET", "POST"])]

    async def comment(self, request: Request) -> Response:
        """Let an engineer comment: the form, and what it sends."""
        visitor = await self._access.visitor(request)
        if not visitor.is_engineer:
            return await self._access.refusal(request, labels.WHO_ARE_YOU)
        language, name = language_of(request), request.path_params["name"]
        report = await self._archive.report(name)
        if report is None:
            return not_found(labels.NOT_FOUND.read(language))
        reader = PageReader(language=language, now_s=time.time())
        if request.method != "POST":
            return self._page(report, visitor, reader)
        written = (await read_form(request)).get("comment", "")
        if not written:
            response = self._page(report, visitor, reader)
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
            return response
        try:
            await comment(
                self._archive.consumer,
                name,
                person=visitor.title,
                text=written,
                by=visitor.audited_as,
            )
        except KeyError:  # closed so long ago that only the store has it
            return not_found(labels.NOT_FOUND.read(language))
        _log.info("incident commented incident=%s person=%s", name, visitor.name)
        return RedirectResponse(reader.url(f"/incidents/{name}"), 303, headers=HEADERS)

    def _page(self, report: IncidentReport, visitor: Visitor, reader: PageReader) -> Response:
        language, path = reader.language, f"/incidents/{report.incident.id}"
        frame = Frame(
            title=labels.COMMENT.read(language),
            state=report.incident.state,
            url_in=lambda other: reader.url(f"{path}/comment", other),
            home_url=reader.url(path),
            place=text.headline_of(report.context, language),
        )
        content = {
            "labels": labels,
            "action": reader.url(f"{path}/comment"),
            "text_characters": TEXT_CHARACTERS,
            "button": labels.COMMENT_AS.read(language, title=visitor.title),
        }
        return html_page(render("comment", frame, language, content), CONTENT_SECURITY_POLICY)
