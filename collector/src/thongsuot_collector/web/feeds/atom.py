"""Incidents as an Atom feed (RFC 4287). Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from thongsuot_collector.printable import printable_line
from thongsuot_collector.queries.records import IncidentRecord
from thongsuot_collector.queries.selection import text_of
from thongsuot_collector.web.feeds import labels
from thongsuot_collector.web.lists.labels import CLOSED, OPEN, TURNS
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language

MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"

_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The update time of a feed without entries: required, and constant."""


def atom_feed(
    incidents: Sequence[IncidentRecord],
    *,
    own_url: str,
    url_of: Callable[[str], str],
    language: Language,
) -> bytes:
    """Return the feed; ``url_of`` returns the URL of an incident's page."""
    feed = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": language})
    _text(feed, "title", labels.INCIDENTS.read(language))
    _text(feed, "id", f"urn:uuid:{uuid5(NAMESPACE_URL, own_url)}")
    SubElement(feed, "link", {"rel": "self", "href": own_url})
    updated = max((_updated(incident) for incident in incidents), default=_NEVER)
    _text(feed, "updated", text_of(updated))
    SubElement(SubElement(feed, "author"), "name").text = "Thông Suốt"
    for incident in incidents:
        entry = SubElement(feed, "entry")
        _text(entry, "title", incident.title)
        _text(entry, "id", f"urn:uuid:{uuid5(NAMESPACE_URL, f'incident {incident.id}')}")
        SubElement(entry, "link", {"rel": "alternate", "href": url_of(incident.id)})
        _text(entry, "published", text_of(incident.known_at))
        _text(entry, "updated", text_of(_updated(incident)))
        for term in (*incident.carriers, *incident.areas):
            SubElement(entry, "category", {"term": printable_line(term)})
        _text(entry, "summary", _summary(incident, language))
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _summary(incident: IncidentRecord, language: Language) -> str:
    turn = "" if incident.turn is None else TURNS[incident.turn].read(language)
    state = (CLOSED if incident.closed_at else OPEN).read(language)
    opened = moment(incident.opened_at.timestamp())
    who = incident.acting_title or turn
    return labels.SUMMARY.read(language, turn=who, state=state, opened=opened)


def _updated(incident: IncidentRecord) -> datetime:
    known = (incident.known_at, incident.accepted_at, incident.closed_at)
    return max(at for at in known if at is not None)


def _text(parent: Element, name: str, text: str) -> None:
    # XML has no form for a control character, and one would end the feed for all its readers.
    SubElement(parent, name).text = printable_line(text)
