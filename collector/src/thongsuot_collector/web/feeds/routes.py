"""Routes of the feeds: for the city, and for a carrier by its account or the link of its desk."""

import time
from http import HTTPStatus

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.lists import LIST_BY_NAME, ListQuery
from thongsuot_collector.queries.records import IncidentRecord, MaintenanceRecord, Record
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.answers import answer, problem
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from
from thongsuot_collector.web.feeds import atom
from thongsuot_collector.web.feeds import calendar as ical
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.lists.cells import ListReader
from thongsuot_collector.web.responses import language_of

ENTRIES = 200
"""Maximum entries of a feed: the newest."""


class FeedPages:
    """The feeds, with the filters of their lists."""

    def __init__(self, city: CityState, store: Engine, access: PageAccess) -> None:
        self._city = city
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/feeds/incidents.atom", self.incidents),
            Route("/feeds/maintenance.ics", self.maintenance),
        ]

    async def incidents(self, request: Request) -> Response:
        """Answer with the incidents, the newest first, without those inside a larger one."""
        visitor = await self._access.visitor(request)
        records = await self._records(request, visitor, LIST_BY_NAME["incidents"])
        if isinstance(records, Response):
            return records
        leading = [
            record
            for record in records
            if isinstance(record, IncidentRecord) and not record.parents
        ]
        leading.sort(key=lambda record: record.opened_at, reverse=True)
        reader, base = _reader(request, visitor), str(request.base_url).rstrip("/")
        body = atom.atom_feed(
            leading[:ENTRIES],
            own_url=f"{base}{request.url.path}",
            url_of=lambda name: base + reader.url(f"/incidents/{name}"),
            language=reader.language,
        )
        return answer(request, body, atom.MEDIA_TYPE)

    async def maintenance(self, request: Request) -> Response:
        """Answer with the current and future planned work."""
        visitor = await self._access.visitor(request)
        records = await self._records(request, visitor, LIST_BY_NAME["maintenance"])
        if isinstance(records, Response):
            return records
        reader = ListReader(_reader(request, visitor), self._city.directory)
        works = [record for record in records if isinstance(record, MaintenanceRecord)]
        body = ical.calendar(works, carrier=reader.carrier, language=reader.page.language)
        return answer(request, body, ical.MEDIA_TYPE)

    async def _records(
        self, request: Request, visitor: Visitor, query: ListQuery
    ) -> list[Record] | Response:
        if visitor.role not in query.roles:
            return await self._access.refusal(request)
        try:
            selection = selection_from(query, request.query_params.multi_items())
        except ArgumentInvalid as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        records = await query.records(
            self._city, self._store, selection, visitor.query_scope, language_of(request)
        )
        return query.select(records, selection)


def _reader(request: Request, visitor: Visitor) -> PageReader:
    return PageReader(
        language=language_of(request),
        now_s=time.time(),
        key=visitor.key,
        is_staff=visitor.sees_all,
    )
