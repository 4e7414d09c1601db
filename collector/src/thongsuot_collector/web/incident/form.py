"""
Form: what all forms about an incident have in common: who may open one, and what stands around it.

Each is an engineer's of the city; to everybody else there is no such page.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from thongsuot_collector.notify.render import text
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.forms import TEXT_CHARACTERS
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.incident.report import IncidentArchive, IncidentReport
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_collector.web.responses import HEADERS, html_page, language_of, not_found
from thongsuot_schema.words.language import Text


class OpenForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form about an incident that somebody has opened; ``address`` ends the form's own."""

    report: IncidentReport
    visitor: Visitor
    reader: PageReader
    address: str

    @property
    def incident_url(self) -> str:
        """Where the page of the incident is."""
        return self.reader.url(f"/incidents/{self.report.incident.id}")

    def done(self) -> Response:
        """Lead to the page of the incident, which says how it stands now."""
        return RedirectResponse(self.incident_url, HTTPStatus.SEE_OTHER, headers=HEADERS)


class FormFields(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a form asks for. ``button`` has a place for who sends it, ``lines`` stand first.

    ``options`` are value and label of what has to be chosen under ``legend``, sent as
    ``option_name``; ``chosen`` is chosen already. ``text_label`` is of the text that is sent as
    ``text_name``; ``written`` is what was written before.
    """

    title: Text
    button: Text
    text_label: Text
    text_name: str
    lines: Sequence[str] = ()
    legend: Text | None = None
    option_name: str = ""
    options: Sequence[tuple[str, str]] = ()
    chosen: str = ""
    written: str = ""

    def filled(self, *, chosen: str, written: str) -> "FormFields":
        """Return the same with what somebody has chosen and written."""
        return msgspec.structs.replace(self, chosen=chosen, written=written)


async def open_form(
    request: Request, archive: IncidentArchive, access: PageAccess, *, now_s: float
) -> OpenForm | Response:
    """Return the form that somebody asks for, or the answer to who may not."""
    visitor = await access.visitor(request)
    if not visitor.is_engineer:
        return await access.refusal(request, labels.WHO_ARE_YOU)
    report = await archive.report(request.path_params["name"])
    if report is None:
        return missing(request)
    return OpenForm(
        report=report,
        visitor=visitor,
        reader=PageReader(language=language_of(request), now_s=now_s),
        address=request.url.path.rpartition("/")[2],
    )


def missing(request: Request) -> Response:
    """Return that there is no such incident, or none that this could be done to."""
    return not_found(labels.NOT_FOUND.read(language_of(request)))


def form_page(form: OpenForm, fields: FormFields, *, mistake: Text | None = None) -> Response:
    """Return the page of a form; ``mistake`` is what was wrong with what it sent before."""
    content = {
        "fields": fields,
        "button": fields.button.read(form.reader.language, title=form.visitor.title),
    }
    return form_in(form, "incident_form", fields.title, content, mistake=mistake)


def form_in(
    form: OpenForm,
    template: str,
    title: Text,
    content: Mapping[str, object],
    *,
    mistake: Text | None = None,
) -> Response:
    """Return the page of a form that has a template of its own."""
    reader, incident = form.reader, form.report.incident
    path = f"/incidents/{incident.id}/{form.address}"
    frame = Frame(
        title=title.read(reader.language),
        state=incident.state,
        url_in=lambda other: reader.url(path, other),
        home_url=form.incident_url,
        place=text.headline_of(form.report.context, reader.language),
    )
    common = {
        "action": reader.url(path),
        "mistake": mistake,
        "text_characters": TEXT_CHARACTERS,
    }
    page = render(template, frame, reader.language, {**common, **content})
    response = html_page(page, CONTENT_SECURITY_POLICY)
    response.status_code = HTTPStatus.OK if mistake is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return response
