"""
Maintenance windows: parses people's input, validates it, and formats windows for people. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.incidents.fault import NS_PER_S, readable_id
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import (
    unknown_carrier,
    unknown_commune,
    unknown_service,
    unknown_site,
)
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.words.dates import VIETNAM, local
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested

_SPAN = re.compile(r"\+(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


class MomentInvalid(CollectorError):
    """A text is not a moment; the message explains the format."""


def parse_moment_ns(text: str, from_ns: int) -> int:
    """
    Parse a person's moment: ``2026-11-26 22:00`` (in Vietnam, unless it names another zone),
    ``now``, or ``+2h30m`` after ``from_ns``.

    Raises:
        MomentInvalid: it is none of these.
    """
    if text == "now":
        return from_ns
    span = _SPAN.fullmatch(text)
    if span is not None:
        days, hours, minutes = (int(part or 0) for part in span.groups())
        after = timedelta(days=days, hours=hours, minutes=minutes)
        return from_ns + round(after.total_seconds()) * NS_PER_S
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise MomentInvalid(Text("collector.cli.error.no_moment", text=text)) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp()) * NS_PER_S


def with_readable_id(window: MaintenanceWindow) -> MaintenanceWindow:
    """Return a window with a name that can be read out."""
    key = f"maintenance {scope_text(window)} {window.end_ns}"
    return msgspec.structs.replace(window, id=readable_id(key, window.start_ns))


def validation_errors(window: MaintenanceWindow, directory: InventoryDirectory) -> Iterator[Text]:
    """Yield the errors of a window, as sentences."""
    if window.end_ns <= window.start_ns:
        yield Text(
            "collector.cli.error.window_ends",
            end=format_moment(window.end_ns),
            start=format_moment(window.start_ns),
        )
    if window.link and not window.site:
        yield Text("collector.cli.error.window_link")
    elif not (window.site or window.carrier or window.commune or window.service):
        yield Text("collector.cli.error.window_scope")
    communes = {site.commune for site in directory.sites.values()}
    services = {service.name for site in directory.sites for service in directory.services_of(site)}
    for message, name, known in (
        (unknown_site, window.site, set(directory.sites)),
        (unknown_carrier, window.carrier, set(directory.carriers)),
        (unknown_commune, window.commune, communes),
        (unknown_service, window.service, services),
    ):
        if name and name not in known:
            yield message(name, sorted(known))
    links = [link.name for link in directory.site(window.site).links]
    if window.site in directory.sites and window.link and window.link not in links:
        yield Text(
            "collector.cli.error.no_link",
            site=window.site,
            name=window.link,
            near=suggested(window.link, links),
        )


def covered_count(window: MaintenanceWindow, directory: InventoryDirectory) -> int:
    """Return the number of links, services and devices of the inventory that a window covers."""
    return sum(window.covers(subject, directory) for subject in _subjects(directory))


def scope_text(window: MaintenanceWindow) -> str:
    """Return the coverage of a window, in the words of the command line."""
    parts = {
        "site": window.site,
        "link": window.link,
        "carrier": window.carrier,
        "commune": window.commune,
        "service": window.service,
    }
    return " ".join(f"{word} {name}" for word, name in parts.items() if name)


def window_rows(
    windows: Iterable[MaintenanceWindow], now_ns: int
) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield windows as rows: name, state, from, until, coverage, note."""
    for window in windows:
        stands = "planned" if now_ns < window.start_ns else "over"
        stands = "now" if window.is_active(now_ns) else stands
        yield (
            window.id,
            stands,
            format_moment(window.start_ns),
            format_moment(window.end_ns),
            scope_text(window),
            window.note,
        )


def format_moment(at_ns: int) -> str:
    """Return a moment in the time of Vietnam, in a format that is also accepted as input."""
    return local(at_ns / NS_PER_S).strftime("%Y-%m-%d %H:%M")


def _subjects(directory: InventoryDirectory) -> Iterator[Subject]:
    for site in directory.sites.values():
        yield Subject(site=site.name)
        yield from (Subject(site=site.name, link=link.name) for link in site.links)
        for service in directory.services_of(site.name):
            yield Subject(site=site.name, service=service.name)
