"""
Routes: the accounts of all sites and of one, for the city; those of its own sites for a commune.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.accounts.overview import RecordOverview
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.account.page import site_page, sites_page
from thongsuot_collector.web.labels import NO_SITE
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.responses import html_page, language_of, not_found
from thongsuot_collector.web.search import matches

_DAYS = 31
_SHOWN = 500
"""Sites on one page; the others are found by search."""


class AccountPages:
    """The pages of the account."""

    def __init__(
        self, overview: RecordOverview, access: PageAccess, directory: InventoryDirectory
    ) -> None:
        self._overview = overview
        self._access = access
        self._directory = directory

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted beside those of sites."""
        return [Route("/account", self.all_sites), Route("/sites/{name}/account", self.site)]

    async def all_sites(self, request: Request) -> Response:
        """Answer with the account of all sites, the unbalanced ones first."""
        if not (await self._access.visitor(request)).sees_all:
            return await self._access.refusal(request)
        query = request.query_params.get("q", "")[:100]
        titles = {name: site.title for name, site in self._directory.sites.items()}
        totals = [
            total
            for total in await self._overview.sites()
            if matches(query, total.site, titles.get(total.site, ""))
        ]
        page = sites_page(
            sorted(totals, key=lambda total: -total.silent)[:_SHOWN],
            await self._overview.sinks(),
            titles,
            accepted=await self._overview.accepted(),
            query=query,
            language=language_of(request),
        )
        return html_page(page, CONTENT_SECURITY_POLICY)

    async def site(self, request: Request) -> Response:
        """Answer with the account of one site, day by day."""
        language, name = language_of(request), request.path_params["name"]
        commune = self._directory.site(name).commune
        if not (await self._access.visitor(request)).sees_commune(commune):
            return await self._access.refusal(request)
        days = await self._overview.site(name, days=_DAYS)
        if not days and name not in self._directory.sites:
            return not_found(NO_SITE.read(language))
        page = site_page(name, self._directory.site(name).title, days, language)
        return html_page(page, CONTENT_SECURITY_POLICY)
