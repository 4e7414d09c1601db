"""Actions: what a reader of an incident's page may do about it, as links to the forms. Pure."""

from collections.abc import Iterator

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.web.incident import decision_labels, labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.words.language import Text


class ActionLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to a form; ``is_first``: it is what is expected to be done."""

    title: Text
    url: str
    is_first: bool = False


def action_links(incident: Incident, reader: PageReader) -> list[ActionLink]:
    """Return what a reader may do about an incident: nothing, for who only looks."""
    path = f"/incidents/{incident.id}"
    links = []
    if reader.is_staff and incident.is_open:
        url = reader.url(f"{path}/acknowledge")
        links.append(ActionLink(title=labels.TAKE_ON, url=url, is_first=True))
    if reader.may_decide:
        for title, address in _decisions(incident):
            url = reader.url(f"{path}/{address}")
            is_first = title is labels.ANSWER_REPORT
            links.append(ActionLink(title=title, url=url, is_first=is_first))
        if incident.is_open and incident.parents and incident.report is None:
            # Of the larger one: there it stands which of its parts can be taken out.
            url = reader.url(f"/incidents/{incident.parents[0]}/split")
            links.append(ActionLink(title=decision_labels.SPLIT, url=f"{url}&member={incident.id}"))
    return links


def _decisions(incident: Incident) -> Iterator[tuple[Text, str]]:
    """Yield the forms that fit how an incident stands, for an engineer of the city."""
    is_report = incident.report is not None
    if is_report and incident.is_open:
        yield labels.ANSWER_REPORT, "report"
    yield labels.COMMENT, "comment"
    if is_report:
        return
    if incident.is_open and not incident.parents:
        yield decision_labels.MERGE, "merge"
        if not incident.is_disputed:
            yield decision_labels.CLOSE, "close"
    if incident.is_open and incident.children:
        yield decision_labels.SPLIT, "split"
    if incident.is_closed_by_city:
        yield decision_labels.REOPEN, "reopen"
    if incident.is_open or incident.is_closed_by_city:
        yield decision_labels.PLAN, "maintenance"
