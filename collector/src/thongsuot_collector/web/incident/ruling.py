"""Ruling: the decision of a dispute by an engineer of the city, with a reason."""

import logging
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.answer import Ruling
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.form import (
    FormFields,
    OpenForm,
    form_page,
    missing,
    open_form,
)
from thongsuot_collector.web.incident.report import IncidentArchive

_log = logging.getLogger(__name__)

_SIDES: Final = {"for": True, "against": False}


class RulingPages:
    """The form for the decision of a dispute."""

    def __init__(self, archive: IncidentArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/incidents/{name}/ruling", self.ruling, methods=["GET", "POST"])]

    async def ruling(self, request: Request) -> Response:
        """Let an engineer decide: the form, and its submission."""
        form = await open_form(request, self._archive, self._access, now_s=time.time())
        if isinstance(form, Response):
            return form
        if not form.report.incident.is_disputed:
            return missing(request)
        if request.method != "POST":
            return form_page(form, _fields(form))
        sent = await read_form(request)
        is_upheld, reason = _SIDES.get(sent.get("side", "")), sent.get("reason", "")
        if is_upheld is None or not reason:
            filled = _fields(form).filled(chosen=sent.get("side", ""), written=reason)
            return form_page(form, filled, mistake=labels.DECIDE_MISSING)
        name, visitor = form.report.incident.id, form.visitor
        ruling = Ruling(
            is_upheld=is_upheld,
            reason=reason,
            by=visitor.title,
            at_ns=round(form.reader.now_s * NS_PER_S),
        )
        try:
            await self._archive.consumer.rule(name, ruling, by=visitor.audited_as)
        except (AnswerImpossible, KeyError):
            # Decided by another person, or closed long ago: the page shows its state.
            return form.done()
        _log.info("dispute decided incident=%s upheld=%s by=%s", name, is_upheld, visitor.name)
        return form.done()


def _fields(form: OpenForm) -> FormFields:
    incident, language = form.report.incident, form.reader.language
    directory = form.report.context.directory
    party = party_name(incident.party, directory, language)
    return FormFields(
        title=labels.DECIDE_TITLE,
        button=labels.DECIDE_AS,
        text_label=labels.DECISION_REASON,
        text_name="reason",
        lines=(sections.dispute_line(incident.dispute, directory, language),),
        legend=labels.DECIDE_TITLE,
        option_name="side",
        options=(
            ("for", labels.FOR_PARTY.read(language, party=party)),
            ("against", labels.AGAINST_PARTY.read(language, party=party)),
        ),
    )
