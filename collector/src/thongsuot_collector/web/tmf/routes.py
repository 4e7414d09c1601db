"""Routes of TM Forum's APIs: alarms (TMF642 v4) and trouble tickets (TMF621 v5 and v4)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.channels.tmf621.ticket import BASES, Version
from thongsuot_collector.notify.channels.tmf642 import alarm as alarms
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import incidents_of
from thongsuot_collector.queries.lists import LIST_BY_NAME, PERIOD
from thongsuot_collector.queries.logs import StoredIncidents, stored_incidents
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.answers import JSON, answer
from thongsuot_collector.web.arguments import ArgumentInvalid
from thongsuot_collector.web.responses import HEADERS, language_of
from thongsuot_collector.web.tmf.arguments import CollectionFilters, fields_of, read_query
from thongsuot_collector.web.tmf.incident_view import IncidentTexts, IncidentView, view_of
from thongsuot_collector.web.tmf.resources import (
    ALARM_FILTERS,
    alarm_body,
    alarm_head,
    incident_of_alarm,
    ticket_body,
    ticket_filters,
    ticket_head,
)

Json = dict[str, object]
Handler = Callable[[Request], Awaitable[Response]]

ROLES: Final = LIST_BY_NAME["incidents"].roles
_EARLIEST: Final = datetime(1970, 2, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """
    One collection: its path, and its content.

    ``has`` returns whether an incident is one of its resources, ``name_of`` the incident of an id.
    """

    path: str
    has: Callable[[Incident], bool]
    head: Callable[[IncidentView], Json]
    body: Callable[[IncidentView, IncidentTexts], Json]
    filters: CollectionFilters
    name_of: Callable[[str], str] = str
    is_typed: bool = False


def is_ticket(incident: Incident) -> bool:
    """
    Return whether an incident is a ticket: a party was notified about it, or has to act on it.

    An incident that was inside a larger one from its opening is no separate ticket.
    """
    return incident.is_notifiable and (bool(incident.notifications) or not incident.parents)


def _tickets(version: Version) -> Collection:
    return Collection(
        path=f"{BASES[version]}/troubleTicket",
        has=is_ticket,
        head=lambda view: ticket_head(view, version),
        body=lambda view, texts: ticket_body(view, texts, version),
        filters=ticket_filters(version),
        is_typed=version == 5,
    )


COLLECTIONS: Final = (
    Collection(
        path=f"{alarms.BASE}/alarm",
        has=lambda incident: incident.is_notifiable,
        head=alarm_head,
        body=alarm_body,
        filters=ALARM_FILTERS,
        name_of=incident_of_alarm,
    ),
    _tickets(5),
    _tickets(4),
)


class TmfApis:
    """Answers polling systems, by the same query as the list of incidents."""

    def __init__(
        self,
        city: CityState,
        store: Engine,
        access: PageAccess,
        links: IncidentLinks,
        *,
        support_hotline: str,
    ) -> None:
        self._city = city
        self._store = store
        self._access = access
        self._links = links
        self._support_hotline = support_hotline

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            route
            for collection in COLLECTIONS
            for route in (
                Route(collection.path, self._page(collection)),
                Route(f"{collection.path}/{{id}}", self._resource(collection)),
            )
        ]

    def _page(self, collection: Collection) -> Handler:
        async def handler(request: Request) -> Response:
            visitor = await self._access.visitor(request)
            if visitor.role not in ROLES:
                return await self._access.refusal(request)
            try:
                query = read_query(request.query_params.multi_items(), collection.filters)
            except ArgumentInvalid as error:
                return _error(HTTPStatus.BAD_REQUEST, str(error), collection)
            # A bound may apply to another moment than the onset, which the store is queried by.
            since = max(_EARLIEST, (query.earliest or datetime.now(UTC)) - PERIOD)
            scope = visitor.query_scope
            selection = Selection(since=since)
            stored = await asyncio.to_thread(stored_incidents, self._store, selection, scope)
            views = self._views(stored, scope, collection)
            chosen = [view for view in views if query.matches(collection.head(view))]
            chosen = newest_first(chosen)
            texts = self._texts(request)
            bodies = [
                query.chosen(collection.body(view, texts))
                for view in chosen[query.offset : query.offset + query.limit]
            ]
            headers = {"X-Total-Count": str(len(chosen)), "X-Result-Count": str(len(bodies))}
            return answer(request, msgspec.json.encode(bodies), JSON, headers)

        return handler

    def _resource(self, collection: Collection) -> Handler:
        async def handler(request: Request) -> Response:
            visitor = await self._access.visitor(request)
            if visitor.role not in ROLES:
                return await self._access.refusal(request)
            name = collection.name_of(request.path_params["id"])
            scope = visitor.query_scope
            selection = Selection(filters={"id": (name,)})
            stored = await asyncio.to_thread(stored_incidents, self._store, selection, scope)
            views = [
                view for view in self._views(stored, scope, collection) if view.incident.id == name
            ]
            if not views:
                return _error(HTTPStatus.NOT_FOUND, "there is no such resource", collection)
            fields = fields_of(dict(request.query_params))
            query = msgspec.structs.replace(read_query((), collection.filters), fields=fields)
            body = query.chosen(collection.body(views[0], self._texts(request)))
            return answer(request, msgspec.json.encode(body), JSON)

        return handler

    def _views(
        self, stored: StoredIncidents, scope: QueryScope, collection: Collection
    ) -> list[IncidentView]:
        return [
            view_of(incident, scope)
            for incident in incidents_of(self._city, stored, scope)
            if collection.has(incident)
        ]

    def _texts(self, request: Request) -> IncidentTexts:
        return IncidentTexts(
            city=self._city,
            url_of=self._links.url,
            support_hotline=self._support_hotline,
            language=language_of(request),
        )


def newest_first(views: Iterable[IncidentView]) -> list[IncidentView]:
    """
    Return resources in the order of pages.

    An outage has the onset of its first circuit, and others may share it: their order must not
    depend on which of them memory has, or a system that polls page by page misses one.
    """
    return sorted(views, key=lambda view: (-view.incident.opened_ns, view.incident.id))


def _error(status: HTTPStatus, reason: str, collection: Collection) -> Response:
    """Return an error in the form of TMF630."""
    content: Json = {"code": str(int(status)), "reason": reason, "status": str(int(status))}
    if collection.is_typed:
        content["@type"] = "Error"
    return Response(msgspec.json.encode(content), status, media_type=JSON, headers=HEADERS)
