"""Routes: access to carriers' desks, and the management of links to them."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.correlation import rows
from thongsuot_collector.errors import TokenError
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.notify.dispatch.desk_links import DeskLinks
from thongsuot_collector.queries.incidents import closed_of, ongoing_of
from thongsuot_collector.sla.calendar import NS_PER_MS, month_at
from thongsuot_collector.sla.periods import PlannedWork
from thongsuot_collector.statements import revision_store
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.circuits import circuits, names_of, terms_for
from thongsuot_collector.store import desk_keys
from thongsuot_collector.timeline.subject import Subject
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.desk import labels
from thongsuot_collector.web.desk.circuit_status import CircuitStatus, first_ms, status_of
from thongsuot_collector.web.desk.keys_page import keys_page
from thongsuot_collector.web.desk.page import (
    DeskContent,
    carrier_title,
    desk_page,
    desk_path,
    desks_page,
)
from thongsuot_collector.web.forms import NAME_CHARACTERS, read_form
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import AnnouncedWork, IncidentArchive
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, not_found
from thongsuot_schema.words.language import Text

_DAY_S = 86_400.0
_MOST_DAYS = 730
_MONTHS = 12
_CLOSED = 30
_PROPOSALS_SHOWN_NS = 30 * 86_400 * NS_PER_S
"""How long after its end a refused proposal is still shown."""


class DeskPages:
    """The page of each carrier, for itself and for the city."""

    def __init__(
        self,
        archive: IncidentArchive,
        statements: StatementArchive,
        access: PageAccess,
        links: DeskLinks,
    ) -> None:
        self._archive = archive
        self._statements = statements
        self._access = access
        self._links = links

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/desk", self.list_of_desks),
            Route("/desk/{carrier}", self.desk),
            Route("/desk/{carrier}/keys", self.keys, methods=["GET", "POST"]),
        ]

    async def list_of_desks(self, request: Request) -> Response:
        """Answer the city with all desks; redirect a carrier to its own."""
        visitor = await self._access.visitor(request)
        reader = _reader(request, visitor)
        if not visitor.sees_all:
            if visitor.sees_carrier(visitor.scope):
                url = reader.url(desk_path(visitor.scope))
                return RedirectResponse(url, 303, headers=HEADERS)
            return await self._access.refusal(request)
        directory = self._archive.directory
        announced, now_ns = await self._announced(), time.time_ns()
        pending = Counter(work.carrier for work in announced.proposals if work.is_pending(now_ns))
        registry = self._archive.consumer.registry
        desks = [
            (name, carrier_title(name, directory), len(ongoing_of(registry, name)), pending[name])
            for name in sorted(directory.carriers)
        ]
        return html_page(desks_page(desks, reader), CONTENT_SECURITY_POLICY)

    async def desk(self, request: Request) -> Response:
        """Answer with one carrier's desk."""
        visitor = await self._access.visitor(request)
        carrier, directory = request.path_params["carrier"], self._archive.directory
        if request.query_params.get("key") and not visitor.sees_carrier(carrier):
            return not_found(labels.NO_LINK.read(language_of(request)))
        if not visitor.sees_carrier(carrier) or carrier not in directory.carriers:
            return await self._access.refusal(request)
        stored = await asyncio.to_thread(
            rows.recently_closed, self._archive.store, limit=_CLOSED, carrier=carrier
        )
        now_ms = self._statements.now_ms
        issued = await asyncio.to_thread(revision_store.months, self._archive.store)
        months = sorted({str(month_at(now_ms)), *issued}, reverse=True)[:_MONTHS]
        announced = await self._announced(carrier)
        windows = self._covering(carrier, announced.windows)
        statuses = await asyncio.to_thread(self._circuits, carrier, now_ms, windows)
        # Both from the same moment, after everything was read: an incident that is closed or opens
        # again meanwhile would be in neither, or in both.
        registry = self._archive.consumer.registry
        ongoing = ongoing_of(registry, carrier)
        closed = closed_of(registry, carrier, stored, limit=_CLOSED)
        content = DeskContent(
            carrier=carrier,
            title=carrier_title(carrier, directory),
            ongoing=[self._archive.context(incident) for incident in ongoing],
            closed=[self._archive.context(incident) for incident in closed],
            circuits=statuses,
            windows=windows,
            proposals=announced.proposals,
            months=months,
            generated_until_s=self._archive.generated_until_s,
        )
        # With hundreds of circuits it would block the loop for too long.
        page = await asyncio.to_thread(
            desk_page, content, visitor, directory, _reader(request, visitor)
        )
        return html_page(page, CONTENT_SECURITY_POLICY)

    async def keys(self, request: Request) -> Response:
        """Answer an engineer with the links to a desk; create or revoke one."""
        visitor = await self._access.visitor(request)
        carrier = request.path_params["carrier"]
        if not visitor.is_engineer or carrier not in self._archive.directory.carriers:
            return await self._access.refusal(request)
        made, mistake = "", None
        if request.method == "POST":
            form = await read_form(request)
            if form.get("revoke"):
                mistake = await self._revoke(form["revoke"], carrier, visitor)
            else:
                made, mistake = await self._create(form, carrier, visitor)
        known = await asyncio.to_thread(desk_keys.listed, self._archive.store, carrier)
        page = keys_page(
            carrier,
            carrier_title(carrier, self._archive.directory),
            known,
            _reader(request, visitor),
            made_url=made,
            mistake=mistake,
        )
        response = html_page(page, CONTENT_SECURITY_POLICY)
        response.status_code = 200 if mistake is None else 422
        return response

    async def _create(
        self, form: dict[str, str], carrier: str, visitor: Visitor
    ) -> tuple[str, Text | None]:
        """Create a link; return it, or the form's error."""
        title, days = form.get("title", "")[:NAME_CHARACTERS], form.get("days", "")
        is_number = days.isascii() and days.isdigit() and len(days) <= len(str(_MOST_DAYS))
        if not title or not is_number or not 1 <= int(days) <= _MOST_DAYS:
            return "", labels.KEY_WRONG
        key = await asyncio.to_thread(
            desk_keys.create,
            self._archive.store,
            carrier,
            title,
            may_act=bool(form.get("may_act")),
            lasts_s=int(days) * _DAY_S,
            by=visitor.audited_as,
        )
        return self._links.url(carrier, key.id), None

    async def _revoke(self, key_id: str, carrier: str, visitor: Visitor) -> Text | None:
        known = await asyncio.to_thread(desk_keys.known, self._archive.store, key_id)
        if known is None or known.carrier != carrier:
            return labels.NO_LINK
        try:
            await asyncio.to_thread(
                desk_keys.revoke, self._archive.store, key_id, by=visitor.audited_as
            )
        except TokenError:  # already revoked by another person
            return None
        return None

    async def _announced(self, carrier: str = "") -> AnnouncedWork:
        """Return planned work, and proposals of a carrier or of all, recently ended ones too."""
        return await self._archive.announced_work(
            ends_after_ns=time.time_ns() - _PROPOSALS_SHOWN_NS, carrier=carrier
        )

    def _covering(
        self, carrier: str, windows: Iterable[MaintenanceWindow]
    ) -> list[MaintenanceWindow]:
        """Return the planned work that covers a circuit of a carrier."""
        directory = self._archive.directory
        subjects = [
            Subject(site=circuit.site, link=circuit.link)
            for circuit in circuits(directory)
            if circuit.carrier == carrier
        ]
        return [
            window
            for window in windows
            if any(window.covers(subject, directory) for subject in subjects)
        ]

    def _circuits(
        self, carrier: str, now_ms: int, windows: Sequence[MaintenanceWindow]
    ) -> list[CircuitStatus]:
        directory, store = self._archive.directory, self._archive.store
        from_ns, until_ns = first_ms(now_ms) * NS_PER_MS, now_ms * NS_PER_MS
        month = month_at(now_ms)
        statuses = []
        for circuit in circuits(directory):
            if circuit.carrier != carrier:
                continue
            subject = Subject(site=circuit.site, link=circuit.link)
            statuses.append(
                status_of(
                    circuit,
                    names_of(circuit, directory),
                    rows.load_intervals(store, subject, from_ns=from_ns, until_ns=until_ns),
                    [
                        PlannedWork(
                            from_ms=window.start_ns // NS_PER_MS,
                            until_ms=window.end_ns // NS_PER_MS,
                            name=window.id,
                        )
                        for window in windows
                        if window.covers(subject, directory)
                    ],
                    terms_for(circuit, directory, month),
                    now_ms=now_ms,
                )
            )
        return statuses


def _reader(request: Request, visitor: Visitor) -> PageReader:
    return PageReader(
        language=language_of(request),
        now_s=time.time(),
        key=visitor.key,
        is_staff=visitor.sees_all,
    )
