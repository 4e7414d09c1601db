"""
Routes: the commissioning of a site, for the city and for the commune of the site; an engineer adds
photos of the labels.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.commissioning.code import code_of_today
from thongsuot_collector.commissioning.document import link_phrase, report_document
from thongsuot_collector.commissioning.photo import BYTES_LIMIT, PhotoRefused, Refusal, photo_from
from thongsuot_collector.commissioning.records import CommissioningRecords
from thongsuot_collector.commissioning.status import commissioning_fact, commissioning_notes
from thongsuot_collector.errors import PrintFailed
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store.commissioning_photos import (
    StoredPhoto,
    links_with_photo,
    photos_of,
    save_photo,
)
from thongsuot_collector.store.threads import run_to_completion
from thongsuot_collector.typesetting.worker import render_in_worker
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.commissioning import labels
from thongsuot_collector.web.labels import NO_SITE
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, attachment, html_page, language_of, not_found
from thongsuot_collector.web.uploads import read_upload
from thongsuot_schema.commissioning.run import CommissioningRun
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language, Text

_log = logging.getLogger(__name__)

_REFUSALS: Final[dict[Refusal, Text]] = {
    Refusal.TOO_LARGE: labels.PHOTO_TOO_LARGE,
    Refusal.NO_PICTURE: labels.PHOTO_NO_PICTURE,
}

_PDF_MODULE = "thongsuot_collector.commissioning.pdf"


class CommissioningPages:
    """The page of a site's commissioning."""

    def __init__(
        self,
        records: CommissioningRecords,
        store: Engine,
        access: PageAccess,
        directory: InventoryDirectory,
        *,
        page_url: str,
    ) -> None:
        self._records = records
        self._store = store
        self._access = access
        self._directory = directory
        self._page_url = page_url.rstrip("/")
        self._one_at_a_time = asyncio.Lock()
        """Typst takes 65 MiB at work."""

    def routes(self) -> list[Route]:
        """Return the route, to be mounted beside those of sites."""
        return [
            Route("/sites/{name}/commissioning", self.page),
            Route("/sites/{name}/commissioning.pdf", self.pdf),
            Route("/sites/{name}/commissioning/photos", self.add_photo, methods=["POST"]),
            Route("/sites/{name}/commissioning/photos/{link}", self.photo),
        ]

    async def page(self, request: Request) -> Response:
        """
        Answer with the verification of the lines; for an engineer also with the code of the day.
        """
        language, name = language_of(request), request.path_params["name"]
        visitor = await self._access.visitor(request)
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        if name not in self._directory.sites:
            return not_found(NO_SITE.read(language))
        how = [labels.WHO.read(language)]
        if visitor.is_engineer:
            code = await asyncio.to_thread(code_of_today, self._store, name, time.time())
            how = [labels.NO_TOKEN.read(language)]
            if code:
                how = [labels.CODE.read(language, code=code), labels.HOW.read(language)]
        photographed = await asyncio.to_thread(self._photographed, name)
        content = self._content(name, language, photographed, may_add=visitor.is_engineer)
        return html_page(
            self._text(name, content | {"how": how}, language), CONTENT_SECURITY_POLICY
        )

    async def add_photo(self, request: Request) -> Response:
        """Add a photo of the label of a line to the newest run."""
        language, name = language_of(request), request.path_params["name"]
        visitor = await self._access.visitor(request)
        if not visitor.is_engineer:
            return await self._access.refusal(request)
        fields = await read_upload(request, limit_bytes=BYTES_LIMIT)
        link, run = fields.get("link", b"").decode("utf-8", "replace"), self._run_with(name, fields)
        if run is None:
            return not_found(labels.NO_RUN.read(language))
        try:
            photo = await asyncio.to_thread(photo_from, fields.get("photo", b""))
        except PhotoRefused as refused:
            return PlainTextResponse(_REFUSALS[refused.why].read(language), 422, headers=HEADERS)
        kept = StoredPhoto(
            link=link,
            at_ns=time.time_ns(),
            by=visitor.title,
            media_type=photo.media_type,
            body=photo.body,
        )
        await run_to_completion(save_photo, self._store, name, run.id, kept)
        _log.info("photo added site=%s link=%s by=%s", name, link, visitor.name)
        return RedirectResponse(
            f"/sites/{name}/commissioning?lang={language}", 303, headers=HEADERS
        )

    async def photo(self, request: Request) -> Response:
        """Answer with the photo of a line's label."""
        language, name = language_of(request), request.path_params["name"]
        visitor = await self._access.visitor(request)
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        run, link = self._records.newest.get(name), request.path_params["link"]
        run_id = "" if run is None else run.id
        photos = await asyncio.to_thread(photos_of, self._store, name, run_id, link)
        if not photos:  # the page shows the existing ones
            return RedirectResponse(f"/sites/{name}/commissioning?lang={language}", 303)
        headers = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
        return Response(photos[0].body, media_type=photos[0].media_type, headers=headers)

    def _run_with(self, name: str, fields: Mapping[str, bytes]) -> CommissioningRun | None:
        """Return the newest run of a site, if it has the link named by a form."""
        run = self._records.newest.get(name)
        link = fields.get("link", b"").decode("utf-8", "replace")
        is_known = run is not None and any(proof.link == link for proof in run.links)
        return run if is_known and self._directory.link(name, link) is not None else None

    def _photographed(self, name: str) -> frozenset[str]:
        run = self._records.newest.get(name)
        return frozenset() if run is None else links_with_photo(self._store, name, run.id)

    async def pdf(self, request: Request) -> Response:
        """Answer with the report of the newest run, like ``thongsuot-collector commissioning``."""
        language, name = language_of(request), request.path_params["name"]
        visitor = await self._access.visitor(request)
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        if name not in self._directory.sites:
            return not_found(NO_SITE.read(language))
        run = self._records.newest.get(name)
        if run is None:  # the page shows that there is nothing to report yet
            return RedirectResponse(f"/sites/{name}/commissioning?lang={language}", 303)
        url = f"{self._page_url}/sites/{name}" if self._page_url else ""
        photos = await asyncio.to_thread(photos_of, self._store, name, run.id)
        document = report_document(name, run, self._directory, language, url=url, photos=photos)
        try:
            async with self._one_at_a_time:
                body = await render_in_worker(
                    _PDF_MODULE, msgspec.msgpack.encode(document), title=f"the report of {name}"
                )
        except PrintFailed:
            return PlainTextResponse(labels.NOT_PRINTED.read(language), 503, headers=HEADERS)
        return attachment(body, "application/pdf", f"commissioning-{name}.pdf")

    def _content(
        self, name: str, language: Language, photographed: frozenset[str], *, may_add: bool
    ) -> dict[str, object]:
        run = self._records.newest.get(name)
        phrase = link_phrase(name, self._directory, language)
        limit = BYTES_LIMIT // (1024 * 1024)
        own = f"/sites/{name}/commissioning/photos"
        return {
            "photo": labels.PHOTO.read(language),
            "photo_send": labels.PHOTO_SEND.read(language),
            "photo_action": f"{own}?lang={language}",
            "photo_urls": [
                f"{own}/{proof.link}" if proof.link in photographed else ""
                for proof in (() if run is None else run.links)
            ],
            "photo_forms": [
                (proof.link, labels.PHOTO_OF.read(language, line=phrase(proof.link), limit=limit))
                for proof in (() if run is None or not may_add else run.links)
                if self._directory.link(name, proof.link) is not None
            ],
        }

    def _text(self, name: str, more: dict[str, object], language: Language) -> str:
        run = self._records.newest.get(name)
        is_complete = run is not None and run.is_complete
        frame = Frame(
            title=labels.TITLE.read(language),
            state=State.UP if is_complete else State.UNKNOWN,
            url_in=lambda other: f"/sites/{name}/commissioning?lang={other}",
            home_url=f"/sites/{name}?lang={language}",
            place=self._directory.site(name).title or name,
        )
        content = {
            "fact": commissioning_fact(run, language),
            "notes": commissioning_notes(name, run, self._directory, language),
            "pdf": labels.PDF.read(language),
            "pdf_url": f"/sites/{name}/commissioning.pdf?lang={language}",
            "report": None
            if run is None
            else report_document(name, run, self._directory, language, url=""),
        }
        return render("commissioning", frame, language, content | more)
