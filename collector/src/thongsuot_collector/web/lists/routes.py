"""Routes: a page for each list, for the city; of their own sites for communes."""

import time
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.lists import LIST_BY_NAME, ListQuery
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from
from thongsuot_collector.web.demonstration import generated_note
from thongsuot_collector.web.incident.listing import window_rows
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import AnnouncedWork, IncidentArchive
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.lists import labels
from thongsuot_collector.web.lists.cells import ListReader, shared_prefix
from thongsuot_collector.web.lists.columns import LAYOUTS
from thongsuot_collector.web.lists.page import ListContent, list_page
from thongsuot_collector.web.responses import html_page, language_of
from thongsuot_schema.words.language import Text

Handler = Callable[[Request], Awaitable[Response]]


class ListPages:
    """
    The lists as pages. A carrier has its desk instead.

    ``archive`` has the planned work, and carriers' proposals waiting for the city;
    ``display_name_of`` returns the kind of a channel.
    """

    def __init__(
        self,
        city: CityState,
        store: Engine,
        access: PageAccess,
        archive: IncidentArchive,
        display_name_of: Callable[[str], str],
    ) -> None:
        self._city = city
        self._store = store
        self._access = access
        self._archive = archive
        self._display_name_of = display_name_of

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(f"/{name}", self._page(LIST_BY_NAME[name])) for name in LAYOUTS]

    def _page(self, query: ListQuery) -> Handler:
        async def handler(request: Request) -> Response:
            visitor = await self._access.visitor(request)
            if visitor.role not in query.roles or visitor.role is PersonRole.CARRIER:
                return await self._access.refusal(request)
            arguments = request.query_params.multi_items()
            selection, mistake = Selection(), ""
            try:
                selection = selection_from(query, arguments)
            except ArgumentInvalid as error:
                mistake = str(error)
            language, scope = language_of(request), visitor.query_scope
            page = PageReader(
                language=language,
                now_s=time.time(),
                key=visitor.key,
                is_staff=visitor.sees_all,
                channel_kind=self._display_name_of,
            )
            announced, now_ns = AnnouncedWork(), time.time_ns()
            if query.name == "incidents" and visitor.sees_all:
                announced = await self._archive.announced_work(ends_after_ns=now_ns)
            known = await query.records(self._city, self._store, selection, scope, language)
            content = ListContent(
                known=known,
                selected=query.select(known, selection),
                selection=selection,
                arguments=arguments,
                mistake=mistake,
                pending_work=announced.count_pending(now_ns),
                note=generated_note(self._city.generated_until_s, page),
            )
            text = self._rendered(query, content, visitor, page, announced.windows)
            response = html_page(text, CONTENT_SECURITY_POLICY)
            response.status_code = HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.OK
            return response

        return handler

    def _rendered(
        self,
        query: ListQuery,
        content: ListContent,
        visitor: Visitor,
        page: PageReader,
        windows: Sequence[MaintenanceWindow],
    ) -> str:
        work = window_rows(windows, self._city.directory, page)
        titles = [site.title for site in self._city.directory.sites.values() if site.title]
        reader = ListReader(page, self._city.directory, shared_prefix(titles))
        return list_page(query, content, reader, city_links(visitor, page, query.name), work)


def city_links(visitor: Visitor, page: PageReader, here: str) -> list[tuple[str, Text, bool]]:
    """Return the pages of the city that a visitor may see: URL, name, whether it is ``here``."""
    lists = [
        (page.url(f"/{name}"), labels.TITLES[name], name == here)
        for name in LAYOUTS
        if visitor.role in LIST_BY_NAME[name].roles
    ]
    wall = [(page.url("/wall"), labels.WALL, here == "wall")] if visitor.sees_all else []
    return [*wall, *lists]
