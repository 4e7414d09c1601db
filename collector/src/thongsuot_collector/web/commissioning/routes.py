"""Routes: the commissioning of a site, for the city and for the commune of the site."""

import asyncio
import time

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.commissioning.code import code_of_today
from thongsuot_collector.commissioning.document import report_document
from thongsuot_collector.commissioning.records import CommissioningRecords
from thongsuot_collector.commissioning.status import commissioning_fact, commissioning_notes
from thongsuot_collector.errors import PrintFailed
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.typesetting.worker import render_in_worker
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.commissioning import labels
from thongsuot_collector.web.labels import NO_SITE
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, attachment, html_page, language_of, not_found
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language

_PDF_MODULE = "thongsuot_collector.commissioning.pdf"


class CommissioningPages:
    """What the page of a site's commissioning shows."""

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
        ]

    async def page(self, request: Request) -> Response:
        """Answer with what is proven; with the code of the day for an engineer."""
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
        return html_page(self._text(name, how, language), CONTENT_SECURITY_POLICY)

    async def pdf(self, request: Request) -> Response:
        """Answer with the report of the newest run, as ``thongsuot-collector commissioning``."""
        language, name = language_of(request), request.path_params["name"]
        visitor = await self._access.visitor(request)
        if not visitor.sees_commune(self._directory.site(name).commune):
            return await self._access.refusal(request)
        if name not in self._directory.sites:
            return not_found(NO_SITE.read(language))
        run = self._records.newest.get(name)
        if run is None:  # the page says that there is nothing to report yet
            return RedirectResponse(f"/sites/{name}/commissioning?lang={language}", 303)
        url = f"{self._page_url}/sites/{name}" if self._page_url else ""
        document = report_document(name, run, self._directory, language, url=url)
        try:
            async with self._one_at_a_time:
                body = await render_in_worker(
                    _PDF_MODULE, msgspec.msgpack.encode(document), title=f"the report of {name}"
                )
        except PrintFailed:
            return PlainTextResponse(labels.NOT_PRINTED.read(language), 503, headers=HEADERS)
        return attachment(body, "application/pdf", f"commissioning-{name}.pdf")

    def _text(self, name: str, how: list[str], language: Language) -> str:
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
            "how": how,
            "pdf": labels.PDF.read(language),
            "pdf_url": f"/sites/{name}/commissioning.pdf?lang={language}",
            "report": None
            if run is None
            else report_document(name, run, self._directory, language, url=""),
        }
        return render("commissioning", frame, language, content)
