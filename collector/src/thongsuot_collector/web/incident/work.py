"""Routes: planning maintenance from the page of an incident, with its circuits and time."""

import logging
import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.correlation.city_decisions import CityDecisions
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.maintenance.incident_work import (
    WorkMistake,
    choices,
    first_fields,
    windows_from,
)
from thongsuot_collector.notify.render.names import window_scope
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.incident import decision_labels as labels
from thongsuot_collector.web.incident.form import OpenForm, form_in, missing, open_form
from thongsuot_collector.web.incident.report import IncidentArchive

_log = logging.getLogger(__name__)


class IncidentWorkPages:
    """The form to plan work: on the objects that have not recovered, from the onset on."""

    def __init__(
        self, archive: IncidentArchive, access: PageAccess, decisions: CityDecisions
    ) -> None:
        self._archive = archive
        self._access = access
        self._decisions = decisions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/incidents/{name}/maintenance", self.plan, methods=["GET", "POST"])]

    async def plan(self, request: Request) -> Response:
        """Let an engineer plan work: the form, and its submission."""
        form = await open_form(request, self._archive, self._access, now_s=time.time())
        if isinstance(form, Response):
            return form
        incident, visitor = form.report.incident, form.visitor
        if incident.id not in self._archive.consumer.registry.incidents:
            return missing(request)
        now_ns = round(form.reader.now_s * NS_PER_S)
        offered = choices(incident, self._archive.directory)
        fields = dict.fromkeys(offered, "on") | first_fields(incident, now_ns)
        if request.method != "POST":
            return self._page(form, offered, fields)
        sent = dict.fromkeys(fields, "") | await read_form(request)
        windows = windows_from(sent, offered, now_ns=now_ns)
        if isinstance(windows, WorkMistake):
            return self._page(form, offered, sent, mistake=windows)
        await self._decisions.plan_work(
            incident.id, windows, person=visitor.title, by=visitor.audited_as
        )
        _log.info("maintenance planned incident=%s windows=%d", incident.id, len(windows))
        return form.done()

    def _page(
        self,
        form: OpenForm,
        offered: Mapping[str, MaintenanceWindow],
        fields: Mapping[str, str],
        *,
        mistake: WorkMistake | None = None,
    ) -> Response:
        language, directory = form.reader.language, self._archive.directory
        titles = []
        for key, window in offered.items():
            link = directory.link(window.site, window.link) if window.link else None
            circuit = "" if link is None else link.circuit
            scope = window_scope(window, directory, language)
            titles.append((key, " · ".join(filter(None, (circuit, scope)))))
        content = {
            "labels": labels,
            "choices": titles,
            "fields": fields,
            "button": labels.PLAN_AS.read(language, title=form.visitor.title),
        }
        error_text = None if mistake is None else labels.PLAN_MISTAKES[mistake]
        return form_in(form, "incident_work", labels.PLAN, content, mistake=error_text)
