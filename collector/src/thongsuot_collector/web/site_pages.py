"""The pages of sites, and the read-only endpoints for machines."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.errors import JournalRefused
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web import labels, layout, sites_page
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.charts.style import PICTURE_STYLE
from thongsuot_collector.web.exposition import exposition
from thongsuot_collector.web.home.page import HomePage
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.live.element import LIVE_SCRIPT
from thongsuot_collector.web.offline.scripts import REGISTER_SCRIPT
from thongsuot_collector.web.responses import (
    HEADERS,
    client_gone,
    html_page,
    language_of,
    not_found,
)
from thongsuot_collector.web.search import matches
from thongsuot_collector.web.site_views import SiteViews
from thongsuot_schema.page.periods import ChartPeriod, period_from
from thongsuot_schema.page.render import PageRemarks, site_page
from thongsuot_schema.page.script import content_security_policy
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language

_SITE_POLICY: Final = content_security_policy(
    PICTURE_STYLE, scripts=(LIVE_SCRIPT, REGISTER_SCRIPT), is_installable=True
)

_DATABASE_AWAY = (DBAPIError, PoolTimeout, JournalRefused)
_RETRY_S = "5"

_log = logging.getLogger(__name__)

RemarksOf = Callable[[SiteView, ChartPeriod | None, Language], Awaitable[PageRemarks]]


class SitePages:
    """
    The pages of sites.

    ``problem`` returns why the collector is not ready, empty if it is. ``refresh`` updates gauges
    before they are read. ``duplicate_sites`` returns the sites with two concurrently pushing
    devices, ``remarks_of`` the additional content of a site's page, with a chart of its past.
    ``home`` is the first page.
    """

    def __init__(
        self,
        views: SiteViews,
        registry: CollectorRegistry,
        *,
        access: PageAccess,
        problem: Callable[[], str],
        refresh: Callable[[], None],
        duplicate_sites: Callable[[], AbstractSet[str]],
        remarks_of: RemarksOf,
        home: HomePage,
    ) -> None:
        self._views = views
        self._registry = registry
        self._access = access
        self._problem = problem
        self._refresh = refresh
        self._duplicate_sites = duplicate_sites
        self._home = home
        self._remarks_of = remarks_of
        self._warnings = RepeatedWarnings()

    def app(self, more: Sequence[Route] = ()) -> Starlette:
        """Return the application, with additional routes ``more``."""
        return Starlette(
            routes=[
                Route("/", self.list_of_sites),
                Route("/sites/{name}.json", self.site_as_json),
                Route("/sites/{name}", self.site),
                Route("/metrics", self.metrics),
                Route("/healthz", self.health),
                Route("/readyz", self.readiness),
                *more,
            ],
            exception_handlers={
                ClientDisconnect: client_gone,
                **dict.fromkeys(_DATABASE_AWAY, self.database_away),
            },
        )

    async def list_of_sites(self, request: Request) -> Response:
        """Answer with all sites, or those that match a search."""
        visitor = await self._access.visitor(request)
        if visitor.role is PersonRole.CARRIER:
            return RedirectResponse(_desk_url(request, visitor), 303, headers=HEADERS)
        if visitor.role is None:
            return await self._access.refusal(request)
        language = language_of(request)
        reader = PageReader(language=language, now_s=time.time())
        query = request.query_params.get("q", "")[:100]
        views = [self._views.site_view(name) for name in self._views.names()]
        duplicate_sites = self._duplicate_sites()
        rows = [
            sites_page.site_row(view, language, has_duplicate_devices=view.site in duplicate_sites)
            for view in views
            if visitor.sees_commune(self._views.commune_of(view.site))
            and matches(query, view.site, view.title, view.commune)
        ]
        text = await self._home.text(rows, visitor, reader, query=query)
        return html_page(text, layout.CONTENT_SECURITY_POLICY)

    async def site(self, request: Request) -> Response:
        """Answer with the page of one site."""
        visitor = await self._access.visitor(request)
        language, name = language_of(request), request.path_params["name"]
        if not visitor.sees_commune(self._views.commune_of(name)):
            return await self._access.refusal(request)
        if name not in self._views.names():
            return not_found(labels.NO_SITE.read(language))
        may_request = visitor.sees_all and await self._access.has_actors()
        view = self._site_view(name)
        period = period_from(request.query_params.get("period"))
        text = site_page(
            view,
            language=language,
            home_url=f"/?lang={language}",
            remarks=await self._remarks_of(view, period, language),
            test_request_url=f"/sites/{name}/tests?lang={language}" if may_request else "",
        )
        return html_page(text, _SITE_POLICY)

    async def site_as_json(self, request: Request) -> Response:
        """Answer with the content of a site's page, for programs."""
        name = request.path_params["name"]
        if not (await self._access.visitor(request)).sees_commune(self._views.commune_of(name)):
            return await self._access.refusal(request)
        if name not in self._views.names():
            return PlainTextResponse("There is no such site.", 404, headers=HEADERS)
        return Response(
            msgspec.json.encode(self._site_view(name)),
            media_type="application/json",
            headers=HEADERS,
        )

    def _site_view(self, name: str) -> SiteView:
        return msgspec.structs.replace(
            self._views.site_view(name), has_duplicate_devices=name in self._duplicate_sites()
        )

    async def metrics(self, request: Request) -> Response:
        """Answer with the collector's own metrics, in the requested format."""
        self._refresh()
        text, content_type = await exposition(self._registry, request.headers.get("accept", ""))
        return Response(text, media_type=content_type)

    async def database_away(self, request: Request, error: Exception) -> Response:
        """Answer that a database refuses what a page needs; logged once a minute."""
        reason = str(error).partition("\n")[0]
        ending = self._warnings.ending(reason)
        if ending is not None:
            path = request.scope["path"]
            _log.warning("cannot answer path=%s: %s%s", path, reason, ending, exc_info=error)
        text = labels.DATABASE_UNAVAILABLE.read(language_of(request))
        return PlainTextResponse(text, 503, headers=HEADERS | {"Retry-After": _RETRY_S})

    async def health(self, _request: Request) -> Response:
        """Answer that the process lives."""
        return PlainTextResponse("ok")

    async def readiness(self, _request: Request) -> Response:
        """Answer whether the collector accepts and judges pushes now, or why not."""
        problem = self._problem()
        return PlainTextResponse(problem or "ready", 503 if problem else 200)


def _desk_url(request: Request, visitor: Visitor) -> str:
    """Return the URL of a carrier's own page."""
    key = f"&key={visitor.key}" if visitor.key else ""
    return f"/desk/{visitor.scope}?lang={language_of(request)}{key}"
