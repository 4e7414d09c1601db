"""The list of incidents: what goes on first, then what is over; and planned work. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    DISPUTED_MARK,
    SEVERITIES,
    link_name,
    owner_name,
    party_name,
    service_name,
    site_name,
)
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_schema.state import State
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, capitalised

REFRESH_S = 15

_ORDER = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in a list, in the words of the page."""

    state: State
    url: str
    headline: str
    tags: list[str]
    facts: list[str]


def incidents_page(
    ongoing: Sequence[MessageContext],
    closed: Sequence[MessageContext],
    windows: Iterable[MaintenanceWindow],
    directory: InventoryDirectory,
    reader: PageReader,
    *,
    pending_work: int = 0,
) -> str:
    """
    Return the whole page. Of incidents inside a larger one only the larger is shown.

    ``pending_work`` is how much work of carriers waits for the city.
    """
    language = reader.language
    own = [context for context in ongoing if not context.incident.parents]
    frame = Frame(
        title=labels.INCIDENTS.read(language),
        state=min((context.incident.state for context in own), key=_ORDER.index, default=State.UP),
        url_in=lambda other: reader.url("/incidents", other),
        home_url=reader.url("/"),
        place=f"{labels.OPEN.read(language)}: {len(own)}",
        refresh_s=REFRESH_S,
    )
    content = {
        "labels": labels,
        "open": [_row(context, reader) for context in own],
        "closed": [_row(context, reader) for context in closed],
        "maintenance_heads": (labels.AFFECTED, labels.FROM, labels.TO, labels.WHAT),
        "maintenance": window_rows(windows, directory, reader),
        "pending_url": reader.url("/desk") if pending_work else "",
        "pending": labels.PENDING_WORK.read(language, count=pending_work),
    }
    return render("incidents", frame, language, content)


def _row(context: MessageContext, reader: PageReader) -> IncidentRow:
    incident, language = context.incident, reader.language
    party = party_name(incident.acting_party, context.directory, language)
    facts = (
        f"{labels.SINCE.read(language)} {sections.exact_time(incident.opened_ns)}",
        _lasted(incident, reader),
        f"{labels.ACTS.read(language)}: {party}",
        _owner(incident, context.directory, language),
    )
    tags = [SEVERITIES[incident.severity].read(language)] if incident.is_open else []
    if incident.is_disputed:
        tags.append(DISPUTED_MARK.read(language))
    if incident.is_excused:
        tags.append(labels.MAINTENANCE.read(language))
    return IncidentRow(
        state=incident.state if incident.is_open else State.UP,
        url=reader.url(f"/incidents/{incident.id}"),
        headline=text.headline_of(context, language),
        tags=tags,
        facts=[fact for fact in facts if fact],
    )


def _lasted(incident: Incident, reader: PageReader) -> str:
    until_s = reader.now_s if incident.closed_ns is None else incident.closed_ns / NS_PER_S
    return duration(max(0.0, until_s - incident.opened_ns / NS_PER_S), reader.language)


def _owner(incident: Incident, directory: InventoryDirectory, language: Language) -> str:
    if incident.dispute is not None and incident.is_disputed:
        name = party_name(incident.dispute.party, directory, language)
        return f"{labels.DISPUTED.read(language)}: {name}"
    acknowledgement = incident.acknowledgement
    if acknowledgement is None:
        return ""
    owner = owner_name(acknowledgement.owner, directory, language)
    return f"{labels.TAKEN.read(language)}: {owner}"


def window_rows(
    windows: Iterable[MaintenanceWindow], directory: InventoryDirectory, reader: PageReader
) -> list[list[str]]:
    """Return the planned work that goes on or is to come: a row a window."""
    now_ns = round(reader.now_s * NS_PER_S)
    return [
        [
            window_scope(window, directory, reader.language),
            sections.exact_time(window.start_ns),
            sections.exact_time(window.end_ns),
            window.note,
        ]
        for window in sorted(windows, key=lambda window: (window.start_ns, window.id))
        if window.end_ns > now_ns
    ]


def window_scope(
    window: MaintenanceWindow, directory: InventoryDirectory, language: Language
) -> str:
    """Return what a window covers, as people call it."""
    carrier = directory.carrier(window.carrier)
    covered = (
        site_name(window.site, directory) if window.site else "",
        capitalised(link_name(window.site, window.link, directory, language))
        if window.link
        else "",
        (carrier.title or carrier.name) if carrier else window.carrier,
        directory.commune_name(window.commune) if window.commune else "",
        service_name(window.service, directory, language) if window.service else "",
    )
    return ", ".join(filter(None, covered))
