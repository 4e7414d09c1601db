"""Actions: the links to forms that a reader of an incident's page may use. Pure."""

from collections.abc import Iterator

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.web.incident import decision_labels, labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.words.language import Text


class ActionLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to a form; ``is_first``: it is the expected action."""

    title: Text
    url: str
    is_first: bool = False


def action_links(incident: Incident, reader: PageReader) -> list[ActionLink]:
    """Return a reader's possible actions on an incident: none for read-only visitors."""
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
            # Of the larger one, whose form lists the parts that can be taken out.
            url = reader.url(f"/incidents/{incident.parents[0]}/split")
            links.append(ActionLink(title=decision_labels.SPLIT, url=f"{url}&member={incident.id}"))
    return links


def _decisions(incident: Incident) -> Iterator[tuple[Text, str]]:
    """Yield the possible forms for an incident's state, for an engineer of the city."""
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
