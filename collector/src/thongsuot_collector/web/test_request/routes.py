"""Routes: requests for tests of a site, and their progress."""

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.errors import InvalidTestRequest
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.test_requests.registry import PendingTestRequests
from thongsuot_collector.test_requests.request import new_request, request_mistake
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.labels import NO_SITE
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.responses import (
    HEADERS,
    html_page,
    language_of,
    not_found,
)
from thongsuot_collector.web.test_request import labels
from thongsuot_collector.web.test_request.page import request_page

_log = logging.getLogger(__name__)

_SHOWN = 10


class TestRequestPages:
    """The page of each site where a named person requests tests."""

    def __init__(
        self, requests: PendingTestRequests, access: PageAccess, directory: InventoryDirectory
    ) -> None:
        self._requests = requests
        self._access = access
        self._directory = directory

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted beside those of sites."""
        return [Route("/sites/{name}/tests", self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """Answer with the page, or handle its submission."""
        language = language_of(request)
        if not await self._access.has_actors():
            return not_found(labels.NOBODY.read(language))
        visitor = await self._access.visitor(request)
        if not visitor.is_engineer:
            return await self._access.refusal(request, labels.WHO_ARE_YOU)
        site = request.path_params["name"]
        if site not in self._directory.sites:
            return not_found(NO_SITE.read(language))
        if request.method == "POST":
            return await self._create_request(request, site, visitor)
        recent = await self._requests.of_site(site, _SHOWN)
        return html_page(
            request_page(site, recent, self._directory, language), CONTENT_SECURITY_POLICY
        )

    async def _create_request(self, request: Request, site: str, visitor: Visitor) -> Response:
        language = language_of(request)
        form = await read_form(request)
        wanted_test = new_request(
            site,
            form.get("kind", ""),
            link=form.get("link", ""),
            target=form.get("target", ""),
            requested_by=visitor.title,
            name=form.get("id", ""),
        )
        if request_mistake(wanted_test, self._directory):
            return PlainTextResponse(labels.WRONG.read(language), 422, headers=HEADERS)
        try:
            kept = await self._requests.request(wanted_test)
        except InvalidTestRequest:
            return PlainTextResponse(labels.TOO_OFTEN.read(language), 429, headers=HEADERS)
        _log.info(
            "test requested site=%s kind=%s id=%s by=%s", site, kept.kind, kept.id, visitor.name
        )
        return RedirectResponse(f"/sites/{site}/tests?lang={language}", 303, headers=HEADERS)
