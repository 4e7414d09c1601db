"""
Answers: the form for a carrier's answer, opened from its desk or by a link in a message.

Opening it changes nothing; submitting it does.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.answer import AnswerKind, PartyAnswer
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.answer_links import AnswerGrant, AnswerLinks
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.text import ANSWERS
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.desk import labels
from thongsuot_collector.web.desk.page import answer_path, desk_path
from thongsuot_collector.web.forms import NAME_CHARACTERS, TEXT_CHARACTERS, read_form
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, not_found
from thongsuot_schema.segment import Party
from thongsuot_schema.words.dates import VIETNAM
from thongsuot_schema.words.language import Text

_LATEST_S = 60 * 86_400
"""A later expected time is a typing error."""

_log = logging.getLogger(__name__)


class _AnswerForm:
    """One form: the kind of answer, its target, and the answering party."""

    def __init__(
        self, incident: Incident, kind: AnswerKind, path: str, reader: PageReader, person: str
    ) -> None:
        self.incident = incident
        self.kind = kind
        self.path = path
        self.reader = reader
        self.person = person


class AnswerPages:
    """The forms of answers, and their submission."""

    def __init__(self, archive: IncidentArchive, access: PageAccess, links: IncidentLinks) -> None:
        self._archive = archive
        self._access = access
        self._links = links
        self._grants = AnswerLinks(links)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/answers/{token}", self.by_link, methods=["GET", "POST"]),
            Route(
                "/desk/{carrier}/incidents/{incident}/{kind}",
                self.from_desk,
                methods=["GET", "POST"],
            ),
        ]

    async def by_link(self, request: Request) -> Response:
        """Handle a request by the link of a message."""
        language, token = language_of(request), request.path_params["token"]
        grant = self._grants.grant(token)
        incident = None if grant is None else await self._archive.find(grant.incident)
        if grant is None or incident is None:
            return not_found(labels.NO_LINK.read(language))
        reader = PageReader(
            language=language, now_s=time.time(), key=self._links.key(incident.id), is_staff=False
        )
        form = _AnswerForm(incident, grant.kind, f"/answers/{token}", reader, "")
        refusal = _refusal_of(grant, incident, reader.now_s)
        if refusal is not None:
            return self._page(form, mistake=refusal, is_over=True)
        if request.method != "POST":
            return self._page(form)
        fields = await read_form(request, is_keyed=True)
        by = f"{grant.party} link:{grant.token}"
        return await self._act(form, fields, grant.party, by=by, token=grant.token)

    async def from_desk(self, request: Request) -> Response:
        """Handle a request from a carrier's desk by a visitor who may act there."""
        carrier, name = request.path_params["carrier"], request.path_params["incident"]
        visitor = await self._access.visitor(request)
        party = ResponsibleParty(Party.CARRIER, carrier)
        incident = await self._archive.find(name) if visitor.sees_carrier(carrier) else None
        kind = next((kind for kind in AnswerKind if kind == request.path_params["kind"]), None)
        if not visitor.may_act or incident is None or kind is None or incident.party != party:
            return await self._access.refusal(request)
        reader = PageReader(
            language=language_of(request),
            now_s=time.time(),
            key=visitor.key,
            is_staff=visitor.sees_all,
        )
        path = answer_path(carrier, name, kind)
        # A shared link identifies its recipient, not its user.
        form = _AnswerForm(incident, kind, path, reader, "" if visitor.key else visitor.title)
        if request.method != "POST":
            return self._page(form)
        fields = await read_form(request, is_keyed=bool(visitor.key))
        return await self._act(form, fields, party, by=visitor.audited_as)

    async def _act(
        self,
        form: _AnswerForm,
        fields: Mapping[str, str],
        party: ResponsibleParty,
        *,
        by: str,
        token: str = "",
    ) -> Response:
        """Record an answer, or show the form again with its error."""
        answer = _answer_from(form, fields, party, token)
        if isinstance(answer, Text):
            return self._page(form, mistake=answer, fields=fields)
        try:
            await self._archive.consumer.answer(form.incident.id, answer, by=by)
        except AnswerImpossible as error:
            return self._page(form, mistake=labels.IMPOSSIBLE[error.reason], is_over=True)
        except KeyError:
            return self._page(form, mistake=labels.IMPOSSIBLE["over"], is_over=True)
        _log.info("answered incident=%s answer=%s by=%s", form.incident.id, answer.kind, by)
        if token:
            return self._page(form, done=answer)
        url = form.reader.url(desk_path(party.name))
        return RedirectResponse(url, 303, headers=HEADERS)

    def _page(
        self,
        form: _AnswerForm,
        *,
        mistake: Text | None = None,
        is_over: bool = False,
        done: PartyAnswer | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the form, or the message in place of it."""
        reader, incident = form.reader, form.incident
        language = reader.language
        thanks = ""
        if done is not None:
            thanks = labels.THANKS.read(
                language,
                answer=ANSWERS[done.kind].read(language),
                person=done.person,
                moment=sections.exact_time(done.at_ns),
            )
        frame = Frame(
            title=ANSWERS[form.kind].read(language),
            state=incident.state,
            url_in=lambda other: reader.url(form.path, other),
            place=text.headline_of(self._archive.context(incident), language),
        )
        content = {
            "labels": labels,
            "action": reader.url(form.path),
            "mistake": mistake,
            "thanks": thanks,
            "is_asked": not thanks and not is_over,
            "needs_reason": form.kind is AnswerKind.REFUSED,
            "needs_moment": form.kind is AnswerKind.EXPECTED,
            "fields": {"name": form.person, "text": "", "moment": ""} | dict(fields or {}),
            "name_characters": NAME_CHARACTERS,
            "text_characters": TEXT_CHARACTERS,
            "button": labels.SEND.read(language),
            "incident_url": reader.url(f"/incidents/{incident.id}"),
        }
        response = html_page(render("answer", frame, language, content), CONTENT_SECURITY_POLICY)
        response.status_code = 200 if mistake is None else 409 if is_over else 422
        return response


def _refusal_of(grant: AnswerGrant, incident: Incident, now_s: float) -> Text | None:
    """Return why a link is no longer valid; ``None`` if it is."""
    if any(answer.token == grant.token for answer in incident.answers):
        return labels.IMPOSSIBLE["used"]
    opened = [
        record.number
        for record in incident.notifications
        if record.kind is NotificationKind.OPENED and record.party == grant.party
    ]
    if now_s > grant.until_s or grant.number < max(opened, default=0):
        return labels.EXPIRED
    if not incident.is_open:
        return labels.IMPOSSIBLE["over"]
    return labels.IMPOSSIBLE["not_theirs"] if incident.party != grant.party else None


def _answer_from(
    form: _AnswerForm, fields: Mapping[str, str], party: ResponsibleParty, token: str
) -> PartyAnswer | Text:
    """Return the answer in a form, or the error."""
    person = fields.get("name", "")[:NAME_CHARACTERS]
    if not person:
        return labels.NEEDS_NAME
    reason = fields.get("text", "")
    if form.kind is AnswerKind.REFUSED and not reason:
        return labels.NEEDS_REASON
    expected_ns = None
    if form.kind is AnswerKind.EXPECTED:
        expected_ns = _moment_ns(fields.get("moment", ""))
        if expected_ns is None or not 0 < expected_ns / NS_PER_S - form.reader.now_s < _LATEST_S:
            return labels.NEEDS_MOMENT
    return PartyAnswer(
        kind=form.kind,
        party=party,
        person=person,
        at_ns=round(form.reader.now_s * NS_PER_S),
        text=reason,
        expected_ns=expected_ns,
        token=token,
    )


def _moment_ns(written: str) -> int | None:
    """Return a moment in the format of browsers, in Vietnam; ``None`` if it is invalid."""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp()) * NS_PER_S
