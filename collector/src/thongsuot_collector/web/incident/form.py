"""
Form: the common parts of all forms about an incident: access control and layout.

Each is for engineers of the city; for all others the page does not exist.
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
    """An opened form about an incident; ``address`` is the last part of its path."""

    report: IncidentReport
    visitor: Visitor
    reader: PageReader
    address: str

    @property
    def incident_url(self) -> str:
        """The URL of the incident's page."""
        return self.reader.url(f"/incidents/{self.report.incident.id}")

    def done(self) -> Response:
        """Redirect to the page of the incident, which shows its new state."""
        return RedirectResponse(self.incident_url, HTTPStatus.SEE_OTHER, headers=HEADERS)


class FormFields(msgspec.Struct, frozen=True, kw_only=True):
    """
    The fields of a form. ``button`` has a placeholder for the sender, ``lines`` come first.

    ``options`` are the values and labels of the choices under ``legend``, sent as ``option_name``;
    ``chosen`` is preselected. ``text_label`` is the label of the text sent as ``text_name``;
    ``written`` is its initial value.
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
        """Return the same with a choice and a text filled in."""
        return msgspec.structs.replace(self, chosen=chosen, written=written)


async def open_form(
    request: Request, archive: IncidentArchive, access: PageAccess, *, now_s: float
) -> OpenForm | Response:
    """Return the requested form, or the refusal for an unauthorised visitor."""
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
    """Return the answer that there is no such incident, or that the action does not apply to it."""
    return not_found(labels.NOT_FOUND.read(language_of(request)))


def form_page(form: OpenForm, fields: FormFields, *, mistake: Text | None = None) -> Response:
    """Return the page of a form; ``mistake`` is the error of the previous submission."""
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
    """Return the page of a form with its own template."""
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
