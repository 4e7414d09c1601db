"""Routes: access to incidents, and their acceptance."""

import logging
import time
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.render import text
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.charts.incident_charts import IncidentCharts
from thongsuot_collector.web.charts.incident_paths import IncidentPaths
from thongsuot_collector.web.forms import TEXT_CHARACTERS, read_form
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.board import board_url
from thongsuot_collector.web.incident.evidence import evidence_of
from thongsuot_collector.web.incident.page import incident_page
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive, IncidentReport
from thongsuot_collector.web.layout import (
    CONTENT_SECURITY_POLICY,
    Frame,
    render,
)
from thongsuot_collector.web.responses import HEADERS, html_page, language_of
from thongsuot_schema.segment import Party

_log = logging.getLogger(__name__)

_KEY_CHARACTERS = 64


class IncidentPages:
    """
    The pages of incidents.

    Visitors with read access see all of them, a carrier those about which it was notified; the
    bearer of an incident's link sees that one. Accepting one needs an engineer of the city.
    """

    def __init__(
        self,
        archive: IncidentArchive,
        access: PageAccess,
        links: IncidentLinks,
        charts: IncidentCharts,
        paths: IncidentPaths,
        *,
        display_name_of: Callable[[str], str],
        grafana_url: str = "",
    ) -> None:
        self._archive = archive
        self._access = access
        self._links = links
        self._charts = charts
        self._paths = paths
        self._display_name_of = display_name_of
        self._grafana_url = grafana_url

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted beside those of sites."""
        path = "/incidents/{name}"
        return [
            Route(f"{path}/acknowledge", self.acknowledge, methods=["GET", "POST"]),
            Route(f"{path}.json", self.as_json),
            Route(path, self.incident),
        ]

    async def incident(self, request: Request) -> Response:
        """Answer with the page of one incident."""
        opened = await self._visible_report(request)
        if isinstance(opened, Response):
            return opened
        report, reader = opened
        charts = await self._charts.of(report.incident, reader.language, now_s=reader.now_s)
        paths = self._paths.of(report.incident, reader.language)
        board = board_url(self._grafana_url, report.incident)
        page = incident_page(report, reader, charts, paths, board=board)
        return html_page(page, CONTENT_SECURITY_POLICY)

    async def as_json(self, request: Request) -> Response:
        """Answer with the evidence of one incident, as a file."""
        opened = await self._visible_report(request)
        if isinstance(opened, Response):
            return opened
        report, _ = opened
        body = msgspec.json.format(msgspec.json.encode(evidence_of(report)), indent=1)
        name = f'attachment; filename="{report.incident.id}.json"'
        return Response(
            body,
            media_type="application/json",
            headers=HEADERS | {"Content-Disposition": name},
        )

    async def acknowledge(self, request: Request) -> Response:
        """Let a person accept an incident: the form, and its submission."""
        visitor = await self._access.visitor(request)
        if not visitor.is_engineer:
            return await self._access.refusal(request, labels.WHO_ARE_YOU)
        name = request.path_params["name"]
        if request.method == "POST":
            return await self._take_on(request, name, visitor)
        report = await self._archive.report(name)
        if report is None:
            return _not_found(request)
        form = self._form(report, visitor, self._reader(request, visitor))
        return html_page(form, CONTENT_SECURITY_POLICY)

    async def _take_on(self, request: Request, name: str, visitor: Visitor) -> Response:
        note = (await read_form(request)).get("note", "")
        try:
            await self._archive.consumer.acknowledge(
                name, visitor.title, note, by=visitor.audited_as
            )
        except KeyError:
            return _not_found(request)
        _log.info("incident accepted incident=%s person=%s", name, visitor.name)
        url = self._reader(request, visitor).url(f"/incidents/{name}")
        return RedirectResponse(url, 303, headers=HEADERS)

    async def _visible_report(
        self, request: Request
    ) -> tuple[IncidentReport, PageReader] | Response:
        """Return an incident for an authorised visitor, or the refusal."""
        name = request.path_params["name"]
        key = request.query_params.get("key", "")[:_KEY_CHARACTERS]
        has_link = bool(key) and self._links.is_valid_key(name, key)
        if has_link:
            # The bearer of a link sees no more than the notified party, even if anyone may read.
            report = await self._archive.report(name)
            return _not_found(request) if report is None else (report, self._outsider(request, key))
        visitor = await self._access.visitor(request)
        if not visitor.sees_all and visitor.role is not PersonRole.CARRIER:
            return await self._access.refusal(request)
        report = await self._archive.report(name)
        if not visitor.sees_all:
            is_theirs = report is not None and visitor.scope in _carriers_of(report.incident)
            if report is None or not is_theirs:
                return await self._access.refusal(request)
        if report is None:
            return _not_found(request)
        return report, self._reader(request, visitor)

    def _outsider(self, request: Request, key: str) -> PageReader:
        return PageReader(
            language=language_of(request),
            now_s=time.time(),
            key=key,
            is_staff=False,
            home="",
            channel_kind=self._display_name_of,
        )

    def _reader(self, request: Request, visitor: Visitor) -> PageReader:
        return PageReader(
            language=language_of(request),
            now_s=time.time(),
            key=visitor.key,
            is_staff=visitor.sees_all,
            may_decide=visitor.is_engineer,
            home="/" if visitor.sees_all else f"/desk/{visitor.scope}",
            channel_kind=self._display_name_of,
        )

    def _form(self, report: IncidentReport, visitor: Visitor, reader: PageReader) -> str:
        language, path = reader.language, f"/incidents/{report.incident.id}"
        title = text.headline_of(report.context, language)
        frame = Frame(
            title=f"{labels.TAKE_ON.read(language)}: {title}",
            state=report.incident.state,
            url_in=lambda other: reader.url(f"{path}/acknowledge", other),
            home_url=reader.url(path),
        )
        content = {
            "labels": labels,
            "action": reader.url(f"{path}/acknowledge"),
            "note_characters": TEXT_CHARACTERS,
            "button": labels.TAKE_ON_AS.read(language, title=visitor.title),
        }
        return render("acknowledge", frame, language, content)


def _carriers_of(incident: Incident) -> set[str]:
    """Return the carriers that have to act on an incident, or were notified about it."""
    parties = (incident.party, *(record.party for record in incident.notifications))
    return {party.name for party in parties if party.party is Party.CARRIER}


def _not_found(request: Request) -> Response:
    return PlainTextResponse(labels.NOT_FOUND.read(language_of(request)), 404, headers=HEADERS)
