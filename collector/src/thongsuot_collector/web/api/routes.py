"""Routes of the API: the lists as JSON and CSV, the city in figures, and their description."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import summary
from thongsuot_collector.queries.lists import CITY_ROLES, LISTS, ListQuery
from thongsuot_collector.queries.records import Record
from thongsuot_collector.queries.selection import Selection, csv_bytes, page_of
from thongsuot_collector.queries.sites import site_records
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.answers import CSV, JSON, answer, problem
from thongsuot_collector.web.api.openapi import document_bytes
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from
from thongsuot_collector.web.responses import language_of

PREFIX = "/api/v1"

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """Answers programs from the same queries as the pages."""

    def __init__(self, city: CityState, store: Engine, access: PageAccess) -> None:
        self._city = city
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        lists = [
            route
            for query in LISTS
            for route in (
                Route(f"{PREFIX}/{query.name}.csv", self._csv(query)),
                Route(f"{PREFIX}/{query.name}", self._json(query)),
            )
        ]
        return [
            Route("/openapi.json", self.openapi),
            Route(f"{PREFIX}/summary", self.summary),
            *lists,
        ]

    async def openapi(self, request: Request) -> Response:
        """Answer with the description of the API, the same for all roles."""
        if (await self._access.visitor(request)).role is None:
            return await self._refusal(request)
        return answer(request, document_bytes(), JSON)

    async def summary(self, request: Request) -> Response:
        """Answer with the city in figures."""
        visitor = await self._access.visitor(request)
        if visitor.role not in CITY_ROLES:
            return await self._refusal(request)
        figures = summary(self._city, site_records(self._city, visitor.query_scope))
        return answer(request, msgspec.json.encode(figures), JSON)

    def _json(self, query: ListQuery) -> Handler:
        async def handler(request: Request) -> Response:
            selected = await self._selected_records(request, query)
            if isinstance(selected, Response):
                return selected
            selection, records = selected
            page = page_of(records, selection)
            headers = {"X-Total-Count": str(page.total)} | _links(request, selection, page.total)
            return answer(request, msgspec.json.encode(page), JSON, headers)

        return handler

    def _csv(self, query: ListQuery) -> Handler:
        async def handler(request: Request) -> Response:
            selected = await self._selected_records(request, query)
            if isinstance(selected, Response):
                return selected
            # A spreadsheet is not paged: return everything selected.
            body = csv_bytes(query.record, selected[1])
            day = time.strftime("%Y%m%d", time.gmtime())
            name = f'attachment; filename="thongsuot-{query.name}-{day}.csv"'
            return answer(request, body, CSV, {"Content-Disposition": name})

        return handler

    async def _selected_records(
        self, request: Request, query: ListQuery
    ) -> tuple[Selection, list[Record]] | Response:
        visitor: Visitor = await self._access.visitor(request)
        if visitor.role not in query.roles:
            return await self._refusal(request)
        try:
            selection = selection_from(query, request.query_params.multi_items())
        except ArgumentInvalid as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        records = await query.records(
            self._city, self._store, selection, visitor.query_scope, language_of(request)
        )
        return selection, query.select(records, selection)

    async def _refusal(self, request: Request) -> Response:
        return await self._access.refusal(request)


def _links(request: Request, selection: Selection, total: int) -> dict[str, str]:
    """Return the links to the previous and next page (RFC 8288)."""
    others = {
        "prev": selection.offset - selection.limit if selection.offset else None,
        "next": selection.offset + selection.limit,
    }
    links = [
        f'<{_url_at(request, max(0, offset))}>; rel="{relation}"'
        for relation, offset in others.items()
        if offset is not None and offset < total
    ]
    return {"Link": ", ".join(links)} if links else {}


def _url_at(request: Request, offset: int) -> str:
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"offset", "key"}
    ]
    return f"{request.url.path}?{urlencode([*kept, ('offset', str(offset))])}"
