"""Routes: decisions of an engineer of the city about an incident: merge, split, close, reopen."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.correlation.city_decisions import CityDecisions
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents import city_decisions
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.incident import decision_labels as labels
from thongsuot_collector.web.incident.form import (
    FormFields,
    OpenForm,
    form_page,
    missing,
    open_form,
)
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_schema.words.language import Language, Text

_log = logging.getLogger(__name__)

_MOST_OPTIONS = 200
"""Maximum radio buttons of one form; nobody would find more."""

Decide = Callable[[OpenForm, str, str], Awaitable[None]]
"""Executes a form's decision: its author, the choice, and the reason."""


class DecisionPages:
    """The forms to merge, split, close and reopen incidents."""

    def __init__(
        self, archive: IncidentArchive, access: PageAccess, decisions: CityDecisions
    ) -> None:
        self._archive = archive
        self._access = access
        self._decisions = decisions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(f"/incidents/{{name}}/{address}", page, methods=["GET", "POST"])
            for address, page in (
                ("merge", self.merge),
                ("split", self.split),
                ("close", self.close),
                ("reopen", self.reopen),
            )
        ]

    async def merge(self, request: Request) -> Response:
        """Let an engineer merge an incident with another one."""
        form = await self._open(request, fits=_is_open)
        if isinstance(form, Response):
            return form
        registry, name = self._archive.consumer.registry, form.report.incident.id
        options = self._options(city_decisions.merge_targets(registry, name), form.reader.language)
        how = labels.MERGE_HOW if options else labels.NO_TARGETS
        fields = FormFields(
            title=labels.MERGE,
            button=labels.MERGE_AS,
            text_label=labels.REASON,
            text_name="reason",
            lines=(how.read(form.reader.language),),
            legend=labels.MERGE_INTO,
            option_name="incident",
            options=options,
        )

        async def decide(form: OpenForm, chosen: str, reason: str) -> None:
            person, by = form.visitor.title, form.visitor.audited_as
            await self._decisions.merge(name, chosen, person=person, reason=reason, by=by)

        return await self._answer(request, form, fields, decide)

    async def split(self, request: Request) -> Response:
        """Let an engineer take something out of a larger incident."""
        form = await self._open(request, fits=_is_open)
        if isinstance(form, Response):
            return form
        registry, name = self._archive.consumer.registry, form.report.incident.id
        options = self._options(city_decisions.splittable(registry, name), form.reader.language)
        how = labels.SPLIT_HOW if options else labels.NO_MEMBERS
        fields = FormFields(
            title=labels.SPLIT,
            button=labels.SPLIT_AS,
            text_label=labels.REASON,
            text_name="reason",
            lines=(how.read(form.reader.language),),
            legend=labels.SPLIT_WHAT,
            option_name="incident",
            options=options,
            chosen=request.query_params.get("member", ""),
        )

        async def decide(form: OpenForm, chosen: str, reason: str) -> None:
            person, by = form.visitor.title, form.visitor.audited_as
            await self._decisions.split(name, chosen, person=person, reason=reason, by=by)

        return await self._answer(request, form, fields, decide)

    async def close(self, request: Request) -> Response:
        """Let an engineer close an incident, with a reason."""
        form = await self._open(request, fits=_is_open)
        if isinstance(form, Response):
            return form
        incident, language = form.report.incident, form.reader.language
        lines = [labels.CLOSE_HOW.read(language)]
        if incident.open_members:
            count = str(incident.open_members)
            lines.append(labels.STILL_DOWN.read(language, count=count))
        fields = FormFields(
            title=labels.CLOSE,
            button=labels.CLOSE_AS,
            text_label=labels.REASON,
            text_name="reason",
            lines=lines,
        )

        async def decide(form: OpenForm, _chosen: str, reason: str) -> None:
            person, by = form.visitor.title, form.visitor.audited_as
            await self._decisions.close(incident.id, person=person, reason=reason, by=by)

        return await self._answer(request, form, fields, decide)

    async def reopen(self, request: Request) -> Response:
        """Let an engineer reopen a closed incident."""
        form = await self._open(request, fits=_is_closed_by_city)
        if isinstance(form, Response):
            return form
        name = form.report.incident.id
        fields = FormFields(
            title=labels.REOPEN,
            button=labels.REOPEN_AS,
            text_label=labels.REASON,
            text_name="reason",
            lines=(labels.REOPEN_HOW.read(form.reader.language),),
        )

        async def decide(form: OpenForm, _chosen: str, reason: str) -> None:
            person, by = form.visitor.title, form.visitor.audited_as
            await self._decisions.reopen(name, person=person, reason=reason, by=by)

        return await self._answer(request, form, fields, decide)

    async def _open(
        self, request: Request, *, fits: Callable[[Incident], bool]
    ) -> OpenForm | Response:
        """
        Return a form about an incident of the registry: older ones cannot be changed. If it does
        not apply to the incident's state there is none; a submitted one gets the reason.
        """
        form = await open_form(request, self._archive, self._access, now_s=time.time())
        if isinstance(form, Response):
            return form
        incident = self._archive.consumer.registry.incidents.get(form.report.incident.id)
        if incident is None or (request.method != "POST" and not fits(incident)):
            return missing(request)
        return form

    async def _answer(
        self, request: Request, form: OpenForm, fields: FormFields, decide: Decide
    ) -> Response:
        """Show a form, or execute its submission; errors are shown above it."""
        if request.method != "POST":
            return form_page(form, fields)
        sent = await read_form(request)
        chosen, reason = sent.get(fields.option_name, ""), sent.get("reason", "")
        mistake: Text | None = None
        if not reason or (fields.option_name and not chosen):
            mistake = labels.MISSING if fields.option_name else labels.NEEDS_REASON
        else:
            try:
                await decide(form, chosen, reason)
            except AnswerImpossible as impossible:
                mistake = labels.IMPOSSIBLE[impossible.reason]
        if mistake is not None:
            filled = fields.filled(chosen=chosen, written=reason)
            return form_page(form, filled, mistake=mistake)
        _log.info(
            "incident decided incident=%s decision=%s person=%s",
            form.report.incident.id,
            form.address,
            form.visitor.name,
        )
        return form.done()

    def _options(self, incidents: Iterable[Incident], language: Language) -> list[tuple[str, str]]:
        """Return incidents as options: headline, onset and name."""
        options = []
        for incident in list(incidents)[:_MOST_OPTIONS]:
            headline = text.headline_of(self._archive.context(incident), language)
            since = sections.exact_time(incident.opened_ns)
            options.append((incident.id, f"{headline} · {since} · {incident.id}"))
        return options


def _is_open(incident: Incident) -> bool:
    return incident.is_open and incident.report is None


def _is_closed_by_city(incident: Incident) -> bool:
    return incident.is_closed_by_city
