"""The documentation, built by ``./run docs`` and included in the package: static files."""

import re
from base64 import b64encode
from functools import cached_property
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from thongsuot_collector.web import labels
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.responses import HEADERS, language_of, not_found

PATH: Final = "/docs"

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')


class DocumentationPages:
    """The site in a folder, for visitors with any read access; without it there are no routes."""

    def __init__(self, folder: str, access: PageAccess) -> None:
        self._folder = Path(folder)
        self._is_there = bool(folder) and (self._folder / "index.html").is_file()
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes, for a Starlette application."""
        if not self._is_there:
            return []
        return [
            Route(PATH, lambda _request: RedirectResponse(f"{PATH}/")),
            Route(f"{PATH}/{{path:path}}", self.file),
        ]

    async def file(self, request: Request) -> Response:
        """Answer with a file of the site."""
        if (await self._access.visitor(request)).role is None:
            return await self._access.refusal(request)
        path = request.path_params["path"] or "index.html"
        try:
            response = await self._files.get_response(path, request.scope)
        except HTTPException:
            return not_found(labels.NO_DOCUMENT.read(language_of(request)))
        response.headers.update(HEADERS)
        # A returning client revalidates the file (RFC 9111, section 5.2.2.4).
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Content-Security-Policy"] = self._policy
        return response

    @cached_property
    def _files(self) -> StaticFiles:
        return StaticFiles(directory=self._folder)

    @cached_property
    def _policy(self) -> str:
        """The policy that only allows the inline content of the site's own files."""
        scripts: set[str] = set()
        styles: set[str] = set()
        for page in self._folder.rglob("*.html"):
            text = page.read_text("utf-8")
            scripts.update(_SCRIPT.findall(text))
            styles.update(_STYLE.findall(text))
            styles.update(unescape(style) for style in _STYLE_ATTRIBUTE.findall(text))
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {_sources(scripts)}",
                f"style-src 'self' 'unsafe-hashes' {_sources(styles)}",
                "worker-src 'self'",
                "connect-src 'self'",
                "img-src 'self' data:",
                "font-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            )
        )


def _sources(texts: set[str]) -> str:
    """Return the source expressions of inline texts (Content Security Policy Level 3, 6.7.2.4)."""
    return " ".join(
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in sorted(texts)
    )
