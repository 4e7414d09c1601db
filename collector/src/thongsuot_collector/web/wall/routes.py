"""The route of the wall, for the city."""

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.lists.cells import ListReader
from thongsuot_collector.web.lists.routes import city_links
from thongsuot_collector.web.responses import html_page, language_of
from thongsuot_collector.web.wall.content import FILTERS, wall_content
from thongsuot_collector.web.wall.page import wall_page

_VALUES = 50


class WallPages:
    """The wall, built from memory, without queries to the store."""

    def __init__(self, city: CityState, access: PageAccess) -> None:
        self._city = city
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/wall", self.wall)]

    async def wall(self, request: Request) -> Response:
        """Answer with the whole city."""
        visitor = await self._access.visitor(request)
        if not visitor.sees_all:
            return await self._access.refusal(request)
        asked = request.query_params
        chosen = {name: tuple(filter(None, asked.getlist(name)))[:_VALUES] for name in FILTERS}
        selection = Selection(filters={name: values for name, values in chosen.items() if values})
        page = PageReader(language=language_of(request), now_s=time.time())
        text = wall_page(
            wall_content(self._city, selection),
            selection,
            self._city,
            ListReader(page, self._city.directory),
            city_links(visitor, page, "wall"),
            is_screen=asked.get("screen") == "1",
        )
        return html_page(text, CONTENT_SECURITY_POLICY)
