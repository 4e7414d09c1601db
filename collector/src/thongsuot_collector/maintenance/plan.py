"""Plan: what people write about planned work, as a window, and windows as they read them. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.trouble import NS_PER_S, name_of
from thongsuot_collector.incidents.window import Window
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.nearest import nearest
from thongsuot_schema.words.moments import VIETNAM, local

_SPAN = re.compile(r"\+(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def moment_ns(text: str, from_ns: int) -> int:
    """
    Return a moment that a person wrote: ``2026-11-26 22:00`` (in Vietnam, unless it names another
    zone), ``now``, or ``+2h30m`` after ``from_ns``.

    Raises:
        ValueError: it is none of these.
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
        message = f"{text!r} is no time: write 2026-11-26 22:00 (in Vietnam), now, or +2h30m"
        raise ValueError(message) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp()) * NS_PER_S


def named(window: Window) -> Window:
    """Return a window with a name that a person can read out."""
    key = f"maintenance {scope(window)} {window.end_ns}"
    return msgspec.structs.replace(window, id=name_of(key, window.start_ns))


def mistakes(window: Window, directory: Directory) -> Iterator[str]:
    """Yield what is wrong with a window, as sentences."""
    if window.end_ns <= window.start_ns:
        yield f"it would end ({moment(window.end_ns)}) before it begins ({moment(window.start_ns)})"
    if window.link and not window.site:
        yield "--link needs --site: links of different sites have the same names"
    elif not (window.site or window.carrier or window.commune or window.service):
        yield "say what it is about: --site, --link, --carrier, --commune or --service"
    communes = {one.commune for one in directory.sites.values()}
    services = {one.name for site in directory.sites for one in directory.services_of(site)}
    for what, name, known in (
        ("site", window.site, set(directory.sites)),
        ("carrier", window.carrier, set(directory.carriers)),
        ("commune", window.commune, communes),
        ("service", window.service, services),
    ):
        if name and name not in known:
            yield f"the inventory has no {what} {name!r}{nearest(name, sorted(known))}"
    links = [one.name for one in directory.site(window.site).links]
    if window.site in directory.sites and window.link and window.link not in links:
        yield f"site {window.site} has no link {window.link!r}{nearest(window.link, links)}"


def covered(window: Window, directory: Directory) -> int:
    """Return how many links, services and devices of the inventory a window covers."""
    return sum(window.covers(one, directory) for one in _subjects(directory))


def scope(window: Window) -> str:
    """Return what a window covers, in the words of the command line."""
    parts = {
        "site": window.site,
        "link": window.link,
        "carrier": window.carrier,
        "commune": window.commune,
        "service": window.service,
    }
    return " ".join(f"{word} {name}" for word, name in parts.items() if name)


def shown(windows: Iterable[Window], now_ns: int) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield windows as rows: name, how it stands, from, until, what it covers, note."""
    for one in windows:
        stands = "planned" if now_ns < one.start_ns else "over"
        stands = "now" if one.is_active(now_ns) else stands
        yield one.id, stands, moment(one.start_ns), moment(one.end_ns), scope(one), one.note


def moment(at_ns: int) -> str:
    """Return a moment in the time of Vietnam, as it may be written again."""
    return local(at_ns / NS_PER_S).strftime("%Y-%m-%d %H:%M")


def _subjects(directory: Directory) -> Iterator[Subject]:
    for site in directory.sites.values():
        yield Subject(site=site.name)
        yield from (Subject(site=site.name, link=link.name) for link in site.links)
        for service in directory.services_of(site.name):
            yield Subject(site=site.name, service=service.name)
