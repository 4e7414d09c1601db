"""Routes: who may ask for a test of a site, and what becomes of it."""

import logging
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.asks.book import AskBook
from thongsuot_collector.asks.wanting import mistake, wanted
from thongsuot_collector.directory import Directory
from thongsuot_collector.errors import AskError
from thongsuot_collector.store.people import Person
from thongsuot_collector.web.answers import HEADERS, html, language_of, nothing, who_are_you
from thongsuot_collector.web.ask import labels
from thongsuot_collector.web.ask.page import ask_page
from thongsuot_collector.web.gate import Gate, is_own
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY

_log = logging.getLogger(__name__)

_FORM_BYTES = 4_096
_SHOWN = 10


class AskPages:
    """The page of each site where a person of its own name asks for tests."""

    def __init__(self, book: AskBook, gate: Gate, directory: Directory) -> None:
        self._book = book
        self._gate = gate
        self._directory = directory

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted beside those of sites."""
        return [Route("/sites/{name}/ask", self.ask, methods=["GET", "POST"])]

    async def ask(self, request: Request) -> Response:
        """Answer with the page, or take what it sends."""
        language = language_of(request)
        if not await self._gate.may_anybody_act():
            return nothing(labels.NOBODY.read(language))
        person = await self._gate.person(request)
        if person is None:
            return who_are_you(labels.WHO_ARE_YOU.read(language))
        site = request.path_params["name"]
        if site not in self._directory.sites:
            return nothing(labels.NOT_FOUND.read(language))
        if request.method == "POST":
            return await self._want(request, site, person)
        asked = await self._book.of_site(site, _SHOWN)
        return html(ask_page(site, asked, self._directory, language), CONTENT_SECURITY_POLICY)

    async def _want(self, request: Request, site: str, person: Person) -> Response:
        language = language_of(request)
        if not is_own(request):
            return PlainTextResponse(labels.OTHER_PAGE.read(language), 403, headers=HEADERS)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _FORM_BYTES:
                return PlainTextResponse(labels.TOO_LONG.read(language), 413, headers=HEADERS)
        fields = parse_qs(body.decode("utf-8", errors="replace"))
        one = wanted(
            site,
            fields.get("kind", [""])[0],
            link=fields.get("link", [""])[0],
            target=fields.get("target", [""])[0],
            asked_by=person.title,
            name=fields.get("id", [""])[0],
        )
        if mistake(one, self._directory):
            return PlainTextResponse(labels.WRONG.read(language), 422, headers=HEADERS)
        try:
            kept = await self._book.want(one)
        except AskError:
            return PlainTextResponse(labels.TOO_OFTEN.read(language), 429, headers=HEADERS)
        _log.info("test asked site=%s kind=%s id=%s by=%s", site, kept.kind, kept.id, person.name)
        return RedirectResponse(f"/sites/{site}/ask?lang={language}", 303, headers=HEADERS)
