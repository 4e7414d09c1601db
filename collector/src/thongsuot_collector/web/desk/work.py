"""Work: the forms for a carrier's proposal of planned work and for the city's decision."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.correlation import proposed_work
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork, WorkDecision
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.proposal import ProposalMistake, proposal_from, scopes
from thongsuot_collector.maintenance.windows import covered_count
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.names import site_name, window_scope
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.desk import labels
from thongsuot_collector.web.desk.page import carrier_title, desk_path, work_path
from thongsuot_collector.web.forms import NAME_CHARACTERS, TEXT_CHARACTERS, read_form
from thongsuot_collector.web.incident import labels as incident_labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, html_page, language_of
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language, Text

HOME: Final = "home"
"""The origin of a form on the first page: the person who decides there returns there."""

_FIELDS = ("name", "scope", "start", "end", "text")

_log = logging.getLogger(__name__)


class WorkPages:
    """The form of a proposal, and the form of the decision on it."""

    def __init__(self, archive: IncidentArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access
        self._one_at_a_time = asyncio.Lock()
        """
        Serialises proposals: the waiting ones are counted before each, and many may come at once.
        """

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/desk/{carrier}/work", self.propose, methods=["GET", "POST"]),
            Route("/desk/{carrier}/work/{work}", self.decide, methods=["GET", "POST"]),
        ]

    async def propose(self, request: Request) -> Response:
        """Let a visitor who may act at a carrier's desk propose work."""
        visitor = await self._access.visitor(request)
        carrier, directory = request.path_params["carrier"], self._archive.directory
        is_theirs = visitor.sees_carrier(carrier) and carrier in directory.carriers
        if not (visitor.may_act and is_theirs):
            return await self._access.refusal(request)
        reader = _reader(request, visitor)
        fields = dict.fromkeys(_FIELDS, "") | {"scope": "all"}
        # A shared link identifies its recipient, not its user.
        fields["name"] = "" if visitor.key else visitor.title
        if request.method != "POST":
            return self._form(carrier, fields, reader)
        fields |= await read_form(request, is_keyed=bool(visitor.key))
        fields["name"] = fields["name"][:NAME_CHARACTERS]
        now_ns = round(reader.now_s * NS_PER_S)
        store = self._archive.store
        async with self._one_at_a_time:
            known = await asyncio.to_thread(
                proposed_work.load_recent, store, ends_after_ns=now_ns, carrier=carrier
            )
            work = proposal_from(fields, carrier, directory, known, now_ns=now_ns)
            if isinstance(work, ProposalMistake):
                return self._form(carrier, fields, reader, mistake=labels.PROPOSAL_MISTAKES[work])
            await asyncio.to_thread(proposed_work.propose, store, work, by=visitor.audited_as)
        _log.info("work proposed name=%s carrier=%s by=%s", work.id, carrier, visitor.audited_as)
        return RedirectResponse(reader.url(desk_path(carrier)), 303, headers=HEADERS)

    async def decide(self, request: Request) -> Response:
        """Let an engineer of the city confirm or refuse proposed work."""
        visitor = await self._access.visitor(request)
        carrier, name = request.path_params["carrier"], request.path_params["work"]
        if not visitor.is_engineer:
            return await self._access.refusal(request, incident_labels.WHO_ARE_YOU)
        work = await asyncio.to_thread(proposed_work.load, self._archive.store, name)
        reader = _reader(request, visitor)
        if work is None or work.carrier != carrier:
            return await self._access.refusal(request)
        form = await read_form(request) if request.method == "POST" else {}
        page = "/" if form.get("from") == HOME else desk_path(carrier)
        back = RedirectResponse(reader.url(page), 303, headers=HEADERS)
        if not work.is_pending(round(reader.now_s * NS_PER_S)):
            return back  # decided by another person, or over: the desk shows its state
        if request.method != "POST":
            return self._decision(work, visitor, reader)
        side, reason = form.get("side", ""), form.get("reason", "")
        if side not in {"confirm", "refuse"} or (side == "refuse" and not reason):
            return self._decision(work, visitor, reader, mistake=labels.WORK_NEEDS_REASON)
        decision = WorkDecision(
            is_confirmed=side == "confirm",
            by=visitor.title,
            at_ns=round(reader.now_s * NS_PER_S),
            reason=reason,
        )
        await asyncio.to_thread(
            proposed_work.decide, self._archive.store, name, decision, by=visitor.audited_as
        )
        await self._archive.consumer.refresh_windows()
        _log.info("work decided name=%s confirmed=%s", name, decision.is_confirmed)
        return back

    def _form(
        self,
        carrier: str,
        fields: dict[str, str],
        reader: PageReader,
        *,
        mistake: Text | None = None,
    ) -> Response:
        language, path = reader.language, work_path(carrier)
        frame = Frame(
            title=labels.PROPOSE_WORK.read(language),
            state=State.UP,
            url_in=lambda other: reader.url(path, other),
            home_url=reader.url(desk_path(carrier)),
            place=carrier_title(carrier, self._archive.directory),
        )
        content = {
            "labels": labels,
            "action": reader.url(path),
            "mistake": mistake,
            "fields": fields,
            "scopes": list(_scope_titles(carrier, self._archive.directory, language)),
            "name_characters": NAME_CHARACTERS,
            "text_characters": TEXT_CHARACTERS,
        }
        response = html_page(render("work", frame, language, content), CONTENT_SECURITY_POLICY)
        response.status_code = 200 if mistake is None else 422
        return response

    def _decision(
        self,
        work: ProposedWork,
        visitor: Visitor,
        reader: PageReader,
        *,
        mistake: Text | None = None,
    ) -> Response:
        language, directory = reader.language, self._archive.directory
        path = work_path(work.carrier, work.id)
        frame = Frame(
            title=labels.DECIDE_WORK.read(language),
            state=State.UP,
            url_in=lambda other: reader.url(path, other),
            home_url=reader.url(desk_path(work.carrier)),
            place=carrier_title(work.carrier, directory),
        )
        window = work.window
        facts = (
            (incident_labels.AFFECTED, window_scope(window, directory, language)),
            (labels.COVERED, str(covered_count(window, directory))),
            (incident_labels.FROM, sections.exact_time(window.start_ns)),
            (incident_labels.TO, sections.exact_time(window.end_ns)),
            (incident_labels.WHAT, window.note),
            (labels.PROPOSED_BY, work.person),
        )
        content = {
            "labels": labels,
            "action": reader.url(path),
            "mistake": mistake,
            "facts": facts,
            "text_characters": TEXT_CHARACTERS,
            "button": labels.DECIDE_WORK_AS.read(language, title=visitor.title),
        }
        page = render("work_decision", frame, language, content)
        response = html_page(page, CONTENT_SECURITY_POLICY)
        response.status_code = 200 if mistake is None else 422
        return response


def _scope_titles(
    carrier: str, directory: InventoryDirectory, language: Language
) -> Iterable[tuple[str, str]]:
    """Yield the possible scopes of work with their display names."""
    for scope in scopes(carrier, directory):
        if scope.link:
            link = directory.link(scope.site, scope.link)
            circuit = "" if link is None else link.circuit
            title = " · ".join(filter(None, (circuit, site_name(scope.site, directory))))
        elif scope.commune:
            title = labels.IN_COMMUNE.read(language, commune=directory.commune_name(scope.commune))
        else:
            title = labels.ALL_CIRCUITS.read(language)
        yield scope.key, title


def _reader(request: Request, visitor: Visitor) -> PageReader:
    return PageReader(
        language=language_of(request),
        now_s=time.time(),
        key=visitor.key,
        is_staff=visitor.sees_all,
    )
