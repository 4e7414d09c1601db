"""Routes: who may see which incident, and who may take it on."""

import logging
import time
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.render import text
from thongsuot_collector.store.people import Person
from thongsuot_collector.web.access import PageAccess, is_same_origin
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.evidence import evidence_of
from thongsuot_collector.web.incident.listing import incidents_page
from thongsuot_collector.web.incident.page import incident_page
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive, IncidentReport
from thongsuot_collector.web.layout import (
    CONTENT_SECURITY_POLICY,
    Frame,
    render,
)
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, password_required

_log = logging.getLogger(__name__)

NOTE_CHARACTERS = 1_000
_FORM_BYTES = 16_384
_KEY_CHARACTERS = 64


class IncidentPages:
    """
    The pages of incidents.

    Who may look at pages sees all of them; who has the link of one sees that one. Taking one on
    needs a person of its own name.
    """

    def __init__(
        self,
        archive: IncidentArchive,
        access: PageAccess,
        links: IncidentLinks,
        *,
        display_name_of: Callable[[str], str],
    ) -> None:
        self._archive = archive
        self._access = access
        self._links = links
        self._display_name_of = display_name_of

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted beside those of sites."""
        path = "/incidents/{name}"
        return [
            Route("/incidents", self.list),
            Route(f"{path}/acknowledge", self.acknowledge, methods=["GET", "POST"]),
            Route(f"{path}.json", self.as_json),
            Route(path, self.incident),
        ]

    async def list(self, request: Request) -> Response:
        """Answer with all incidents that go on, and those that were closed last."""
        if not await self._access.may_view(request):
            return password_required()
        now, closed = await self._archive.recent()
        text_ = incidents_page(
            [self._archive.context(incident) for incident in now],
            [self._archive.context(incident) for incident in closed],
            self._archive.windows,
            self._archive.directory,
            self._reader(request),
        )
        return html_page(text_, CONTENT_SECURITY_POLICY)

    async def incident(self, request: Request) -> Response:
        """Answer with the page of one incident."""
        opened = await self._found(request)
        if isinstance(opened, Response):
            return opened
        report, reader = opened
        return html_page(incident_page(report, reader), CONTENT_SECURITY_POLICY)

    async def as_json(self, request: Request) -> Response:
        """Answer with the evidence of one incident, as a file."""
        opened = await self._found(request)
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
        """Let a person take an incident on: the form, and what it sends."""
        language = language_of(request)
        person = await self._access.person(request)
        if person is None:
            return password_required(labels.WHO_ARE_YOU.read(language))
        name = request.path_params["name"]
        if request.method == "POST":
            return await self._take_on(request, name, person)
        report = await self._archive.report(name)
        if report is None:
            return _not_found(request)
        return html_page(self._form(report, person, self._reader(request)), CONTENT_SECURITY_POLICY)

    async def _take_on(self, request: Request, name: str, person: Person) -> Response:
        language = language_of(request)
        if not is_same_origin(request):
            return PlainTextResponse(labels.OTHER_PAGE.read(language), 403, headers=HEADERS)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _FORM_BYTES:
                return PlainTextResponse(labels.TOO_LONG.read(language), 413, headers=HEADERS)
        fields = parse_qs(body.decode("utf-8", errors="replace"))
        note = fields.get("note", [""])[0].strip()
        if len(note) > NOTE_CHARACTERS:
            return PlainTextResponse(labels.TOO_LONG.read(language), 413, headers=HEADERS)
        try:
            await self._archive.consumer.acknowledge(
                name, person.title, note, by=f"person:{person.name}"
            )
        except KeyError:
            return _not_found(request)
        _log.info("incident taken on incident=%s person=%s", name, person.name)
        url = self._reader(request).url(f"/incidents/{name}")
        return RedirectResponse(url, 303, headers=HEADERS)

    async def _found(self, request: Request) -> tuple[IncidentReport, PageReader] | Response:
        """Return an incident for whoever may see it, or why not."""
        name = request.path_params["name"]
        key = request.query_params.get("key", "")[:_KEY_CHARACTERS]
        has_link = bool(key) and self._links.is_valid_key(name, key)
        # Who only has the link sees no more than those who were told, also where all may look.
        if not has_link and not await self._access.may_view(request):
            return password_required()
        report = await self._archive.report(name)
        if report is None:
            return _not_found(request)
        return report, self._reader(request, key if has_link else "")

    def _reader(self, request: Request, key: str = "") -> PageReader:
        return PageReader(
            language=language_of(request),
            now_s=time.time(),
            key=key,
            channel_kind=self._display_name_of,
        )

    def _form(self, report: IncidentReport, person: Person, reader: PageReader) -> str:
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
            "note_characters": NOTE_CHARACTERS,
            "button": labels.TAKE_ON_AS.read(language, title=person.title),
        }
        return render("acknowledge", frame, language, content)


def _not_found(request: Request) -> Response:
    return PlainTextResponse(labels.NOT_FOUND.read(language_of(request)), 404, headers=HEADERS)
