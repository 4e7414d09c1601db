"""The list of incidents: what goes on first, then what is over; and planned work. Pure."""

from collections.abc import Iterable, Sequence

from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.notify.render import sections, text
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    SEVERITIES,
    link_name,
    owner_name,
    party_name,
    service_name,
    site_name,
)
from thongsuot_collector.web.incident import labels
from thongsuot_collector.web.incident.page import PageReader
from thongsuot_collector.web.layout import page, section, table
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import icon
from thongsuot_schema.state import State
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, capitalised

REFRESH_S = 15


def incidents_page(
    now: Sequence[MessageContext],
    closed: Sequence[MessageContext],
    windows: Iterable[MaintenanceWindow],
    directory: InventoryDirectory,
    reader: PageReader,
) -> str:
    """Return the whole page. Of incidents inside a larger one only the larger is shown."""
    language = reader.language
    other: Language = "en" if language == "vi" else "vi"
    own = [one for one in now if not one.incident.parents]
    body = (
        section("open", labels.OPEN.read(language), _list(own, reader))
        + section("work", labels.MAINTENANCE.read(language), _work(windows, directory, reader))
        + section("closed", labels.CLOSED.read(language), _list(closed, reader))
    )
    if not own:
        body = f'<p class="note">{labels.NO_INCIDENT.read(language)}</p>{body}'
    return page(
        labels.INCIDENTS.read(language),
        body,
        language=language,
        state=min((one.incident.state for one in own), key=_ORDER.index, default=State.UP),
        other_url=reader.url("/incidents", other),
        home_url=reader.url("/"),
        place=f"{labels.OPEN.read(language)}: {len(own)}",
        refresh_s=REFRESH_S,
    )


_ORDER = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


def _list(found: Sequence[MessageContext], reader: PageReader) -> str:
    rows = "".join(_item(one, reader) for one in found)
    return f'<ul class="rows">{rows}</ul>' if rows else ""


def _item(occasion: MessageContext, reader: PageReader) -> str:
    incident, language = occasion.incident, reader.language
    state = incident.state if incident.is_open else State.UP
    url = escape(reader.url(f"/incidents/{incident.id}"))
    who = party_name(incident.party, occasion.directory, language)
    facts = [
        f"{labels.SINCE.read(language)} {sections.exact_time(incident.opened_ns)}",
        _length(incident, reader),
        f"{labels.ACTS.read(language)}: {who}",
        _taken(incident, occasion.directory, language),
    ]
    tags = [SEVERITIES[incident.severity].read(language)] if incident.is_open else []
    if incident.is_excused:
        tags.append(labels.MAINTENANCE.read(language))
    marks = "".join(f'<span class="tag">{escape(one)}</span>' for one in tags)
    return (
        f'<li class="item {state}">{icon(state)}<div><a href="{url}">'
        f"{escape(text.headline_of(occasion, language))}</a>"
        f"<p>{marks}{escape(' · '.join(filter(None, facts)))}</p></div></li>"
    )


def _length(incident: Incident, reader: PageReader) -> str:
    until_s = reader.now_s if incident.closed_ns is None else incident.closed_ns / NS_PER_S
    return duration(max(0.0, until_s - incident.opened_ns / NS_PER_S), reader.language)


def _taken(incident: Incident, directory: InventoryDirectory, language: Language) -> str:
    taken = incident.acknowledgement
    if taken is None:
        return ""
    return f"{labels.TAKEN.read(language)}: {owner_name(taken.owner, directory, language)}"


def _work(
    windows: Iterable[MaintenanceWindow], directory: InventoryDirectory, reader: PageReader
) -> str:
    language, now_ns = reader.language, round(reader.now_s * NS_PER_S)
    heads = [labels.AFFECTED, labels.FROM, labels.TO, labels.WHAT]
    rows = [
        [
            _scope(one, directory, language),
            sections.exact_time(one.start_ns),
            sections.exact_time(one.end_ns),
            one.note,
        ]
        for one in sorted(windows, key=lambda one: (one.start_ns, one.id))
        if one.end_ns > now_ns
    ]
    return table(labels.MAINTENANCE.read(language), [one.read(language) for one in heads], rows)


def _scope(window: MaintenanceWindow, directory: InventoryDirectory, language: Language) -> str:
    """Return what a window covers, as people call it."""
    carrier = directory.carrier(window.carrier)
    parts_ = [
        site_name(window.site, directory) if window.site else "",
        capitalised(link_name(window.site, window.link, directory, language))
        if window.link
        else "",
        (carrier.title or carrier.name) if carrier else window.carrier,
        directory.commune_name(window.commune) if window.commune else "",
        service_name(window.service, directory, language) if window.service else "",
    ]
    return ", ".join(filter(None, parts_))
