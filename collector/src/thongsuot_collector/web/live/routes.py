"""
The stream of live pages: server-sent events (WHATWG HTML, 9.2), each with a page's revision.

It contains no page content: after a new revision the client requests the page as usual.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.queries.incidents import is_of
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.live.element import PATH
from thongsuot_collector.web.live.revisions import Revisions
from thongsuot_collector.web.live.topics import INCIDENTS, WALL, carrier_of, incident_of, site_of
from thongsuot_collector.web.responses import HEADERS

STREAMS: Final = 256
"""Maximum open streams: screens and desks of a city. Later pages refresh themselves."""
OTHERS: Final = 192
"""
Of these, for all visitors outside the city administration, whose own screens always have the rest.
"""
SHARE: Final = 64
"""Of these, for one carrier, one commune or one link of an incident."""
_CITY: Final = ""
_KEY_CHARACTERS: Final = 200
_LOOK_S: Final = 1.0
_HEARTBEAT_S: Final = 15.0
"""Proxies close connections that are silent for a minute; it also detects closed browsers."""
_LASTS_S: Final = 600.0
"""Then the browser reconnects, and is authenticated again: an account may have been revoked."""
_RETRY_MS: Final = 60_000
"""Until then the page refreshes itself; not all clients reconnect at once after a restart."""


class LivePages:
    """
    The streams; ``stopping`` ends them all, ``commune_of`` returns the commune of a site, ``links``
    verify the keys of ``incidents`` (by name).
    """

    def __init__(
        self,
        revisions: Revisions,
        access: PageAccess,
        *,
        commune_of: Callable[[str], str],
        incidents: Mapping[str, Incident],
        links: IncidentLinks,
        stopping: asyncio.Event,
    ) -> None:
        self._revisions = revisions
        self._access = access
        self._commune_of = commune_of
        self._incidents = incidents
        self._links = links
        self._stopping = stopping
        self._streams = Counter[str]()
        """By owner; the city's own have no name."""

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(PATH, self.stream)]

    async def stream(self, request: Request) -> Response:
        """Answer with the revisions of a page, for its authorised visitors."""
        visitor = await self._access.visitor(request)
        topic = request.query_params.get("of", "")[:200]
        if not self._may_see(request, visitor, topic):
            return await self._access.refusal(request)
        holder = _holder(visitor, topic)
        if not self._has_room_for(holder) or self._stopping.is_set():
            return PlainTextResponse(
                "too many streams", HTTPStatus.SERVICE_UNAVAILABLE, headers=HEADERS
            )
        # Makes nginx pass the stream on unbuffered.
        headers = HEADERS | {"X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(topic, holder), media_type="text/event-stream", headers=headers
        )

    def _may_see(self, request: Request, visitor: Visitor, topic: str) -> bool:
        site, carrier, name = site_of(topic), carrier_of(topic), incident_of(topic)
        if carrier:
            return visitor.sees_carrier(carrier)
        if name:
            return self._may_see_incident(request, visitor, name)
        if site:
            return visitor.sees_commune(self._commune_of(site))
        return topic in {WALL, INCIDENTS} and visitor.sees_all

    def _may_see_incident(self, request: Request, visitor: Visitor, name: str) -> bool:
        """Return whether a visitor may see an incident: by its link, or by their role."""
        key = request.query_params.get("key", "")[:_KEY_CHARACTERS]
        if key and self._links.is_valid_key(name, key):
            return True
        incident = self._incidents.get(name)
        if incident is None or visitor.sees_all:
            return visitor.sees_all
        is_carrier = visitor.role is PersonRole.CARRIER
        return is_carrier and is_of(incident, visitor.scope)

    def _has_room_for(self, holder: str) -> bool:
        in_all = self._streams.total()
        if not holder:
            return in_all < STREAMS
        others = in_all - self._streams[_CITY]
        return in_all < STREAMS and others < OTHERS and self._streams[holder] < SHARE

    async def _events(self, topic: str, holder: str) -> AsyncIterator[str]:
        yield f"retry: {_RETRY_MS}\n\n"
        if not self._has_room_for(holder):
            return  # concurrent requests took the last places
        self._streams[holder] += 1
        try:
            sent, silent_s = "", 0.0
            lasts_s = _LASTS_S
            while lasts_s > 0:
                revision = self._revisions.of(topic)
                if revision != sent:
                    sent, silent_s = revision, 0.0
                    yield f"data: {revision}\n\n"
                elif silent_s >= _HEARTBEAT_S:
                    silent_s = 0.0
                    yield ":\n\n"
                if await self._is_stopping():
                    return
                silent_s += _LOOK_S
                lasts_s -= _LOOK_S
        finally:
            self._streams[holder] -= 1
            if not self._streams[holder]:
                del self._streams[holder]

    async def _is_stopping(self) -> bool:
        """Wait until the next check; return whether the collector is stopping."""
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True


def _holder(visitor: Visitor, topic: str) -> str:
    """Return the owner of a stream: empty for the city's own people."""
    if visitor.sees_all:
        return _CITY
    # An anonymous visitor has come by the link of the incident.
    return topic if visitor.role is None else f"{visitor.role} {visitor.scope}"
