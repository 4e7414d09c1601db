"""Routes: commenting on an incident, as an engineer of the city."""

import logging
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.correlation.comments import comment
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.form import FormFields, form_page, missing, open_form
from thongsuot_collector.web.incident.report import IncidentArchive

_FIELDS: Final = FormFields(
    title=labels.COMMENT,
    button=labels.COMMENT_AS,
    text_label=labels.COMMENT_TEXT,
    text_name="comment",
)

_log = logging.getLogger(__name__)


class CommentPages:
    """The form for an engineer's comment, also on closed incidents."""

    def __init__(self, archive: IncidentArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/incidents/{name}/comment", self.comment, methods=["GET", "POST"])]

    async def comment(self, request: Request) -> Response:
        """Let an engineer comment: the form, and its submission."""
        form = await open_form(request, self._archive, self._access, now_s=time.time())
        if isinstance(form, Response):
            return form
        if request.method != "POST":
            return form_page(form, _FIELDS)
        written = (await read_form(request)).get("comment", "")
        if not written:
            return form_page(form, _FIELDS, mistake=labels.COMMENT_MISSING)
        name, visitor = form.report.incident.id, form.visitor
        try:
            await comment(
                self._archive.consumer,
                name,
                person=visitor.title,
                text=written,
                by=visitor.audited_as,
            )
        except KeyError:  # closed so long ago that only the store has it
            return missing(request)
        _log.info("incident commented incident=%s person=%s", name, visitor.name)
        return form.done()
