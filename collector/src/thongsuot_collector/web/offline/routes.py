"""Routes: the worker, the icon, and the manifest of the page of each point."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.web import labels
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.offline.scripts import (
    ICON_PATH,
    WORKER,
    WORKER_PATH,
    manifest_path,
)
from thongsuot_collector.web.responses import HEADERS, language_of, not_found
from thongsuot_schema.words.language import Language

_NAME: Final = "Thông Suốt"
_PAPER: Final = "#f2f4f3"
_ACCENT: Final = "#0d5c68"

_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
    f'<rect width="96" height="96" fill="{_ACCENT}"/>'
    '<path transform="translate(20 28) scale(2)" fill="none" stroke="#fff" stroke-width="2.6" '
    'stroke-linecap="round" d="M2 6c5-5 8-5 12 0s7 5 12 0M2 14c5-5 8-5 12 0s7 5 12 0"/></svg>'
)

_WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"


class OfflinePages:
    """
    The files that a browser needs to install the page of a point, and to show it without a network.
    """

    def __init__(self, access: PageAccess, directory: InventoryDirectory) -> None:
        self._access = access
        self._directory = directory

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(WORKER_PATH, self.worker),
            Route(ICON_PATH, self.icon),
            Route(manifest_path("{name}"), self.manifest),
        ]

    async def worker(self, _request: Request) -> Response:
        """Answer with the worker, which has no private data."""
        headers = HEADERS | {"Content-Security-Policy": _WORKER_POLICY}
        return Response(WORKER, media_type="text/javascript; charset=utf-8", headers=headers)

    async def icon(self, _request: Request) -> Response:
        """Answer with the icon of the application."""
        return Response(_ICON, media_type="image/svg+xml", headers=HEADERS)

    async def manifest(self, request: Request) -> Response:
        """Answer with the manifest of a point's page, for its authorised visitors."""
        visitor, name = await self._access.visitor(request), request.path_params["name"]
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        if name not in self._directory.sites:
            return not_found(labels.NO_SITE.read(language_of(request)))
        return Response(
            msgspec.json.encode(self._manifest(name, language_of(request))),
            media_type="application/manifest+json",
            headers=HEADERS,
        )

    def _manifest(self, name: str, language: Language) -> dict[str, object]:
        site = self._directory.site(name)
        page = f"/sites/{name}"
        return {
            "id": page,
            "name": f"{_NAME} · {site.title or name}",
            "short_name": _NAME,
            "lang": language,
            "start_url": f"{page}?lang={language}",
            "scope": "/",
            "display": "standalone",
            "background_color": _PAPER,
            "theme_color": _ACCENT,
            "icons": [
                {"src": ICON_PATH, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
            ],
        }
